"""The people of the demo: new passwords at every start, and only hashes in the database."""

import pytest

from apportion.cli.demo_accounts import DEMO_ACCOUNTS, renew_accounts
from apportion.config import Settings
from apportion.demo import DEMO_TENANTS
from apportion.errors import NotSignedInError
from apportion.results.accounts import Role
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace.accounts import Accounts

HERE = {"address": "127.0.0.1"}


@pytest.fixture
def settings(tmp_path):
    made = Settings(_env_file=None, home=tmp_path)
    migrate(made)
    store = Store(made.database_url)
    for plan in DEMO_TENANTS:
        store.add_tenant(plan.slug, name=plan.name, currency=plan.currency, timezone=plan.timezone)
    store.close()
    return made


def test_everybody_of_the_demo_signs_in_to_their_tenant_in_their_role(settings):
    accounts = Accounts(settings)

    for account, password in renew_accounts(settings):
        member = accounts.sign_in(account.email, password, **HERE).member
        assert (member.tenant.slug, member.role) == (account.tenant, account.role)
        assert not member.must_change_password


def test_every_tenant_has_an_analyst_and_there_is_an_administrator():
    analysts = {account.tenant for account in DEMO_ACCOUNTS if account.role is Role.ANALYST}

    assert analysts == {plan.slug for plan in DEMO_TENANTS}
    assert Role.ADMIN in {account.role for account in DEMO_ACCOUNTS}


def test_passwords_are_new_at_every_start_and_the_former_ones_are_good_for_nothing(settings):
    first, second = renew_accounts(settings), renew_accounts(settings)
    accounts = Accounts(settings)

    assert {password for _, password in first}.isdisjoint(password for _, password in second)
    with pytest.raises(NotSignedInError):
        accounts.sign_in(first[0][0].email, first[0][1], **HERE)
    assert accounts.sign_in(second[0][0].email, second[0][1], **HERE).member is not None


def test_the_database_holds_no_password(settings):
    renewed = renew_accounts(settings)
    stored = b"".join(path.read_bytes() for path in settings.home.glob("apportion.db*"))

    assert all(account.email.encode() in stored for account, _ in renewed)
    assert not any(password.encode() in stored for _, password in renewed)
