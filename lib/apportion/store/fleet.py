"""What concerns all workers and all tenants: the queue as a whole, and which workers live."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, delete, insert, select, update

from apportion.results.runs import RunOrigin
from apportion.store.engine import Database
from apportion.store.jobs_schema import run_queue, workers
from apportion.store.run_requests import PRIORITIES
from apportion.store.tenant_bound import now


@dataclass(frozen=True)
class QueueEntry:
    """A run's place in the queue: whose, which, since when, and how far it got."""

    tenant_id: UUID
    run_id: str
    kind: str
    priority: int
    created_at: dt.datetime
    not_before: dt.datetime | None
    admitted_at: dt.datetime | None
    admissions: int
    ended_at: dt.datetime | None

    @property
    def is_asked_for(self) -> bool:
        """Whether somebody waits for it; what is not, was due by a schedule."""
        return self.priority < PRIORITIES[RunOrigin.SCHEDULE]


@dataclass(frozen=True)
class WorkerRecord:
    """A process that runs background work, and when it was last heard of."""

    id: str
    host: str
    pid: int
    process_started: float
    kinds: tuple[str, ...]
    concurrency: int
    started_at: dt.datetime
    heartbeat_at: dt.datetime


class FleetStore:
    """The queue over all tenants, which can be read here and changed by the tenant's door only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def queue(self, kind: str) -> list[QueueEntry]:
        """Give what waits or runs of one kind, and each tenant's last run of it that ended."""
        names = [name for name in QueueEntry.__dataclass_fields__ if name != "run_id"]
        with self._database.transaction(writes=False, key=kind) as connection:
            columns = [run_queue.c[name] for name in names]
            statement = select(run_queue.c.run_id, *columns).where(run_queue.c.kind == kind)
            rows = connection.execute(statement).all()
        return [QueueEntry(**{**row._mapping, "run_id": str(row.run_id)}) for row in rows]

    def workers(self) -> list[WorkerRecord]:
        """Give every worker that was not seen to end, also those that died."""
        with self._database.transaction(writes=False) as connection:
            return [_worker(row) for row in connection.execute(select(workers)).all()]

    def register(
        self,
        id: str,
        *,
        host: str,
        pid: int,
        process_started: float,
        kinds: Sequence[str],
        concurrency: int,
        instead_of: WorkerRecord | None = None,
    ) -> bool:
        """Say that a worker begins; False: somebody else has this id.

        Parameters
        ----------
        instead_of : WorkerRecord, optional
            The record of a process that is known to have ended.
        """
        at = now()
        values = {
            "id": id,
            "host": host,
            "pid": pid,
            "process_started": process_started,
            "kinds": list(kinds),
            "concurrency": concurrency,
            "started_at": at,
            "heartbeat_at": at,
        }
        with self._database.transaction(writes=True) as connection:
            if instead_of is not None:
                is_the_old = and_(
                    workers.c.id == id, workers.c.heartbeat_at == instead_of.heartbeat_at
                )
                changed = connection.execute(update(workers).where(is_the_old).values(**values))
                return changed.rowcount == 1
            taken = select(workers.c.id).where(workers.c.id == id)
            if connection.execute(taken).one_or_none() is not None:
                return False
            connection.execute(insert(workers).values(**values))
            return True

    def beat(self, id: str, pid: int) -> bool:
        """Say that a worker lives; False: its id is another process's now."""
        with self._database.transaction(writes=True) as connection:
            is_own = and_(workers.c.id == id, workers.c.pid == pid)
            changed = connection.execute(update(workers).where(is_own).values(heartbeat_at=now()))
            return changed.rowcount == 1

    def remove(self, worker: WorkerRecord) -> None:
        """Forget a worker that ended, unless another process has its id by now."""
        with self._database.transaction(writes=True) as connection:
            is_it = and_(workers.c.id == worker.id, workers.c.pid == worker.pid)
            connection.execute(delete(workers).where(is_it))


def _worker(row: Row[Any]) -> WorkerRecord:
    return WorkerRecord(**{**row._mapping, "kinds": tuple(row.kinds)})
