"""The log of each run: what it did and when, a line each, for the tenant's analysts."""

import datetime as dt
from uuid import UUID, uuid4

from apportion.results.runs import LogLevel, LogLine
from apportion.store.operations_schema import run_log
from apportion.store.schema import runs
from apportion.store.tenant_bound import TenantBound, not_found, now, parse_id
from apportion.store.tenant_connection import TenantConnection


class RunLog(TenantBound):
    """The lines of the tenant's runs."""

    def add_log_line(
        self,
        run_id: str,
        message: str,
        level: LogLevel = LogLevel.INFO,
        at: dt.datetime | None = None,
    ) -> None:
        """Add a line to a run's log.

        Raises
        ------
        NotFoundError
            If there is no such run.
        """
        with self._writing() as connection:
            own = _own(connection, run_id)
            values = {"at": at or now(), "level": level, "message": message}
            connection.insert(run_log, id=uuid4(), run_id=own, **values)

    def log_lines(self, run_id: str) -> list[LogLine]:
        """Give a run's log, oldest first.

        Raises
        ------
        NotFoundError
            If there is no such run.
        """
        with self._reading() as connection:
            own = _own(connection, run_id)
            columns = (run_log.c.at, run_log.c.level, run_log.c.message)
            statement = connection.select(*columns, of=run_log).where(run_log.c.run_id == own)
            rows = connection.execute(statement.order_by(run_log.c.at, run_log.c.id)).all()
        return [LogLine.model_validate(dict(row._mapping)) for row in rows]


def _own(connection: TenantConnection, run_id: str) -> UUID:
    own = parse_id(run_id, "run")
    statement = connection.select(runs.c.id, of=runs).where(runs.c.id == own)
    if connection.execute(statement).one_or_none() is None:
        raise not_found("run", run_id)
    return own
