"""Where DBOS keeps its own tables, and how they are made.

On PostgreSQL they are in the same database, in the schema ``dbos``, which the owner of the tables
makes (`apportion migrate`) and the serving role may use. No tenant's data are in them: a workflow
is called with the ids of a tenant and a run. On SQLite they are in a file beside the database's:
DBOS needs a newer SQLite than some machines' Python has, so it may come with a library of its own,
and two libraries in one process must never have the same file open (closing it in one would take
away the other's locks). Losing them loses nothing: what waits is in
`run_queue`, and is enqueued again.
"""

import sqlite3
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy
from dbos import DBOS
from sqlalchemy import Engine, event, make_url

from apportion.config import SQLITE, Settings
from apportion.store.doctor import Check

SCHEMA = "dbos"
NEEDED = (3, 42)
"""DBOS's inserts use ``unixepoch('subsec')``."""

DRIVER = "postgresql+psycopg"
_USABLE = sqlalchemy.text("""
SELECT count(*), count(*) FILTER (
    WHERE has_schema_privilege(n.oid, 'USAGE')
    AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
    AND has_table_privilege(c.oid, 'UPDATE')
)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relkind IN ('r', 'p')
""")


def is_embedded(settings: Settings) -> bool:
    """Whether the database is an SQLite file."""
    return settings.database_url.startswith(SQLITE)


def queue_file(settings: Settings) -> Path:
    """Give the file of DBOS's tables beside an SQLite database."""
    database = Path(settings.database_url.removeprefix(SQLITE))
    return database.with_name(f"{database.stem}-queue.db")


def engine_of(settings: Settings) -> Engine:
    """Give an engine for DBOS's tables beside an SQLite database."""
    url = f"{SQLITE}{queue_file(settings)}"
    engine = sqlalchemy.create_engine(url, module=_sqlite(), connect_args={"timeout": 30})
    event.listen(engine, "connect", _set_up)
    return engine


def postgresql_url(settings: Settings, *, owner: bool = False) -> str:
    """Give the URL of the database that DBOS's schema is in."""
    url = make_url(settings.migration_url if owner else settings.database_url)
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def prepare(settings: Settings) -> None:
    """Make DBOS's tables or bring them to this version, as the role that owns the tables."""
    if is_embedded(settings):
        return  # the worker makes its file itself
    serving = make_url(settings.database_url).username
    is_own = serving == make_url(settings.migration_url).username
    DBOS.migrate(
        postgresql_url(settings, owner=True),
        schema=SCHEMA,
        application_role=None if is_own else serving,
    )


def check(settings: Settings) -> Check:
    """Look whether workers can use DBOS's tables, without changing anything."""
    if is_embedded(settings):
        found = _sqlite().sqlite_version_info
        what = f"The queue's file is kept by SQLite {'.'.join(map(str, found))}."
        needed = ".".join(map(str, NEEDED))
        ok = found >= NEEDED
        return Check(ok, what, "" if ok else f"Install pysqlite3-binary, or SQLite {needed}.")
    engine = sqlalchemy.create_engine(make_url(settings.database_url).set(drivername=DRIVER))
    try:
        with engine.connect() as connection:
            tables, usable = connection.execute(_USABLE, {"schema": SCHEMA}).one()
    except sqlalchemy.exc.OperationalError:
        return Check(False, "The queue's database cannot be reached.", "Mend the connection first.")
    finally:
        engine.dispose()
    ok = bool(tables) and tables == usable
    what = (
        f"Of the queue's {tables} tables in the schema {SCHEMA!r}, {usable} are open to this role."
    )
    return Check(ok, what, "" if ok else "Run `apportion migrate`, or no worker can start.")


def _sqlite() -> ModuleType:
    if sqlite3.sqlite_version_info >= NEEDED:
        return sqlite3
    import pysqlite3  # type: ignore[import-untyped]  # only where Python's own is too old

    return pysqlite3  # type: ignore[no-any-return]


def _set_up(connection: Any, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"  # as DBOS does: writers take turns
    for pragma in ("busy_timeout = 30000", "foreign_keys = ON", "journal_mode = WAL"):
        connection.execute(f"PRAGMA {pragma}").close()
