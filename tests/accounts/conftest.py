"""Two tenants with an administrator each, and one person who has an account with both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.examples import ADDRESS, ANN, BOB, CAT, PASSWORD, Clock, CountingHasher
from apportion.config import Settings
from apportion.results.accounts import Role
from apportion.workspace.accounts import Accounts, Administration, SignedIn
from apportion.workspace.accounts.passwords import Passwords


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
def settings(urls, tmp_path: Path) -> Settings:
    return Settings(_env_file=None, home=tmp_path / "home", database_url=urls.serving)


@pytest.fixture
def accounts(settings, two_tenants, clock, hasher) -> Iterator[Accounts]:
    opened = Accounts(settings, clock=clock, passwords=Passwords(hasher))
    yield opened
    opened.close()


@pytest.fixture
def acme(accounts) -> Administration:
    """Acme's accounts: Ann is its administrator, Cat an analyst."""
    administration = accounts.administer_as_operator("acme")
    administration.add_user(ANN, Role.ADMIN, name="Ann", password=PASSWORD)
    administration.add_user(CAT, Role.ANALYST, name="Cat", password=PASSWORD)
    return administration


@pytest.fixture
def bolt(accounts) -> Administration:
    """Bolt's accounts: Bob is its administrator, Cat a viewer."""
    administration = accounts.administer_as_operator("bolt")
    administration.add_user(BOB, Role.ADMIN, name="Bob", password=PASSWORD)
    administration.add_user(CAT, Role.VIEWER, name="Cat", password=PASSWORD)
    return administration


@pytest.fixture
def sign_in(accounts, acme, bolt):
    """Sign somebody in with the password that all of them have."""

    def sign_in(email: str, password: str = PASSWORD, **more: str) -> SignedIn:
        return accounts.sign_in(email, password, address=ADDRESS, **more)

    return sign_in
