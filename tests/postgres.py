"""A private PostgreSQL server for the tests: made once, thrown away at the end.

Debian's ``pg_virtualenv`` makes it, as root or as an ordinary user. It holds a role that owns the
tables and another that serves, as an installation is meant to.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

OWNER, SERVING = "apportion_owner", "apportion_serving"
_ANNOUNCE = 'echo "$PGHOST $PGPORT $PGUSER $PGPASSWORD"; read -r end'


@dataclass(frozen=True)
class Server:
    """Where the server is, and its administrator."""

    host: str
    port: int
    administrator: str
    password: str

    def url(self, role: str, database: str) -> str:
        """Give the URL by which `role` (password: its name) reaches `database`."""
        return f"postgresql://{role}:{role}@{self.host}:{self.port}/{database}"

    def administrator_url(self, database: str) -> str:
        """Give the URL of the superuser."""
        who = f"{self.administrator}:{self.password}"
        return f"postgresql://{who}@{self.host}:{self.port}/{database}"

    def execute(self, *statements: sql.Composed) -> None:
        """Execute statements as the superuser, each in a transaction of its own."""
        with psycopg.connect(self.administrator_url("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """Make an empty database that the owner's role owns, and drop it at the end."""
        quoted = sql.Identifier(name)
        owner = sql.Identifier(OWNER)
        self.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(quoted, owner))
        try:
            yield name
        finally:
            self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))


def why_absent() -> str | None:
    """Give why no server can be made here; None if it can."""
    if shutil.which("pg_virtualenv") is None:
        return "pg_virtualenv is not installed (Debian: apt install postgresql postgresql-common)"
    if not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        return "no PostgreSQL server is installed (Debian: apt install postgresql)"
    return None


@contextmanager
def private_server() -> Iterator[Server]:
    """Start a server that keeps nothing safe, because nothing in it is worth keeping."""
    settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    options = [part for setting in settings for part in ("-o", setting)]
    process = subprocess.Popen(
        ["pg_virtualenv", "-t", *options, "sh", "-c", _ANNOUNCE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=sys.stderr if os.environ.get("CI") else subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        server = _announced(process.stdout)
        for role in (OWNER, SERVING):
            create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} NOSUPERUSER NOBYPASSRLS")
            server.execute(create.format(sql.Identifier(role), sql.Literal(role)))
        yield server
    finally:
        process.stdin.close()  # ends the shell, and with it the server
        process.wait(timeout=60)


def _announced(lines: Iterator[str]) -> Server:
    for line in lines:
        match line.split():
            case [host, port, administrator, password] if port.isdigit():
                return Server(host, int(port), administrator, password)
            case _:
                pass  # pg_virtualenv says what it does
    raise RuntimeError("pg_virtualenv ended without a server; run it by hand to see why")
