"""A private PostgreSQL server for the tests: made once, thrown away at the end.

Debian's ``pg_virtualenv`` makes it, as root or as an ordinary user. It holds a role that owns the
tables and another that serves, as an installation is meant to.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

OWNER, SERVING = "apportion_owner", "apportion_serving"
_ATTEMPTS = 3  # another program may take the port between its choice and its use
_ANNOUNCE = 'echo "READY $PGHOST $PGPORT $PGUSER $PGPASSWORD"; read -r end'


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
    for attempt in range(1, _ATTEMPTS + 1):
        process = _start()
        try:
            server, said = _announced(process)
            if server is not None:
                for role in (OWNER, SERVING):
                    create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} NOSUPERUSER NOBYPASSRLS")
                    server.execute(create.format(sql.Identifier(role), sql.Literal(role)))
                yield server
                return
        finally:
            process.communicate()  # ends the shell's `read`, and with it the server
        if attempt == _ATTEMPTS:
            raise RuntimeError(f"pg_virtualenv made no server; it said:\n{said}")


def _start() -> subprocess.Popen[str]:
    settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    options = [part for setting in settings for part in ("-o", setting)]
    with socket.socket() as free:
        # Not the port that pg_virtualenv would choose: two test runs would choose the same.
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    return subprocess.Popen(
        ["pg_virtualenv", "-t", *options, "sh", "-c", _ANNOUNCE],
        env={**os.environ, "PGPORT": str(port)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _announced(process: subprocess.Popen[str]) -> tuple[Server | None, str]:
    """Give the server, or what was said instead."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        match line.split():
            case ["READY", host, port, administrator, password]:
                return Server(host, int(port), administrator, password), ""
            case _:
                said.append(line)
    return None, "".join(said)
