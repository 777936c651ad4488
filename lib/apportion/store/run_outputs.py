"""Which runs still have their executed notebook, and which have had it long enough."""

import datetime as dt

from apportion.results.runs import Run, RunStatus
from apportion.store.runs import Runs
from apportion.store.schema import runs
from apportion.store.tenant_bound import not_found, parse_id


class RunOutputs(Runs):
    """The executed notebooks of the tenant's runs, as the database knows them."""

    def old_outputs(self, before: dt.datetime) -> list[Run]:
        """Give the runs that ended before an instant and still have their notebook, oldest first.

        The newest run of each kind that completed is not among them.
        """
        has_output = runs.c.output_path.is_not(None)
        with self._reading() as connection:
            columns = (runs.c.id, runs.c.kind, runs.c.status, runs.c.finished_at)
            statement = connection.select(*columns, of=runs).where(has_output)
            rows = connection.execute(statement.order_by(runs.c.finished_at)).all()
        newest = {row.kind: row.id for row in rows if row.status == RunStatus.COMPLETED}
        return [
            self.run(str(row.id))
            for row in rows
            if row.finished_at is not None
            and row.finished_at < before
            and row.id != newest.get(row.kind)
        ]

    def forget_output(self, run_id: str) -> None:
        """Note that a run's notebook is no longer there.

        Raises
        ------
        NotFoundError
            If there is no such run.
        """
        is_asked = runs.c.id == parse_id(run_id, "run")
        with self._writing() as connection:
            if connection.update(runs, is_asked, output_path=None) == 0:
                raise not_found("run", run_id)
