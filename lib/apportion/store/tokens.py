"""The API tokens of one tenant. Only the hash of a token is stored."""

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row

from apportion.errors import ParameterError
from apportion.results.accounts import Actor, AuditAction, Role, Token
from apportion.store.accounts_schema import api_tokens, users
from apportion.store.audit import add_event
from apportion.store.tenant_bound import TenantBound, not_found, parse_id
from apportion.store.tenant_connection import TenantConnection

_NAME_AT_MOST = 200
_TOKEN = tuple(api_tokens.c[name] for name in Token.model_fields)


class Tokens(TenantBound):
    """The tenant's API tokens."""

    def add_token(
        self,
        hash: str,
        *,
        name: str,
        role: Role,
        expires_at: dt.datetime | None,
        at: dt.datetime,
        by: Actor,
    ) -> Token:
        """Record a new token.

        Raises
        ------
        ParameterError
            If the name cannot be used.
        NotFoundError
            If its maker is no longer there.
        """
        token_id, name = uuid4(), name.strip()
        if not 0 < len(name) <= _NAME_AT_MOST or not name.isprintable():
            raise ParameterError(
                f"A token's name is one line of 1 to {_NAME_AT_MOST} characters; found {name!r}."
            )
        with self._writing() as connection:
            maker = None if by.user_id is None else _maker(connection, by.user_id)
            connection.insert(
                api_tokens,
                id=token_id,
                name=name,
                role=role,
                hash=hash,
                created_by=maker,
                created_at=at,
                expires_at=expires_at,
            )
            expires = None if expires_at is None else expires_at.isoformat()
            details = {"id": str(token_id), "role": str(role), "expiresAt": expires}
            add_event(
                connection, AuditAction.TOKEN_CREATED, at=at, by=by, subject=name, details=details
            )
            return _token(_row(connection, str(token_id)))

    def token(self, token_id: str) -> Token:
        """Give a token.

        Raises
        ------
        NotFoundError
            If there is none with this id.
        """
        with self._reading() as connection:
            return _token(_row(connection, token_id))

    def token_with_hash(self, hash: str) -> Token | None:
        """Give the token whose text has this hash, also if it has expired or is revoked."""
        with self._reading() as connection:
            statement = connection.select(*_TOKEN, of=api_tokens)
            row = connection.execute(statement.where(api_tokens.c.hash == hash)).one_or_none()
        return None if row is None else _token(row)

    def tokens(self) -> list[Token]:
        """Give every token, newest first, also those that have expired or are revoked."""
        with self._reading() as connection:
            statement = connection.select(*_TOKEN, of=api_tokens)
            newest = statement.order_by(api_tokens.c.created_at.desc(), api_tokens.c.id)
            rows = connection.execute(newest).all()
        return [_token(row) for row in rows]

    def see_token(self, token_id: str, at: dt.datetime) -> None:
        """Note that the token was used."""
        with self._writing() as connection:
            is_asked = api_tokens.c.id == parse_id(token_id, "token")
            connection.update(api_tokens, is_asked, last_used_at=at)

    def revoke_token(self, token_id: str, *, at: dt.datetime, by: Actor) -> Token:
        """Refuse a token from now on.

        Raises
        ------
        NotFoundError
            If there is no such token.
        """
        with self._writing() as connection:
            is_open = (
                api_tokens.c.id == parse_id(token_id, "token"),
                api_tokens.c.revoked_at.is_(None),
            )
            has_changed = connection.update(api_tokens, *is_open, revoked_at=at)
            row = _row(connection, token_id)
            if has_changed:
                details = {"id": token_id}
                add_event(
                    connection,
                    AuditAction.TOKEN_REVOKED,
                    at=at,
                    by=by,
                    subject=row.name,
                    details=details,
                )
            return _token(row)


def _maker(connection: TenantConnection, user_id: str) -> UUID:
    own = parse_id(user_id, "user")
    statement = connection.select(users.c.id, of=users).where(users.c.id == own)
    if connection.execute(statement).one_or_none() is None:
        raise not_found("user", user_id)
    return own


def _row(connection: TenantConnection, token_id: str) -> Row[Any]:
    statement = connection.select(*_TOKEN, of=api_tokens)
    is_asked = api_tokens.c.id == parse_id(token_id, "token")
    row = connection.execute(statement.where(is_asked)).one_or_none()
    if row is None:
        raise not_found("token", token_id)
    return row


def _token(row: Row[Any]) -> Token:
    created_by = None if row.created_by is None else str(row.created_by)
    return Token.model_validate({**row._mapping, "id": str(row.id), "created_by": created_by})
