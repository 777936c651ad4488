"""Connections and transactions, the same on SQLite and on PostgreSQL.

A transaction is either a tenant's (:meth:`Database.transaction` with a tenant) or sees no tenant's
row. On SQLite a writer waits for its turn and readers are never blocked (WAL); on PostgreSQL the
tenant is set for the transaction, which row-level security then holds it to.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    column,
    event,
    func,
    inspect,
    make_url,
    select,
    table,
)
from sqlalchemy import create_engine as create_sqlalchemy_engine
from sqlalchemy.exc import ArgumentError, OperationalError

from apportion.errors import ConfigurationError, UnreachableError
from apportion.store import guard

TENANT_SETTING = "apportion.tenant_id"
"""The PostgreSQL setting that the policies of row-level security read."""

KEY_SETTING = "apportion.key"
"""The same for a transaction that knows no tenant, but an e-mail address or a session's hash."""

BUSY_TIMEOUT_SECONDS = 30
CONNECT_TIMEOUT_SECONDS = 10
_SQLITE_CACHE_KIB = 64 * 1024
WRITES = "apportion_writes"
"""The execution option of a connection whose transactions write."""

_version_num = table("alembic_version", column("version_num")).c.version_num


def parse_url(url: str) -> URL:
    """Give `url` with the driver that Apportion uses.

    Raises
    ------
    ConfigurationError
        If it is no URL, or of another database than SQLite or PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "The database URL cannot be read. Write it as sqlite:////absolute/path.db or "
            "postgresql://user:password@host/database."
        ) from error
    match parsed.get_backend_name():
        case "sqlite":
            return parsed.set(drivername="sqlite")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise ConfigurationError(
                f"The database must be SQLite or PostgreSQL, found {other!r} in its URL."
            )


def create_engine(url: str) -> Engine:
    """Give an engine for `url`, with what SQLite needs set on each connection."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "postgresql":
        if "connect_timeout" not in parsed.query:
            parsed = parsed.update_query_dict({"connect_timeout": str(CONNECT_TIMEOUT_SECONDS)})
        return create_sqlalchemy_engine(parsed, pool_pre_ping=True)
    engine = create_sqlalchemy_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Python's driver would begin transactions by itself, too late for reads and never IMMEDIATE.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}",
        "foreign_keys = ON",
        "journal_mode = WAL",
        "synchronous = NORMAL",
        f"cache_size = -{_SQLITE_CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its turn at once: a read that later turns into a write could not wait.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """An engine whose every statement is guarded, opened at the first transaction.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of an SQLite file or a PostgreSQL database.
    """

    def __init__(self, url: str) -> None:
        self.engine = create_engine(url)
        guard.watch(self.engine)

    @property
    def is_postgresql(self) -> bool:
        """True on PostgreSQL, false on SQLite."""
        return self.engine.dialect.name == "postgresql"

    @property
    def name(self) -> str:
        """The URL without its password, for messages."""
        return _name(self.engine)

    @contextmanager
    def transaction(
        self, *, writes: bool, tenant_id: UUID | None = None, key: str | None = None
    ) -> Iterator[Connection]:
        """Give a transaction, committed at the end and rolled back by an exception.

        Without `tenant_id` it sees `tenants` only; with it, that tenant's rows only. With `key` it
        may read what :data:`apportion.store.schema.KEYS` opens to who knows that key.
        """
        options: dict[str, Any] = {
            WRITES: writes,
            guard.TENANT_OPTION: tenant_id,
            guard.KEY_OPTION: key,
        }
        with self._connect() as connection, self._telling_outages():
            connection = connection.execution_options(**options)
            with connection.begin():
                if self.is_postgresql and tenant_id is not None:
                    setting = func.set_config(TENANT_SETTING, str(tenant_id), True)
                    connection.execute(select(setting))
                if self.is_postgresql and key is not None:
                    connection.execute(select(func.set_config(KEY_SETTING, key, True)))
                yield connection

    def revision(self) -> str | None:
        """Give the migration that the database is at; None: it has no tables.

        Raises
        ------
        ConfigurationError
            If it cannot be reached.
        """
        with self.transaction(writes=False) as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.execute(select(_version_num)).scalar_one_or_none()
            return found

    def _connect(self) -> Connection:
        try:
            return self.engine.connect()
        except OperationalError as error:
            raise unreachable(self.engine, error) from error

    @contextmanager
    def _telling_outages(self) -> Iterator[None]:
        """Tell of a database that ends in the middle as of one that cannot be reached."""
        try:
            yield
        except OperationalError as error:
            if error.connection_invalidated:
                raise unreachable(self.engine, error) from error
            raise

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def unreachable(engine: Engine, error: OperationalError) -> UnreachableError:
    """Give the error for a database that does not answer."""
    way_out = (
        "If it is yet to be made, run `apportion migrate`."
        if engine.dialect.name == "sqlite"
        else "Check APPORTION_DATABASE_URL and that the server runs."
    )
    return UnreachableError(
        f"The database {_name(engine)} cannot be reached: {error.orig}. {way_out}"
    )


def _name(engine: Engine) -> str:
    return engine.url.set(query={}).render_as_string(hide_password=True)
