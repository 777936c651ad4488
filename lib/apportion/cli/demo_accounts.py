"""The people of the demo: who they are, and a new password for each at every start."""

from dataclasses import dataclass

from apportion.config import Settings
from apportion.errors import NotFoundError
from apportion.results.accounts import Role
from apportion.workspace.accounts import Accounts, Administration
from apportion.workspace.accounts.passwords import make_one_time


@dataclass(frozen=True)
class DemoAccount:
    """Somebody who can sign in to a demo tenant."""

    email: str
    name: str
    tenant: str
    role: Role


DEMO_ACCOUNTS = (
    DemoAccount("ann@harbour.example", "Ann Lindqvist", "harbour", Role.ANALYST),
    DemoAccount("noah@nova.example", "Noah Reyes", "nova", Role.ANALYST),
    DemoAccount("admin@harbour.example", "Alma Berg", "harbour", Role.ADMIN),
)


def renew_accounts(settings: Settings) -> list[tuple[DemoAccount, str]]:
    """Give every demo account with a new random password; what is stored is its hash only.

    So the sign-in can be printed at every start, and the former one is good for nothing.
    """
    accounts = Accounts(settings)
    renewed = []
    for account in DEMO_ACCOUNTS:
        password = make_one_time()
        _give(accounts.administer_as_operator(account.tenant), account, password)
        renewed.append((account, password))
    accounts.close()
    return renewed


def _give(administration: Administration, account: DemoAccount, password: str) -> None:
    try:
        user = administration.user_with_email(account.email)
    except NotFoundError:
        administration.add_user(account.email, account.role, name=account.name, password=password)
    else:
        administration.set_password(user.id, password)
