"""The users of one tenant. Every change is in the audit trail, from the same transaction."""

import datetime as dt
import re
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, func
from sqlalchemy.exc import IntegrityError

from apportion.errors import ConflictError, ParameterError
from apportion.results.accounts import Actor, AuditAction, Role, User, normal_email
from apportion.store.accounts_schema import api_tokens, sessions, users
from apportion.store.audit import add_event
from apportion.store.tenant_bound import TenantBound, not_found, parse_id
from apportion.store.tenant_connection import TenantConnection

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_EMAIL_AT_MOST = 254
_NAME_AT_MOST = 200


class Users(TenantBound):
    """The tenant's people: what they may do, and the hash of their password."""

    def add_user(
        self,
        email: str,
        *,
        name: str,
        role: Role,
        password_hash: str | None,
        must_change_password: bool,
        at: dt.datetime,
        by: Actor,
    ) -> User:
        """Add a user; without a hash they cannot sign in by password.

        Raises
        ------
        ParameterError
            If the e-mail address or the name cannot be used.
        ConflictError
            If the tenant has a user with this address.
        """
        email, user_id = _checked_email(email), uuid4()
        try:
            with self._writing() as connection:
                connection.insert(
                    users,
                    id=user_id,
                    email=email,
                    name=_checked_name(name),
                    role=role,
                    password_hash=password_hash,
                    must_change_password=must_change_password,
                    password_set_at=None if password_hash is None else at,
                    created_at=at,
                )
                details = {"role": str(role)}
                add_event(
                    connection,
                    AuditAction.USER_ADDED,
                    at=at,
                    by=by,
                    subject=email,
                    details=details,
                )
                return _user(_row(connection, str(user_id)))
        except IntegrityError as error:
            raise ConflictError(
                f"There is a user {email} already. Change their role, or remove them first."
            ) from error

    def user(self, user_id: str) -> User:
        """Give a user.

        Raises
        ------
        NotFoundError
            If there is none with this id.
        """
        with self._reading() as connection:
            return _user(_row(connection, user_id))

    def user_with_email(self, email: str) -> User:
        """Give the user with this e-mail address, in whatever case it is written.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        email = normal_email(email)
        with self._reading() as connection:
            statement = connection.select(users.c.id, of=users).where(users.c.email == email)
            user_id = connection.execute(statement).scalar_one_or_none()
            if user_id is None:
                raise not_found("user", email)
            return _user(_row(connection, str(user_id)))

    def users(self) -> list[User]:
        """Give every user, by e-mail address."""
        with self._reading() as connection:
            statement = connection.select(*users.c, of=users)
            rows = connection.execute(statement.order_by(users.c.email)).all()
        return [_user(row) for row in rows]

    def password_hash(self, user_id: str) -> str | None:
        """Give the hash of a user's password; None: they have none.

        Raises
        ------
        NotFoundError
            If there is no such user.
        """
        with self._reading() as connection:
            found: str | None = _row(connection, user_id).password_hash
            return found

    def set_role(self, user_id: str, role: Role, *, at: dt.datetime, by: Actor) -> User:
        """Give a user another role; who is signed in must sign in again.

        Raises
        ------
        NotFoundError
            If there is no such user.
        ConflictError
            If no administrator would be left.
        """
        with self._writing() as connection:
            before = _locked(connection, user_id)
            if before.role == role:
                return _user(before)
            if role is not Role.ADMIN:
                _refuse_without_admin(connection, before)
            _update(connection, before, role=role)
            connection.delete(sessions, sessions.c.user_id == before.id)
            details = {"from": str(before.role), "to": str(role)}
            _note(connection, AuditAction.ROLE_CHANGED, before, at, by, details)
            return _user(_row(connection, user_id))

    def disable_user(self, user_id: str, *, at: dt.datetime, by: Actor) -> User:
        """Keep a user out, at once, without forgetting them; their tokens are revoked.

        Raises
        ------
        NotFoundError
            If there is no such user.
        ConflictError
            If no administrator would be left.
        """
        with self._writing() as connection:
            before = _locked(connection, user_id)
            if before.disabled_at is None:
                _refuse_without_admin(connection, before)
                _update(connection, before, disabled_at=at)
                connection.delete(sessions, sessions.c.user_id == before.id)
                is_open = (api_tokens.c.created_by == before.id, api_tokens.c.revoked_at.is_(None))
                connection.update(api_tokens, *is_open, revoked_at=at)
                _note(connection, AuditAction.USER_DISABLED, before, at, by)
            return _user(_row(connection, user_id))

    def enable_user(self, user_id: str, *, at: dt.datetime, by: Actor) -> User:
        """Let a disabled user in again; their tokens stay revoked.

        Raises
        ------
        NotFoundError
            If there is no such user.
        """
        with self._writing() as connection:
            before = _locked(connection, user_id)
            if before.disabled_at is not None:
                _update(connection, before, disabled_at=None)
                _note(connection, AuditAction.USER_ENABLED, before, at, by)
            return _user(_row(connection, user_id))

    def remove_user(self, user_id: str, *, at: dt.datetime, by: Actor) -> None:
        """Forget a user; their sessions end and their tokens are refused from now on.

        Raises
        ------
        NotFoundError
            If there is no such user.
        ConflictError
            If no administrator would be left.
        """
        with self._writing() as connection:
            before = _locked(connection, user_id)
            _refuse_without_admin(connection, before)
            connection.delete(users, users.c.id == before.id)
            _note(connection, AuditAction.USER_REMOVED, before, at, by)

    def set_password(
        self,
        user_id: str,
        password_hash: str,
        *,
        action: AuditAction,
        must_change_password: bool,
        at: dt.datetime,
        by: Actor,
        keep_session: str | None = None,
    ) -> User:
        """Store a new password's hash and end the user's sessions, but for `keep_session`.

        Raises
        ------
        NotFoundError
            If there is no such user.
        """
        with self._writing() as connection:
            before = _locked(connection, user_id)
            values = {"must_change_password": must_change_password, "password_set_at": at}
            _update(connection, before, password_hash=password_hash, **values)
            is_ended = (sessions.c.user_id == before.id, sessions.c.hash != (keep_session or ""))
            connection.delete(sessions, *is_ended)
            _note(connection, action, before, at, by)
            return _user(_row(connection, user_id))

    def replace_hash(self, user_id: str, before: str, after: str) -> None:
        """Store the same password under another hash, unless it has been changed meanwhile."""
        with self._writing() as connection:
            is_same = (users.c.id == parse_id(user_id, "user"), users.c.password_hash == before)
            connection.update(users, *is_same, password_hash=after)


def _row(connection: TenantConnection, user_id: str) -> Row[Any]:
    statement = connection.select(*users.c, of=users).where(users.c.id == parse_id(user_id, "user"))
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise not_found("user", user_id)
    return row


def _locked(connection: TenantConnection, user_id: str) -> Row[Any]:
    """Give a user whom no other transaction changes until the end of this one."""
    connection.lock("users")
    return _row(connection, user_id)


def _update(connection: TenantConnection, user: Row[Any], **values: object) -> None:
    connection.update(users, users.c.id == user.id, **values)


def _refuse_without_admin(connection: TenantConnection, leaving: Row[Any]) -> None:
    if leaving.role != Role.ADMIN or leaving.disabled_at is not None:
        return
    statement = connection.select(func.count(), of=users).where(
        users.c.role == Role.ADMIN, users.c.disabled_at.is_(None), users.c.id != leaving.id
    )
    if connection.execute(statement).scalar_one() == 0:
        raise ConflictError(
            f"{leaving.email} is the last administrator. Make somebody else one first."
        )


def _note(
    connection: TenantConnection,
    action: AuditAction,
    user: Row[Any],
    at: dt.datetime,
    by: Actor,
    details: dict[str, Any] | None = None,
) -> None:
    add_event(connection, action, at=at, by=by, subject=user.email, details=details)


def _user(row: Row[Any]) -> User:
    return User(
        id=str(row.id),
        email=row.email,
        name=row.name,
        role=Role(row.role),
        has_password=row.password_hash is not None,
        must_change_password=row.must_change_password,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


def _checked_email(email: str) -> str:
    normal = normal_email(email)
    if not _EMAIL.fullmatch(normal) or len(normal) > _EMAIL_AT_MOST or not normal.isprintable():
        raise ParameterError(
            f"A user's e-mail address is written as name@company.example; found {email!r}."
        )
    return normal


def _checked_name(name: str) -> str:
    name = name.strip()
    if len(name) > _NAME_AT_MOST or not name.isprintable():
        raise ParameterError(
            f"A user's name is one line of at most {_NAME_AT_MOST} characters; found {name!r}."
        )
    return name
