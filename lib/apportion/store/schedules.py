"""What one tenant changed of its schedules, and which times were seen to."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row

from apportion.errors import AlreadyRequestedError
from apportion.results.accounts import Actor, AuditAction, Role
from apportion.results.runs import RunOrigin
from apportion.store.audit import add_event
from apportion.store.jobs_schema import schedules
from apportion.store.run_requests import insert_request
from apportion.store.tenant_bound import TenantBound
from apportion.store.tenant_connection import TenantConnection


class Schedules(TenantBound):
    """The tenant's schedules, by name; one that nobody changed and nothing ran for has no row."""

    def schedules(self) -> dict[str, Row[Any]]:
        """Give what is kept of each schedule, by its name."""
        with self._reading() as connection:
            columns = (column for column in schedules.c if column.name != "tenant_id")
            rows = connection.execute(connection.select(*columns, of=schedules)).all()
        return {row.name: row for row in rows}

    def change_schedule(
        self,
        name: str,
        *,
        enabled: bool | None,
        cadence: str | None,
        parameters: Mapping[str, str] | None,
        at: dt.datetime,
        by: Actor,
    ) -> None:
        """Keep what this tenant wants otherwise; None: as the installation has it."""
        values: dict[str, JsonValue] = {
            "enabled": enabled,
            "cadence": cadence,
            "parameters": None if parameters is None else dict(parameters),
        }
        with self._writing(Role.ADMIN) as connection:
            connection.lock("schedules")
            changed = {"changed_by": by.name, "changed_at": at}
            _put(connection, name, **values, **changed)
            add_event(
                connection,
                AuditAction.SCHEDULE_CHANGED,
                at=at,
                by=by,
                subject=name,
                details={key: value for key, value in values.items() if value is not None},
            )

    def see_to_schedule(
        self,
        name: str,
        due_at: dt.datetime,
        *,
        before: dt.datetime | None,
        kind: str,
        parameters: Mapping[str, JsonValue] | None,
        message: str = "",
    ) -> str | None:
        """Ask for the run that is due, once; give its id.

        Parameters
        ----------
        due_at : datetime
            The time that is seen to.
        before : datetime, optional
            The time that was seen to last, as :meth:`schedules` gave it. If it is another by now,
            somebody else has seen to it, and nothing is done.
        parameters : mapping, optional
            What the notebook is given; None: no run, only a note of `due_at` and `message`.

        Returns
        -------
        str, optional
            The run's id; None: there is none.
        """
        with self._writing() as connection:
            connection.lock("schedules")
            statement = connection.select(schedules.c.due_at, of=schedules)
            seen = connection.execute(statement.where(schedules.c.name == name)).scalar()
            if seen != before:
                return None
            run_id: UUID | None = None
            if parameters is not None:
                try:
                    run_id = insert_request(
                        connection,
                        kind,
                        parameters,
                        by=Actor(name=name),
                        origin=RunOrigin.SCHEDULE,
                    )
                except AlreadyRequestedError as error:
                    message = str(error)
            _put(connection, name, due_at=due_at, run_id=run_id, message=message)
        return None if run_id is None else str(run_id)


def _put(connection: TenantConnection, name: str, **values: object) -> None:
    if not connection.update(schedules, schedules.c.name == name, **values):
        connection.insert(schedules, name=name, **values)
