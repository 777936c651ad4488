"""Which model version is current: a row for each time that one became so, never changed."""

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from apportion.errors import ConflictError
from apportion.results.accounts import Actor, AuditAction
from apportion.results.mmm import ModelStatus
from apportion.store.audit import add_event
from apportion.store.operations_schema import mmm_successions
from apportion.store.schema import mmm_models
from apportion.store.tenant_bound import TenantBound, not_found, now
from apportion.store.tenant_connection import TenantConnection

TRAINED = "It passed its checks."


class Successions(TenantBound):
    """How versions of the media mix model follow one another."""

    def make_current(self, version: int, *, reason: str, at: dt.datetime, by: Actor) -> None:
        """Make a completed version current: one that was held back, or an earlier one.

        Raises
        ------
        NotFoundError
            If there is no such version.
        ConflictError
            If it did not complete, or is current already.
        """
        with self._writing() as connection:
            connection.lock("mmm_models")
            row = _version(connection, version)
            if row.status != ModelStatus.COMPLETED:
                raise ConflictError(
                    f"Model version {version} is {row.status}: only a completed version can be "
                    "current. Choose another, or train a new one."
                )
            current = current_model(connection)
            if current is not None and current.id == row.id:
                raise ConflictError(f"Model version {version} is current already.")
            before = 0 if current is None else current.version
            add_succession(connection, row.id, by=by.name, reason=reason)
            is_back = version < before
            add_event(
                connection,
                AuditAction.MODEL_ROLLED_BACK if is_back else AuditAction.MODEL_MADE_CURRENT,
                at=at,
                by=by,
                subject=f"version {version}",
                details={"in place of": f"version {before}", "reason": reason},
            )


def add_succession(connection: TenantConnection, model_id: UUID, *, by: str, reason: str) -> None:
    """Record that a version is current from now on; the caller holds the lock of the models."""
    last = connection.select(mmm_successions.c.at, of=mmm_successions)
    latest = connection.execute(last.order_by(mmm_successions.c.at.desc()).limit(1)).scalar()
    # Another machine's clock may be ahead: the order of the rows must be that of the events.
    at = now() if latest is None else max(now(), latest + dt.timedelta(microseconds=1))
    connection.insert(
        mmm_successions, id=uuid4(), model_id=model_id, at=at, actor=by, reason=reason
    )


def current_model(connection: TenantConnection) -> Row[Any] | None:
    """Give id and version of the current model; None: there is none yet."""
    columns = (mmm_models.c.id, mmm_models.c.version)
    statement = connection.select(*columns, of=mmm_models)
    is_same = mmm_successions.c.model_id == mmm_models.c.id
    named = connection.join(statement, mmm_successions, is_same)
    newest = named.order_by(mmm_successions.c.at.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    if row is not None:
        return row
    # Databases from before successions were recorded.
    completed = statement.where(
        mmm_models.c.status == ModelStatus.COMPLETED, mmm_models.c.held_back.is_(None)
    )
    return connection.execute(completed.order_by(mmm_models.c.version.desc()).limit(1)).first()


def _version(connection: TenantConnection, version: int) -> Row[Any]:
    columns = (mmm_models.c.id, mmm_models.c.version, mmm_models.c.status)
    statement = connection.select(*columns, of=mmm_models).where(mmm_models.c.version == version)
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise not_found("model version", version)
    return row
