"""Bring a database to this version, as the role that owns the tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, func, select, table
from sqlalchemy.exc import OperationalError

from apportion.errors import ConfigurationError
from apportion.store import rls
from apportion.store.engine import WRITES, create_engine, parse_url, unreachable
from apportion.store.schema import metadata

_SCRIPTS = Path(__file__).with_name("migrations")
_LOCK = 0x6170706F  # any number, as long as every version of the program takes the same

_roles = table("pg_roles", column("rolname"))


@dataclass(frozen=True)
class Migration:
    """What was done: the versions before and after, and what is left to do by hand."""

    before: str | None
    after: str | None
    notes: tuple[str, ...] = ()


def migrate(url: str, serving_role: str | None = None) -> Migration:
    """Make or change the tables so that they are as this version needs them.

    Parameters
    ----------
    url : str
        The database, as the role that owns the tables.
    serving_role : str, optional
        The PostgreSQL role that `apportion serve` signs in as: it is granted rows, and no more.

    Raises
    ------
    ConfigurationError
        If the database cannot be reached, or was made by a newer version of the program.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    with _migrating(url) as (connection, scripts):
        before = _current(connection, scripts)
        command.upgrade(_config(connection), "head")
        after = _current(connection, scripts)
        notes: tuple[str, ...] = ()
        if connection.dialect.name == "postgresql" and serving_role is not None:
            notes = _grant(connection, serving_role, parsed.database or "")
    return Migration(before, after, notes)


def downgrade(url: str, revision: str) -> None:
    """Go back to an earlier version; ``base`` takes away every table with its data."""
    with _migrating(url) as (connection, _):
        command.downgrade(_config(connection), revision)


@contextmanager
def _migrating(url: str) -> Iterator[tuple[Connection, ScriptDirectory]]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            connection = connection.execution_options(**{WRITES: True})
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
                yield connection, ScriptDirectory.from_config(_config(connection))
    except OperationalError as error:
        raise unreachable(engine, error) from error
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection, scripts: ScriptDirectory) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise ConfigurationError(
            f"The database is at version {revision}, which this program does not know: it was "
            "made by a newer one. Install that version of Apportion."
        )
    return revision


def _grant(connection: Connection, role: str, database: str) -> tuple[str, ...]:
    found = select(func.count()).select_from(_roles).where(_roles.c.rolname == role)
    if not connection.execute(found).scalar_one():
        return (
            f"There is no role {role!r} to serve as. As an administrator of the server, run "
            f"{rls.create_role(role)} Then run `apportion migrate` again.",
        )
    for statement in rls.grants(role, database, metadata.tables):
        connection.exec_driver_sql(statement)
    return ()
