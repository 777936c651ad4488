"""One server per database for all of these tests: two tenants, each with people of every role."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from apportion.config import Settings
from apportion.results.accounts import Role
from apportion.store import Store
from apportion.store.migrations import upgrade
from apportion.workspace.accounts import Accounts, Administration
from conftest import BOTH
from postgres import OWNER, SERVING
from server.conftest import IMPORTS, WIDGETS, add_data, add_model, add_people, write_page
from server.process import RunningServer, running

CHECK_SECONDS = 0.5
"""How soon a page learns here that its person is signed out."""


@dataclass(frozen=True)
class House:
    """A running server, and what only its operator can reach."""

    server: RunningServer
    settings: Settings
    store: Store
    accounts: Accounts

    def of(self, slug: str) -> Administration:
        """Give the accounts of a tenant."""
        return self.accounts.administer_as_operator(slug)

    def anybody(self) -> RunningServer:
        """Give a browser that has never been there."""
        return self.server.anonymous()

    def token(self, slug: str, role: Role = Role.ANALYST, **more: int) -> RunningServer:
        """Give a program with a token of a tenant."""
        text = self.of(slug).create_token("test", role, **more).text
        return with_token(self.server, text)


def with_token(server: RunningServer, text: str) -> RunningServer:
    """Give a program that sends a text as its token."""
    return replace(server.anonymous(), authorization=f"Bearer {text}")


@pytest.fixture(scope="session", params=BOTH)
def database(request, tmp_path_factory):
    """URLs of a database with tables, to serve from."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('security') / 'apportion.db'}"
        upgrade(url)
        yield url
        return
    server = request.getfixturevalue("postgres_server")
    with server.database("security") as name:
        upgrade(server.url(OWNER, name), SERVING)
        yield server.url(SERVING, name)


@pytest.fixture(scope="session")
def settings(database, tmp_path_factory) -> Settings:
    """Settings of an installation with acme and birch, both with data and a model."""
    folder = tmp_path_factory.mktemp("house")
    made = Settings(
        _env_file=None,
        home=folder / "home",
        database_url=database,
        notebooks=folder / "notebooks",
        upload_mb=1,
    )
    made.home.mkdir()
    made.notebooks.mkdir()
    store = Store(database)
    for slug, name in {"acme": "Acme", "birch": "Birch", "clay": "Clay"}.items():
        store.add_tenant(slug, name=name, currency="EUR", timezone="Europe/Berlin")
    for slug in ("acme", "birch"):
        add_data(store, slug)
        add_model(store, slug)
    store.close()
    add_people(made)
    write_page(made.notebooks, IMPORTS, WIDGETS)
    return made


@pytest.fixture(scope="session")
def house(settings, tmp_path_factory):
    """A running server; its own `server` stands for nobody."""
    log = tmp_path_factory.mktemp("log") / "log"
    with running(settings, log, who=None, check_seconds=CHECK_SECONDS) as server:
        store, accounts = Store(settings.database_url), Accounts(settings)
        yield House(server, settings, store, accounts)
        accounts.close()
        store.close()


@pytest.fixture(scope="session")
def people(house) -> Callable[[str], RunningServer]:
    """Give somebody who is signed in; they stay so, and are asked for again and again."""
    known: dict[str, RunningServer] = {}

    def signed_in(email: str) -> RunningServer:
        if email not in known:
            known[email] = house.server.signed_in(email)
        return known[email]

    return signed_in


@pytest.fixture
def guest(house, request):
    """Add a user of acme who is nobody else's; give their address and their id."""

    def add(role: Role = Role.ANALYST, **more: object) -> tuple[str, str]:
        from uuid import uuid4

        from server.process import PASSWORD

        email = f"{uuid4().hex[:8]}@acme.example"
        added = house.of("acme").add_user(email, role, **{"password": PASSWORD, **more})
        request.addfinalizer(lambda: _remove(house, added.user.id))
        return email, added.user.id

    return add


def _remove(house: House, user_id: str) -> None:
    of_acme = house.of("acme")
    if user_id in {user.id for user in of_acme.users()}:
        of_acme.remove_user(user_id)
