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

SCHEMA = "dbos"
NEEDED = (3, 42)
"""DBOS's inserts use ``unixepoch('subsec')``."""


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


def _sqlite() -> ModuleType:
    if sqlite3.sqlite_version_info >= NEEDED:
        return sqlite3
    import pysqlite3  # type: ignore[import-untyped]  # only where Python's own is too old

    return pysqlite3  # type: ignore[no-any-return]


def _set_up(connection: Any, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"  # as DBOS does: writers take turns
    for pragma in ("busy_timeout = 30000", "foreign_keys = ON", "journal_mode = WAL"):
        connection.execute(f"PRAGMA {pragma}").close()
