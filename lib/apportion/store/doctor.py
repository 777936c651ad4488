"""Is the database fit to serve from? One line per check, and what to do about it.

On PostgreSQL the last line of defence is row-level security, and it holds only against a role that
cannot step around it: no superuser, no BYPASSRLS, no owner of the tables (who could switch it off).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Row, text

from apportion.config import Settings
from apportion.errors import ConfigurationError
from apportion.store.engine import Database, create_engine
from apportion.store.schema import REVISION, metadata

SQLITE_AT_LEAST = (3, 40)
POSTGRESQL_AT_LEAST = (15,)

_ROLE = text("""
SELECT rolname, rolsuper, rolbypassrls,
    EXISTS (
        SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
        WHERE n.nspname = 'public' AND relkind IN ('r', 'p') AND pg_has_role(relowner, 'MEMBER')
    ) AS owns_tables,
    EXISTS (
        SELECT FROM pg_roles other
        WHERE (other.rolsuper OR other.rolbypassrls) AND pg_has_role(other.oid, 'MEMBER')
    ) AS can_become_bypassing
FROM pg_roles WHERE rolname = current_user
""")
_PROTECTED = text("""
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND relforcerowsecurity
    AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)
""")
_USABLE = text("""
SELECT count(*) AS tables, count(*) FILTER (
    WHERE has_schema_privilege(n.oid, 'USAGE')
    AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
    AND has_table_privilege(c.oid, 'UPDATE')
) AS usable
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relkind IN ('r', 'p')
""")
_GRANTED = text("""
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace
    AND has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
    AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')
""")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    ok: bool
    what: str
    """What was found, in one sentence."""
    remedy: str = ""
    """What to do; empty when there is nothing to."""


def checks(settings: Settings) -> list[Check]:
    """Look at the database that `settings` name, without changing it."""
    try:
        return list(_look(settings.database_url))
    except ConfigurationError as error:
        return [Check(False, str(error), "Mend the connection first; nothing else was checked.")]


def check_queue(settings: Settings, schema: str) -> Check:
    """Look whether workers can use the queue's tables in `schema`; SQLite has none to look at."""
    engine = create_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            if connection.dialect.name != "postgresql":
                return Check(True, "The queue has a file of its own, which the first worker makes.")
            found = connection.execute(_USABLE, {"schema": schema}).one()
    finally:
        engine.dispose()
    ok = 0 < found.tables == found.usable
    what = f"Of the queue's {found.tables} tables, {found.usable} are open to this role."
    return Check(ok, what, "" if ok else "Run `apportion migrate`, or no worker can start.")


def refuse_to_serve_if_unsafe(settings: Settings) -> None:
    """Do nothing if the database is fit to serve from.

    Raises
    ------
    ConfigurationError
        With every check that failed, and its remedy.
    """
    failed = [check for check in checks(settings) if not check.ok]
    if failed:
        lines = [f"{check.what} {check.remedy}" for check in failed]
        raise ConfigurationError("\n".join(["This database must not be served from.", *lines]))


def _look(url: str) -> Iterator[Check]:
    database = Database(url)
    try:
        revision = database.revision()
        yield Check(True, f"The database {database.name} can be reached.")
        is_current = revision == REVISION
        yield Check(
            is_current,
            f"Its tables are at version {revision or 'none'}; this program needs {REVISION}.",
            "" if is_current else "Run `apportion migrate`.",
        )
    finally:
        database.dispose()
    engine = create_engine(url)  # the guard refuses the text of these statements
    try:
        with engine.connect() as connection:
            yield _version(connection)
            if database.is_postgresql and is_current:
                yield from _look_at_role(connection)
            elif not database.is_postgresql:
                yield _write_ahead_log(connection)
    finally:
        engine.dispose()


def _version(connection: Connection) -> Check:
    found = connection.dialect.server_version_info or ()
    is_postgresql = connection.dialect.name == "postgresql"
    name, least = (
        ("PostgreSQL", POSTGRESQL_AT_LEAST) if is_postgresql else ("SQLite", SQLITE_AT_LEAST)
    )
    dotted = ".".join(map(str, found))
    needed = ".".join(map(str, least))
    ok = tuple(found) >= least
    return Check(ok, f"It is {name} {dotted}.", "" if ok else f"Install {name} {needed} or newer.")


def _write_ahead_log(connection: Connection) -> Check:
    mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    ok = mode == "wal"
    return Check(
        ok,
        f"Its journal mode is {mode}, so that {'' if ok else 'a writer blocks '}readers"
        f"{' are never blocked' if ok else ''}.",
        "" if ok else "Put the file on a local disk: a network drive has no write-ahead log.",
    )


def _look_at_role(connection: Connection) -> Iterator[Check]:
    role = connection.execute(_ROLE).one()
    problems = list(_powers(role))
    yield Check(
        not problems,
        f"It is served as the role {role.rolname!r}, which "
        + (" and ".join(problems) or "owns no table and bypasses no policy")
        + ".",
        "Serve as a role of its own: set APPORTION_DATABASE_URL to it and APPORTION_MIGRATION_URL "
        "to the owner, then run `apportion migrate`."
        if problems
        else "",
    )
    tables = set(metadata.tables)
    for statement, claim in (
        (_PROTECTED, "protected by row-level security"),
        (_GRANTED, "open to this role for reading and writing"),
    ):
        lacking = sorted(tables - set(connection.execute(statement).scalars()))
        yield Check(
            not lacking,
            f"{len(tables) - len(lacking)} of {len(tables)} tables are {claim}"
            + (f"; not {', '.join(lacking)}." if lacking else "."),
            "Run `apportion migrate` as the owner of the tables." if lacking else "",
        )


def _powers(role: Row[tuple[str, bool, bool, bool, bool]]) -> Iterator[str]:
    if role.rolsuper:
        yield "is a superuser"
    if role.rolbypassrls:
        yield "has BYPASSRLS"
    if role.owns_tables:
        yield "owns the tables"
    if role.can_become_bypassing and not (role.rolsuper or role.rolbypassrls):
        yield "may become a role that bypasses row-level security"
