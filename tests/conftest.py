"""Databases for the tests: whatever touches the store runs on SQLite and on PostgreSQL."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import psycopg
import pytest

from apportion.store import Store, TenantStore
from apportion.store.migrations import upgrade
from browser import browser, chromium, open_tab  # noqa: F401  fixtures
from postgres import OWNER, SERVING, Server, private_server, why_absent

# How long an example takes says nothing on a machine that does other things too.
hypothesis.settings.register_profile("apportion", deadline=None)
hypothesis.settings.load_profile("apportion")

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@dataclass(frozen=True)
class Urls:
    """How a database is reached: to serve from it, as owner of its tables, as its superuser."""

    serving: str
    owner: str
    administrator: str
    serving_role: str | None = None

    @property
    def is_postgresql(self) -> bool:
        return self.serving.startswith("postgresql")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    absence = why_absent()
    if absence is not None:
        message = f"NOT RUN ON POSTGRESQL: {absence}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with private_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_urls(postgres_server: Server) -> Iterator[Urls]:
    with postgres_server.database("apportion") as name:
        urls = _postgres(postgres_server, name)
        upgrade(urls.owner, urls.serving_role)
        yield urls


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "apportion.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=BOTH)
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Urls:
    """A database with tables and no rows."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "apportion.db")
        return _sqlite(path)
    found: Urls = request.getfixturevalue("postgres_urls")
    with psycopg.connect(found.administrator) as connection:
        connection.execute("DELETE FROM tenants")  # with few rows much faster than TRUNCATE
        connection.execute("DELETE FROM sign_in_attempts")
    return found


@pytest.fixture(params=BOTH)
def empty_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Urls]:
    """A database without tables."""
    if request.param == "sqlite":
        yield _sqlite(tmp_path / "empty.db")
        return
    server: Server = request.getfixturevalue("postgres_server")
    with server.database("empty") as name:
        yield _postgres(server, name)


@pytest.fixture
def database_url(urls: Urls) -> str:
    return urls.serving


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def two_tenants(store: Store) -> tuple[TenantStore, TenantStore]:
    return add_two_tenants(store)


def add_two_tenants(store: Store) -> tuple[TenantStore, TenantStore]:
    """Add a tenant in Berlin and one in New York."""
    store.add_tenant("acme", name="Acme", currency="EUR", timezone="Europe/Berlin")
    store.add_tenant("bolt", name="Bolt", currency="USD", timezone="America/New_York")
    return store.for_tenant("acme"), store.for_tenant("bolt")


@pytest.fixture
def tenant(two_tenants: tuple[TenantStore, TenantStore]) -> TenantStore:
    """One tenant's door, in Berlin; there is another tenant beside it."""
    return two_tenants[0]


def _sqlite(path: Path) -> Urls:
    return Urls(*[f"sqlite:///{path}"] * 3)


def _postgres(server: Server, database: str) -> Urls:
    return Urls(
        server.url(SERVING, database),
        server.url(OWNER, database),
        server.administrator_url(database),
        SERVING,
    )
