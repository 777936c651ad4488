"""Alerts of one tenant: who is to be told, what was told, what is still to be told."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from apportion.errors import ConflictError
from apportion.results.accounts import Actor, AuditAction, Role
from apportion.results.alerts import Alert, AlertEvent, AlertTarget, Delivery, TargetKind
from apportion.store.audit import add_event
from apportion.store.operations_schema import alert_deliveries, alert_targets, alerts
from apportion.store.tenant_bound import TenantBound, not_found, now, parse_id
from apportion.store.tenant_connection import TenantConnection

_TARGET = tuple(alert_targets.c[name] for name in AlertTarget.model_fields)
_ALERT = tuple(alerts.c[name] for name in ("id", "at", "event", "title", "message", "path"))


class Alerts(TenantBound):
    """Whom the tenant wants to be told, and what has been."""

    def add_alert_target(
        self,
        kind: TargetKind,
        address: str,
        events: Sequence[AlertEvent],
        *,
        at: dt.datetime,
        by: Actor,
    ) -> AlertTarget:
        """Tell somebody of these events from now on.

        Raises
        ------
        ConflictError
            If they are told already.
        """
        target_id = uuid4()
        values = {"kind": kind, "address": address, "events": list(events), "created_at": at}
        try:
            with self._writing(Role.ADMIN) as connection:
                connection.insert(alert_targets, id=target_id, **values)
                action = AuditAction.ALERT_TARGET_ADDED
                told = ", ".join(events)
                add_event(
                    connection, action, at=at, by=by, subject=address, details={"events": told}
                )
        except IntegrityError as error:
            raise ConflictError(f"{address} is told already. Remove it first.") from error
        return self.alert_target(str(target_id))

    def remove_alert_target(self, target_id: str, *, at: dt.datetime, by: Actor) -> AlertTarget:
        """Tell somebody nothing any more; NotFoundError if there is no such target."""
        target = self.alert_target(target_id)
        with self._writing(Role.ADMIN) as connection:
            connection.delete(alert_targets, alert_targets.c.id == UUID(target.id))
            action = AuditAction.ALERT_TARGET_REMOVED
            add_event(connection, action, at=at, by=by, subject=target.address)
        return target

    def alert_target(self, target_id: str) -> AlertTarget:
        """Give one target; NotFoundError if it is not there."""
        with self._reading() as connection:
            statement = connection.select(*_TARGET, of=alert_targets)
            is_asked = alert_targets.c.id == parse_id(target_id, "alert target")
            row = connection.execute(statement.where(is_asked)).one_or_none()
        if row is None:
            raise not_found("alert target", target_id)
        return _target(row)

    def alert_targets(self) -> list[AlertTarget]:
        """Give everybody who is told, by address."""
        with self._reading() as connection:
            statement = connection.select(*_TARGET, of=alert_targets)
            ordered = statement.order_by(alert_targets.c.kind, alert_targets.c.address)
            rows = connection.execute(ordered).all()
        return [_target(row) for row in rows]

    def record_alert(
        self, event: AlertEvent, title: str, message: str, path: str, *, to: Sequence[str]
    ) -> Alert:
        """Record an alert, and that these targets are to be told.

        Raises
        ------
        NotFoundError
            If one of the targets is not there; nothing was stored.
        """
        targets = [self.alert_target(target_id) for target_id in to]
        alert_id, at = uuid4(), now()
        values = {"event": event, "title": title, "message": message, "path": path}
        with self._writing() as connection:
            connection.insert(alerts, id=alert_id, at=at, **values)
            for target in targets:
                connection.insert(
                    alert_deliveries,
                    id=uuid4(),
                    alert_id=alert_id,
                    target_id=UUID(target.id),
                    next_at=at,
                )
        return Alert(
            id=str(alert_id), at=at, event=event, title=title, message=message, path=path,
            waiting=len(targets),
        )  # fmt: skip

    def alerts(self, limit: int = 20) -> list[Alert]:
        """Give the last alerts, newest first, and how far they have been told."""
        with self._reading() as connection:
            statement = connection.select(*_ALERT, of=alerts)
            newest = statement.order_by(alerts.c.at.desc(), alerts.c.id).limit(limit)
            found = connection.execute(newest).all()
            return [_alert(row, _deliveries(connection, row.id)) for row in found]

    def due_deliveries(self, at: dt.datetime) -> list[Delivery]:
        """Give what is to be told by now, oldest first."""
        columns = (
            alert_deliveries.c.id,
            alert_deliveries.c.alert_id,
            alert_deliveries.c.target_id,
            alert_deliveries.c.attempts,
        )
        with self._reading() as connection:
            statement = connection.select(*columns, of=alert_deliveries)
            is_due = alert_deliveries.c.next_at <= at
            rows = connection.execute(
                statement.where(is_due).order_by(alert_deliveries.c.next_at)
            ).all()
            known = {
                row.id: _alert(row, ())
                for row in connection.execute(
                    connection.select(*_ALERT, of=alerts).where(
                        alerts.c.id.in_([row.alert_id for row in rows])
                    )
                )
            }
        targets = {target.id: target for target in self.alert_targets()}
        return [
            Delivery(
                id=str(row.id),
                alert=known[row.alert_id],
                target=targets[str(row.target_id)],
                attempts=row.attempts,
            )
            for row in rows
            if str(row.target_id) in targets
        ]

    def claim_delivery(self, delivery_id: str, *, attempts: int, until: dt.datetime) -> bool:
        """Take a delivery for this process until an instant; False: another has it, or did it."""
        is_asked = alert_deliveries.c.id == parse_id(delivery_id, "delivery")
        is_same = alert_deliveries.c.attempts == attempts
        is_open = alert_deliveries.c.delivered_at.is_(None)
        with self._writing() as connection:
            values = {"attempts": attempts + 1, "next_at": until}
            return connection.update(alert_deliveries, is_asked, is_same, is_open, **values) == 1

    def finish_delivery(
        self,
        delivery_id: str,
        *,
        delivered_at: dt.datetime | None,
        problem: str = "",
        next_at: dt.datetime | None = None,
    ) -> None:
        """Note that an alert was told, or why not and when it is tried again.

        Raises
        ------
        NotFoundError
            If there is no such delivery (any more).
        """
        is_asked = alert_deliveries.c.id == parse_id(delivery_id, "delivery")
        values = {"delivered_at": delivered_at, "problem": problem, "next_at": next_at}
        with self._writing() as connection:
            if connection.update(alert_deliveries, is_asked, **values) == 0:
                raise not_found("delivery", delivery_id)


def _deliveries(connection: TenantConnection, alert_id: UUID) -> Sequence[Row[Any]]:
    columns = (
        alert_deliveries.c.delivered_at,
        alert_deliveries.c.next_at,
        alert_deliveries.c.problem,
    )
    statement = connection.select(*columns, of=alert_deliveries)
    return connection.execute(statement.where(alert_deliveries.c.alert_id == alert_id)).all()


def _alert(row: Row[Any], deliveries: Sequence[Row[Any]]) -> Alert:
    return Alert(
        **{**row._mapping, "id": str(row.id)},
        delivered=sum(each.delivered_at is not None for each in deliveries),
        waiting=sum(each.next_at is not None for each in deliveries),
        problem=next((each.problem for each in deliveries if each.problem), ""),
    )


def _target(row: Row[Any]) -> AlertTarget:
    return AlertTarget.model_validate({**row._mapping, "id": str(row.id)})
