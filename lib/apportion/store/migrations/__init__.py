"""Bring a database to this version, as the role that owns the tables.

Beside this module lies their history: ``versions/``, one revision a file, and Alembic's ``env.py``.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, event, func, select, table
from sqlalchemy.exc import OperationalError

from apportion.config import Settings
from apportion.errors import ConfigurationError
from apportion.store import rls
from apportion.store.engine import WRITES, create_engine, parse_url, unreachable
from apportion.store.schema import REVISION, metadata

_SCRIPTS = Path(__file__).parent
_LOCK = 0x6170706F  # any number, as long as every version of the program takes the same

_roles = table("pg_roles", column("rolname"))


def migrate(settings: Settings) -> str:
    """Bring the installation's database to this version of the program, and give the version.

    On PostgreSQL this signs in as the owner (`migration_url`) and lets the role of `database_url`
    read and write rows, and no more.

    Raises
    ------
    ConfigurationError
        As :func:`upgrade`.
    """
    serving_role = parse_url(settings.database_url).username
    return upgrade(settings.migration_url, serving_role)


def upgrade(url: str, serving_role: str | None = None) -> str:
    """Make or change the tables so that they are as this version needs them.

    Parameters
    ----------
    url : str
        The database, as the role that owns the tables.
    serving_role : str, optional
        The PostgreSQL role that the program signs in as to serve.

    Returns
    -------
    str
        The version that the database is at now.

    Raises
    ------
    ConfigurationError
        If the database cannot be reached, was made by a newer version of the program, or the
        serving role is not there. Nothing was changed then.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    with _migrating(url) as connection:
        command.upgrade(_config(connection), "head")
        if connection.dialect.name == "postgresql" and serving_role is not None:
            _grant(connection, serving_role, parsed.database or "")
    return REVISION


def downgrade(url: str, revision: str) -> None:
    """Go back to an earlier version; ``base`` takes away every table with its data."""
    with _migrating(url) as connection:
        command.downgrade(_config(connection), revision)


@contextmanager
def _migrating(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    try:
        is_sqlite = engine.dialect.name == "sqlite"
        if is_sqlite:
            event.listen(engine, "connect", _without_foreign_keys)
        with engine.connect() as connection:
            connection = connection.execution_options(**{WRITES: True})
            with connection.begin():
                if not is_sqlite:
                    connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
                _refuse_newer(connection)
                yield connection
                if is_sqlite:
                    _check_foreign_keys(connection)
    except OperationalError as error:
        raise unreachable(engine, error) from error
    finally:
        engine.dispose()


def _without_foreign_keys(connection: sqlite3.Connection, _record: object) -> None:
    """Let a table be made anew while others refer to it: SQLite's way to change a constraint."""
    connection.execute("PRAGMA foreign_keys = OFF").close()


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise ConfigurationError(f"The migration would break references: {broken[:5]}.")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _refuse_newer(connection: Connection) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(_config(connection))
    if found is not None and found not in {each.revision for each in scripts.walk_revisions()}:
        raise ConfigurationError(
            f"The database is at version {found}, which this program does not know: a newer one "
            "made it. Install that version of Apportion."
        )


def _grant(connection: Connection, role: str, database: str) -> None:
    found = select(func.count()).select_from(_roles).where(_roles.c.rolname == role)
    if not connection.execute(found).scalar_one():
        raise ConfigurationError(
            f"There is no role {role!r} to serve as. As an administrator of the server, run "
            f"{rls.create_role(role)} Then run `apportion migrate` again."
        )
    for statement in rls.grants(role, database, metadata.tables):
        connection.exec_driver_sql(statement)
