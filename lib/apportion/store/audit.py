"""The audit trail of one tenant: sign-ins and changes, added to and never changed."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import Row, and_, or_

from apportion.results.accounts import Actor, AuditEvent, AuditPage
from apportion.store.accounts_schema import audit_events
from apportion.store.tenant_bound import TenantBound, not_found, parse_id
from apportion.store.tenant_connection import TenantConnection

_NEWEST_FIRST = (audit_events.c.at.desc(), audit_events.c.id.desc())


class Audit(TenantBound):
    """What was done with the tenant's accounts and data, by whom."""

    def record_event(
        self,
        action: str,
        *,
        at: dt.datetime,
        by: Actor,
        subject: str = "",
        details: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Record something that was done; never with a password or a token in it."""
        with self._writing() as connection:
            add_event(connection, action, at=at, by=by, subject=subject, details=details)

    def events_page(self, *, limit: int = 50, before: str | None = None) -> AuditPage:
        """Give the newest events, or the ones older than the event `before`.

        Raises
        ------
        NotFoundError
            If there is no event `before`.
        """
        with self._reading() as connection:
            columns = (column for column in audit_events.c if column.name != "tenant_id")
            statement = connection.select(*columns, of=audit_events)
            if before is not None:
                row = _position(connection, before)
                statement = statement.where(
                    or_(
                        audit_events.c.at < row.at,
                        and_(audit_events.c.at == row.at, audit_events.c.id < row.id),
                    )
                )
            newest = statement.order_by(*_NEWEST_FIRST).limit(limit + 1)
            rows = connection.execute(newest).all()
        events = tuple(_event(row) for row in rows[:limit])
        return AuditPage(events=events, next=events[-1].id if len(rows) > limit else None)


def add_event(
    connection: TenantConnection,
    action: str,
    *,
    at: dt.datetime,
    by: Actor,
    subject: str = "",
    details: Mapping[str, JsonValue] | None = None,
) -> None:
    """Record something in the transaction that does it."""
    connection.insert(
        audit_events,
        id=uuid4(),
        at=at,
        actor_id=None if by.user_id is None else UUID(by.user_id),
        actor=by.name,
        action=action,
        subject=subject,
        details=dict(details or {}),
    )


def _position(connection: TenantConnection, event_id: str) -> Row[Any]:
    statement = connection.select(audit_events.c.at, audit_events.c.id, of=audit_events)
    is_asked = audit_events.c.id == parse_id(event_id, "event")
    row = connection.execute(statement.where(is_asked)).one_or_none()
    if row is None:
        raise not_found("event", event_id)
    return row


def _event(row: Row[Any]) -> AuditEvent:
    user_id = None if row.actor_id is None else str(row.actor_id)
    return AuditEvent(
        id=str(row.id),
        at=row.at,
        actor=Actor(name=row.actor, user_id=user_id),
        action=row.action,
        subject=row.subject,
        details=row.details,
    )
