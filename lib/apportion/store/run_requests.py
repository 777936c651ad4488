"""Runs that are asked for and left to a worker: the queue's end that one tenant sees."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import Row

from apportion.errors import AlreadyRequestedError
from apportion.results.accounts import Actor, AuditAction
from apportion.results.runs import UNFINISHED, Run, RunOrigin, RunStatus
from apportion.store.audit import add_event
from apportion.store.jobs_schema import run_queue
from apportion.store.runs import Runs, end_in_queue, fail_models, move
from apportion.store.schema import runs
from apportion.store.tenant_bound import now
from apportion.store.tenant_connection import TenantConnection

PRIORITIES = {RunOrigin.PERSON: 1, RunOrigin.COMMAND: 1, RunOrigin.SCHEDULE: 2}
"""Who waits goes before what was merely due; the lower number goes first."""


class RunRequests(Runs):
    """Asks for runs and takes them back.

    A request is one row of `runs` and one of `run_queue`, written together: it is as durable as
    any other data, whether or not a worker is there to see it.
    """

    def request_run(
        self,
        kind: str,
        parameters: Mapping[str, JsonValue],
        *,
        by: Actor,
        origin: RunOrigin = RunOrigin.PERSON,
        exclusive: bool = False,
        not_before: dt.datetime | None = None,
    ) -> Run:
        """Store that a run is wanted; a worker will take it.

        Parameters
        ----------
        kind : str
            The notebook.
        parameters : mapping
            What the notebook is given.
        by : Actor
            Who asks, or the schedule by its name.
        origin : RunOrigin
            Decides who goes first.
        exclusive : bool
            Refuse while any run of `kind` waits or runs, whatever its parameters.
        not_before : datetime, optional
            No worker takes it earlier.

        Raises
        ------
        AlreadyRequestedError
            If a run of the same notebook with the same parameters waits or runs.
        """
        with self._writing() as connection:
            run_id = insert_request(
                connection,
                kind,
                parameters,
                by=by,
                origin=origin,
                exclusive=exclusive,
                not_before=not_before,
            )
        return self.run(str(run_id))

    def cancel_run(self, run_id: str, *, by: Actor) -> Run:
        """End a run that waits or runs; from here on nothing of it can be stored.

        Whoever executes it sees that it is over, and ends its processes.

        Raises
        ------
        NotFoundError, ConflictError
            If there is no such run, or it has ended already.
        """
        at = now()
        reason = f"Cancelled by {by.name}."
        with self._writing() as connection:
            values = {"status": RunStatus.CANCELLED, "message": reason, "finished_at": at}
            move(connection, run_id, UNFINISHED, **values, remaining_seconds=None, chains=None)
            fail_models(connection, run_id, reason)
            end_in_queue(connection, run_id, at)
            statement = connection.select(runs.c.kind, of=runs).where(runs.c.id == UUID(run_id))
            kind = connection.execute(statement).scalar_one()
            add_event(
                connection,
                AuditAction.RUN_CANCELLED,
                at=at,
                by=by,
                subject=kind,
                details={"run": run_id},
            )
        return self.run(run_id)


def insert_request(
    connection: TenantConnection,
    kind: str,
    parameters: Mapping[str, JsonValue],
    *,
    by: Actor,
    origin: RunOrigin,
    exclusive: bool = False,
    not_before: dt.datetime | None = None,
) -> UUID:
    """Ask for a run in a transaction; see :meth:`RunRequests.request_run`."""
    run_id, at = uuid4(), now()
    connection.lock("runs")
    for row in _unfinished(connection, kind):
        if exclusive or row.parameters == dict(parameters):
            raise AlreadyRequestedError(kind, str(row.id), row.status)
    connection.insert(
        runs,
        id=run_id,
        kind=kind,
        status=RunStatus.QUEUED,
        parameters=dict(parameters),
        origin=origin,
        requested_by=by.name,
        created_at=at,
    )
    connection.insert(
        run_queue,
        run_id=run_id,
        kind=kind,
        priority=PRIORITIES[origin],
        created_at=at,
        not_before=not_before,
    )
    if origin is RunOrigin.PERSON:
        asked: dict[str, JsonValue] = {"run": str(run_id), **parameters}
        add_event(connection, AuditAction.RUN_REQUESTED, at=at, by=by, subject=kind, details=asked)
    return run_id


def _unfinished(connection: TenantConnection, kind: str) -> list[Row[Any]]:
    columns = (runs.c.id, runs.c.status, runs.c.parameters)
    statement = connection.select(*columns, of=runs)
    is_in_the_way = statement.where(runs.c.kind == kind, runs.c.status.in_(UNFINISHED))
    return list(connection.execute(is_in_the_way.order_by(runs.c.created_at)).all())
