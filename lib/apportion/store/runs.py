"""Background runs of one tenant: who executes them, how far they are, how they ended."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import Row, and_, or_

from apportion.errors import ConflictError
from apportion.results.accounts import Role
from apportion.results.mmm import ModelStatus
from apportion.results.runs import UNFINISHED, ChainProgress, Run, RunOrigin, RunStatus
from apportion.store.jobs_schema import run_queue
from apportion.store.schema import mmm_models, runs
from apportion.store.tenant_bound import TenantBound, not_found, now, parse_id
from apportion.store.tenant_connection import TenantConnection

SILENCE = dt.timedelta(minutes=2)
"""How long a run on another machine may be silent before it counts as ended."""

ABANDONED = "The process ended before the run did."
_RUN = tuple(runs.c[name] for name in Run.model_fields)


class Runs(TenantBound):
    """The tenant's runs. A run that ends without completing its model version fails that too."""

    def start_run(
        self,
        kind: str,
        parameters: Mapping[str, JsonValue],
        *,
        host: str | None = None,
        pid: int | None = None,
        process_started: float | None = None,
    ) -> Run:
        """Record a run: running when the process that executes it is given, otherwise queued.

        Parameters
        ----------
        kind : str
            The notebook.
        parameters : mapping
            What the notebook is given.
        host, pid, process_started : optional
            The process: its machine, its id, and when it began (as psutil's ``create_time``), by
            which a recycled id is recognised. All three or none.
        """
        run_id, started_at = uuid4(), now()
        process = _process(host, pid, process_started, started_at) if host is not None else {}
        with self._writing() as connection:
            connection.insert(
                runs,
                id=run_id,
                kind=kind,
                parameters=dict(parameters),
                origin=RunOrigin.COMMAND,
                created_at=started_at,
                **{"status": RunStatus.QUEUED, **process},
            )
        return self.run(str(run_id))

    def claim_run(self, run_id: str, *, host: str, pid: int, process_started: float) -> Run:
        """Take a queued run for the process that will execute it.

        Raises
        ------
        NotFoundError
            If there is no such run.
        ConflictError
            If it is not queued (any more).
        """
        process = _process(host, pid, process_started, now())
        with self._writing() as connection:
            move(connection, run_id, (RunStatus.QUEUED,), **process)
        return self.run(run_id)

    def heartbeat(self, run_id: str) -> None:
        """Say that a run is still being executed; at least every minute.

        Raises
        ------
        NotFoundError, ConflictError
            If there is no such run, or it is not running (any more).
        """
        with self._writing() as connection:
            move(connection, run_id, (RunStatus.RUNNING,), heartbeat_at=now())

    def report_progress(
        self,
        run_id: str,
        progress: float,
        message: str,
        *,
        remaining_seconds: float | None = None,
        chains: Sequence[ChainProgress] = (),
    ) -> None:
        """Say how far a run is, from 0 to 1, and what it does; this is a heartbeat too.

        Parameters
        ----------
        remaining_seconds : float, optional
            About how much longer it takes; None: cannot be told.
        chains : sequence of ChainProgress
            How far each chain of the sampler is, while one runs.

        Raises
        ------
        NotFoundError, ConflictError
            If there is no such run, or it is not running (any more).
        """
        if not 0 <= progress <= 1:
            raise ValueError(f"progress must be from 0 to 1, got {progress}")
        values = {
            "progress": progress,
            "message": message,
            "remaining_seconds": remaining_seconds,
            "chains": [chain.model_dump(mode="json") for chain in chains] or None,
            "heartbeat_at": now(),
        }
        with self._writing() as connection:
            move(connection, run_id, (RunStatus.RUNNING,), **values)

    def finish_run(
        self,
        run_id: str,
        status: RunStatus,
        message: str = "",
        output_path: str | None = None,
    ) -> Run:
        """Mark a run as completed or failed; a model version it left in training fails with it.

        Raises
        ------
        NotFoundError, ConflictError
            If there is no such run, or it has ended already.
        """
        status = RunStatus(status)
        if status in UNFINISHED:
            raise ValueError(f"a run finishes as completed or failed, got {status}")
        at = now()
        with self._writing() as connection:
            move(connection, run_id, UNFINISHED, **ended(status, message, output_path, at))
            close(connection, run_id, message, at)
        return self.run(run_id)

    def fail_abandoned_runs(self, *, host: str, is_alive: Callable[[int, float], bool]) -> int:
        """Fail the runs, and their model versions, whose process is gone.

        A run on `host` is alive when its process is; one on another machine when it was heard of
        within the last two minutes. Runs of a worker are left alone: the workers take them over
        from each other.

        Parameters
        ----------
        host : str
            The machine that asks.
        is_alive : callable
            Whether the process with this id, begun at this time, exists on `host`.

        Returns
        -------
        int
            How many runs were failed.
        """
        with self._reading() as connection:
            columns = (runs.c.host, runs.c.pid, runs.c.process_started, runs.c.heartbeat_at)
            statement = connection.select(runs.c.id, *columns, of=runs)
            is_alone = statement.where(runs.c.status == RunStatus.RUNNING, runs.c.worker.is_(None))
            running = connection.execute(is_alone).all()
        abandoned = [
            row
            for row in running
            if not (
                is_alive(row.pid, row.process_started)
                if row.host == host
                else now() - row.heartbeat_at <= SILENCE
            )
        ]
        return sum(self._abandon(row.id) for row in abandoned)

    def run(self, run_id: str) -> Run:
        """Give a run.

        Raises
        ------
        NotFoundError
            If there is none with this id.
        """
        with self._reading() as connection:
            statement = connection.select(*_RUN, of=runs)
            is_asked = runs.c.id == parse_id(run_id, "run")
            row = connection.execute(statement.where(is_asked)).one_or_none()
        if row is None:
            raise not_found("run", run_id)
        return _run(row)

    def runs(self, limit: int = 50, *, after: str | None = None) -> list[Run]:
        """Give runs, newest first.

        Parameters
        ----------
        limit : int
            At most so many.
        after : str, optional
            Only those that follow this run in the list; None: from the newest on.

        Raises
        ------
        NotFoundError
            If there is no run `after`.
        """
        last = None if after is None else self.run(after)
        with self._reading() as connection:
            statement = connection.select(*_RUN, of=runs)
            if last is not None:
                is_older = runs.c.created_at < last.created_at
                is_same_moment = runs.c.created_at == last.created_at
                is_next = runs.c.id > UUID(last.id)
                statement = statement.where(or_(is_older, and_(is_same_moment, is_next)))
            newest = statement.order_by(runs.c.created_at.desc(), runs.c.id).limit(limit)
            rows = connection.execute(newest).all()
        return [_run(row) for row in rows]

    def _abandon(self, run_id: UUID) -> bool:
        with self._writing(Role.VIEWER) as connection:  # whoever looks, tidies up
            is_running = (runs.c.id == run_id, runs.c.status == RunStatus.RUNNING)
            failed = {"status": RunStatus.FAILED, "message": ABANDONED, "finished_at": now()}
            if connection.update(runs, *is_running, **failed) == 0:
                return False  # it ended, or another process failed it, since it was read
            fail_models(connection, str(run_id), ABANDONED)
            return True


def _process(host: str, pid: int | None, started: float | None, at: dt.datetime) -> dict[str, Any]:
    if pid is None or started is None:
        raise ValueError("a process is given by host, pid and process_started together")
    return {
        "status": RunStatus.RUNNING,
        "host": host,
        "pid": pid,
        "process_started": started,
        "started_at": at,
        "heartbeat_at": at,
    }


def move(
    connection: TenantConnection, run_id: str, allowed: tuple[RunStatus, ...], **values: object
) -> None:
    """Change a run that is in one of the `allowed` statuses."""
    is_asked = runs.c.id == parse_id(run_id, "run")
    if connection.update(runs, is_asked, runs.c.status.in_(allowed), **values) == 1:
        return
    statement = connection.select(runs.c.status, of=runs).where(is_asked)
    status = connection.execute(statement).scalar_one_or_none()
    if status is None:
        raise not_found("run", run_id)
    raise ConflictError(f"Run {run_id} is {status}; it would have to be {' or '.join(allowed)}.")


def fail_models(connection: TenantConnection, run_id: str, reason: str) -> None:
    """Fail the model versions that a run leaves in training."""
    connection.update(
        mmm_models,
        mmm_models.c.run_id == UUID(run_id),
        mmm_models.c.status == ModelStatus.RUNNING,
        status=ModelStatus.FAILED,
        reason=reason,
        completed_at=now(),
    )


def ended(
    status: RunStatus, message: str, output_path: str | None, at: dt.datetime
) -> dict[str, object]:
    """Give what a run's row holds once it has ended."""
    values: dict[str, object] = {
        "status": status,
        "message": message,
        "output_path": output_path,
        "finished_at": at,
        "remaining_seconds": None,
        "chains": None,
    }
    return values | ({"progress": 1.0} if status is RunStatus.COMPLETED else {})


def close(connection: TenantConnection, run_id: str, message: str, at: dt.datetime) -> None:
    """Leave nothing open behind a run that has ended: no model in training, no place in line."""
    fail_models(connection, run_id, message or "The run ended without completing it.")
    end_in_queue(connection, run_id, at)


def end_in_queue(connection: TenantConnection, run_id: str, at: dt.datetime) -> None:
    """Note that a run needs no worker any more; one that never stood in the queue is no matter."""
    is_open = (run_queue.c.run_id == UUID(run_id), run_queue.c.ended_at.is_(None))
    connection.update(run_queue, *is_open, ended_at=at)


def _run(row: Row[Any]) -> Run:
    return Run.model_validate({**row._mapping, "id": str(row.id), "chains": row.chains or ()})
