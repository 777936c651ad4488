"""What must be asked before it is known which tenant's somebody is.

Three questions, each answered for one key only: which accounts have this e-mail address, which
accounts does this session join, and how often did signing in fail? Nothing can be listed here.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update

from apportion.results.accounts import normal_email
from apportion.store.accounts_schema import sessions, sign_in_attempts, users
from apportion.store.engine import Database
from apportion.store.sessions import SessionPart, session_part


@dataclass(frozen=True)
class Account:
    """What is compared when somebody signs in."""

    tenant_id: UUID
    user_id: str
    password_hash: str | None
    must_change_password: bool
    password_set_at: dt.datetime | None


@dataclass(frozen=True)
class Limit:
    """How often may be tried, and for how long each further try is then refused."""

    wait: Callable[[int], dt.timedelta]
    """From the number of attempts that failed; zero: the next is looked at at once."""
    forgotten_after: dt.timedelta


@dataclass(frozen=True)
class Attempt:
    """Whether an attempt may be looked at, and how many failed before it, under each hash."""

    blocked_until: dt.datetime | None
    failures: Mapping[str, int]


class AccountLookup:
    """Look-ups by a key that only its holder knows.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def with_email(self, email: str) -> list[Account]:
        """Give the accounts of whoever has this e-mail address, disabled ones left out."""
        email = normal_email(email)
        if not email.isprintable():
            return []  # no stored address has such characters, and PostgreSQL takes no NUL
        columns = (users.c[name] for name in Account.__dataclass_fields__ if name != "user_id")
        statement = (
            select(users.c.id.label("user_id"), *columns)
            .where(users.c.email == email, users.c.disabled_at.is_(None))
            .order_by(users.c.tenant_id)
        )
        with self._database.transaction(writes=False, key=email) as connection:
            rows = connection.execute(statement).all()
        return [Account(**{**row._mapping, "user_id": str(row.user_id)}) for row in rows]

    def session(self, hash: str) -> list[SessionPart]:
        """Give the parts of a session, also if it has expired; none: it has ended or never was."""
        columns = (sessions.c[name] for name in SessionPart.__dataclass_fields__)
        statement = select(*columns).where(sessions.c.hash == hash).order_by(sessions.c.tenant_id)
        with self._database.transaction(writes=False, key=hash) as connection:
            return [session_part(row) for row in connection.execute(statement)]

    def begin_attempt(self, limits: Mapping[str, Limit], at: dt.datetime) -> Attempt:
        """Count an attempt under each hash as failed, unless one of them is blocked.

        It counts before it is made, so that many at the same time are no way around the limit.
        """
        with self._database.transaction(writes=True) as connection:
            found = {
                hash: _found(connection, hash, limit, at) for hash, limit in sorted(limits.items())
            }
            blocked = [until for _, until in found.values() if until is not None and until > at]
            if not blocked:
                for hash, (failures, _) in found.items():
                    wait = limits[hash].wait(failures + 1)
                    _set(connection, hash, failures + 1, at, at + wait)
            longest = max(limit.forgotten_after for limit in limits.values())
            forget = delete(sign_in_attempts).where(sign_in_attempts.c.last_at < at - longest)
            connection.execute(forget)
        before = {hash: failures for hash, (failures, _) in found.items()}
        return Attempt(max(blocked, default=None), before)

    def forget_attempts(self, hash: str) -> None:
        """Forget every attempt under `hash`: the right password was given."""
        with self._database.transaction(writes=True) as connection:
            connection.execute(delete(sign_in_attempts).where(sign_in_attempts.c.hash == hash))

    def undo_attempt(self, hash: str) -> None:
        """Take back one attempt that was counted as failed, and was not."""
        with self._database.transaction(writes=True) as connection:
            one_less = update(sign_in_attempts).where(
                sign_in_attempts.c.hash == hash, sign_in_attempts.c.failures > 0
            )
            changed = {"failures": sign_in_attempts.c.failures - 1, "blocked_until": None}
            connection.execute(one_less.values(**changed))


def _found(
    connection: Connection, hash: str, limit: Limit, at: dt.datetime
) -> tuple[int, dt.datetime | None]:
    """Give how many attempts failed and until when it is blocked; locked until the end."""
    if connection.dialect.name == "postgresql":
        key = func.hashtextextended(f"sign_in/{hash}", 0)
        connection.execute(select(func.pg_advisory_xact_lock(key)))
    statement = select(sign_in_attempts).where(sign_in_attempts.c.hash == hash)
    row = connection.execute(statement).one_or_none()
    if row is None or row.last_at < at - limit.forgotten_after:
        return 0, None
    return row.failures, row.blocked_until


def _set(
    connection: Connection, hash: str, failures: int, at: dt.datetime, until: dt.datetime
) -> None:
    values = {"failures": failures, "last_at": at, "blocked_until": until}
    is_asked = sign_in_attempts.c.hash == hash
    changed = connection.execute(update(sign_in_attempts).where(is_asked).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(sign_in_attempts).values(hash=hash, **values))
