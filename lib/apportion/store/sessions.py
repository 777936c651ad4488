"""One tenant's part of the sessions: which of its users is signed in under which hash."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from apportion.results.accounts import Actor, AuditAction, Via
from apportion.store.accounts_schema import sessions, users
from apportion.store.audit import add_event
from apportion.store.tenant_bound import TenantBound, not_found, parse_id
from apportion.store.tenant_connection import TenantConnection


@dataclass(frozen=True)
class SessionPart:
    """One of the accounts that a session joins; `hash` is of the secret that the browser keeps."""

    hash: str
    tenant_id: UUID
    user_id: str
    is_chosen: bool
    via: Via
    browser: str
    """The browser's family only."""
    created_at: dt.datetime
    seen_at: dt.datetime
    expires_at: dt.datetime


class Sessions(TenantBound):
    """The sessions of the tenant's users."""

    def start_session(
        self,
        hash: str,
        user_id: str,
        *,
        is_chosen: bool,
        via: Via,
        browser: str,
        at: dt.datetime,
        expires_at: dt.datetime,
        failures: int = 0,
    ) -> None:
        """Sign a user in; sessions of theirs that have expired are forgotten.

        Parameters
        ----------
        failures : int
            How often signing in had failed just before, for the audit trail.

        Raises
        ------
        NotFoundError
            If there is no such user.
        """
        own = parse_id(user_id, "user")
        with self._writing() as connection:
            details = {"via": str(via), "browser": browser, "failuresBefore": failures}
            _note(connection, AuditAction.SIGNED_IN, own, at, details)
            connection.delete(sessions, sessions.c.user_id == own, sessions.c.expires_at <= at)
            connection.insert(
                sessions,
                hash=hash,
                user_id=own,
                is_chosen=is_chosen,
                via=via,
                browser=browser,
                created_at=at,
                seen_at=at,
                expires_at=expires_at,
            )

    def rotate_session(self, before: str, after: str, *, is_chosen: bool | None = None) -> int:
        """Put the session under another hash; give 1, or 0 if it is not there.

        Parameters
        ----------
        is_chosen : bool, optional
            Whether this tenant's account is the one that acts from now on; None: as it was.
        """
        values: dict[str, object] = {} if is_chosen is None else {"is_chosen": is_chosen}
        with self._writing() as connection:
            return connection.update(sessions, sessions.c.hash == before, hash=after, **values)

    def see_session(self, hash: str, at: dt.datetime) -> None:
        """Note that the session was used."""
        with self._writing() as connection:
            connection.update(sessions, sessions.c.hash == hash, seen_at=at)

    def end_session(self, hash: str, *, at: dt.datetime) -> None:
        """Sign out; nothing happens if the session is not there."""
        with self._writing() as connection:
            statement = connection.select(sessions.c.user_id, of=sessions)
            user_id = connection.execute(statement.where(sessions.c.hash == hash)).scalar()
            if user_id is not None:
                connection.delete(sessions, sessions.c.hash == hash)
                _note(connection, AuditAction.SIGNED_OUT, user_id, at)

    def end_sessions_of(self, user_id: str, *, at: dt.datetime) -> int:
        """Sign a user out everywhere; give how many sessions that ended."""
        own = parse_id(user_id, "user")
        with self._writing() as connection:
            ended = connection.delete(sessions, sessions.c.user_id == own)
            if ended:
                details = {"sessions": ended}
                _note(connection, AuditAction.SIGNED_OUT_EVERYWHERE, own, at, details)
            return ended


def session_part(row: Row[Any]) -> SessionPart:
    """Give the record of a row of `sessions`."""
    values = {**row._mapping, "user_id": str(row.user_id), "via": Via(row.via)}
    return SessionPart(**values)


def _note(
    connection: TenantConnection,
    action: AuditAction,
    user_id: UUID,
    at: dt.datetime,
    details: dict[str, Any] | None = None,
) -> None:
    statement = connection.select(users.c.email, of=users).where(users.c.id == user_id)
    email = connection.execute(statement).scalar_one_or_none()
    if email is None:
        raise not_found("user", user_id)
    by = Actor(name=email, user_id=str(user_id))
    add_event(connection, action, at=at, by=by, subject=email, details=details)
