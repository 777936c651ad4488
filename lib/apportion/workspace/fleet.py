"""The door for who runs background work of all tenants: the queue, the workers, each workspace."""

import datetime as dt
import os
import socket
from collections.abc import Iterable, Sequence
from uuid import UUID

import psutil

from apportion.config import Settings
from apportion.errors import ConflictError
from apportion.results.tenants import Tenant
from apportion.store import QueueEntry, Store, WorkerRecord
from apportion.workspace import Workspace
from apportion.workspace.notebooks import NOTEBOOKS
from apportion.workspace.runs import is_alive

__all__ = ["SILENCE", "Fleet", "QueueEntry", "WorkerRecord", "in_turn"]

SILENCE = dt.timedelta(seconds=30)
"""A worker that was not heard of for so long counts as dead."""


class Fleet:
    """All workers and what waits for them.

    Raises
    ------
    ConfigurationError
        If the database is not ready.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._store = Store(settings.database_url)
        self._store.check_ready()
        self._slugs: dict[UUID, str] = {}

    def tenants(self) -> list[Tenant]:
        """Give every tenant."""
        return self._store.tenants()

    def open(self, tenant_id: UUID) -> Workspace:
        """Open the workspace of the tenant with this id; NotFoundError if it is gone."""
        if tenant_id not in self._slugs:
            self._slugs[tenant_id] = self._store.for_tenant_id(tenant_id).tenant.slug
        return self.workspace(self._slugs[tenant_id])

    def workspace(self, slug: str) -> Workspace:
        """Open the workspace of a tenant; NotFoundError if there is no such tenant."""
        return Workspace(self._store, slug, self.settings)

    def queue(self, kinds: Iterable[str]) -> list[QueueEntry]:
        """Give what waits or runs of these kinds, and each tenant's last turn at each."""
        return [entry for kind in kinds for entry in self._store.fleet.queue(kind)]

    def depth(self) -> dict[tuple[str, ...], int]:
        """Give how many runs of each notebook wait and are at work."""
        counts: dict[tuple[str, ...], int] = {
            (kind, state): 0 for kind in NOTEBOOKS for state in ("waiting", "at work")
        }
        for entry in self.queue(NOTEBOOKS):
            if entry.ended_at is None:
                state = "waiting" if entry.admitted_at is None else "at work"
                counts[entry.kind, state] += 1
        return counts

    def claude_tokens(self) -> dict[tuple[str, ...], int]:
        """Give what Claude has cost this month, all tenants together, in and out."""
        used = [self.workspace(tenant.slug).insights.token_use() for tenant in self.tenants()]
        return {
            ("input",): sum(each.input_tokens for each in used),
            ("output",): sum(each.output_tokens for each in used),
        }

    def workers(self) -> list[WorkerRecord]:
        """Give every worker that was not seen to end, also those that died."""
        return self._store.fleet.workers()

    def living(self) -> list[WorkerRecord]:
        """Give the workers that live."""
        return [worker for worker in self.workers() if not is_dead(worker)]

    def enter(self, name: str, *, kinds: Sequence[str], concurrency: int) -> WorkerRecord:
        """Say that this process is a worker from now on, and give its record.

        A worker keeps its id over restarts, so that it finds again what it had begun. Without a
        `name` that is the machine's, with the first number that no living worker has.

        Raises
        ------
        ConflictError
            If a living worker has this name.
        """
        host = socket.gethostname()
        names = [name] if name else [f"{host}-{number}" for number in range(1, 1000)]
        for id in names:
            known = {worker.id: worker for worker in self.workers()}
            before = known.get(id)
            if before is not None and not is_dead(before):
                continue
            entered = self._store.fleet.register(
                id,
                host=host,
                pid=os.getpid(),
                process_started=psutil.Process().create_time(),
                kinds=kinds,
                concurrency=concurrency,
                instead_of=before,
            )
            if entered:
                return next(worker for worker in self.workers() if worker.id == id)
        raise ConflictError(
            f"A worker called {name!r} is at work already. Give this one another name."
        )

    def beat(self, worker: WorkerRecord) -> bool:
        """Say that this worker lives; False: its id is another process's now."""
        return self._store.fleet.beat(worker.id, worker.pid)

    def remove(self, worker: WorkerRecord) -> None:
        """Forget a worker that has ended."""
        self._store.fleet.remove(worker)

    def close(self) -> None:
        """Close every connection to the database."""
        self._store.close()


def is_dead(worker: WorkerRecord) -> bool:
    """Whether a worker has ended: seen at once on this machine, elsewhere by its silence."""
    if worker.host == socket.gethostname() and not is_alive(worker.pid, worker.process_started):
        return True
    return dt.datetime.now(dt.UTC) - worker.heartbeat_at > SILENCE


def in_turn(entries: Sequence[QueueEntry], at: dt.datetime) -> list[QueueEntry]:
    """Give the runs that may start now, in the order in which they should.

    Who waits goes before what was merely due, but not twice in a row: tenants that ask again and
    again get half of the turns and starve nobody's schedule. Then the tenant whose last turn is
    longest ago goes first, so that one with two hundred runs takes turns with one that has one. No
    tenant gets a second run of a kind while one is admitted, and each comes only once in what is
    given.

    Parameters
    ----------
    entries : sequence of QueueEntry
        The whole queue: also what is admitted, and each tenant's last turn.
    at : datetime
        Now.
    """
    busy = {_slot(entry) for entry in entries if entry.admitted_at and not entry.ended_at}
    turns: dict[UUID, dt.datetime] = {}
    for entry in entries:
        if entry.admitted_at is not None:
            last = turns.get(entry.tenant_id, entry.admitted_at)
            turns[entry.tenant_id] = max(last, entry.admitted_at)
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    latest = max(entries, key=lambda entry: entry.admitted_at or never, default=None)
    due_is_next = latest is not None and latest.admitted_at is not None and latest.is_asked_for
    waiting = sorted(
        (
            entry
            for entry in entries
            if entry.admitted_at is None
            and entry.ended_at is None
            and (entry.not_before is None or entry.not_before <= at)
            and _slot(entry) not in busy
        ),
        key=lambda entry: (
            entry.is_asked_for is due_is_next,
            turns.get(entry.tenant_id, never),
            entry.created_at,
            entry.run_id,
        ),
    )
    seen: set[UUID] = set()
    first = []
    for entry in waiting:
        if entry.tenant_id not in seen:
            seen.add(entry.tenant_id)
            first.append(entry)
    return first


def _slot(entry: QueueEntry) -> tuple[UUID, str]:
    return entry.tenant_id, entry.kind
