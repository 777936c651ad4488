"""What the pages' handlers work with; made once when the server starts."""

from dataclasses import dataclass

from apportion.config import Settings
from apportion.server.pages import Page
from apportion.server.site import Site
from apportion.workspace import Workspaces
from apportion.workspace.accounts import Accounts
from apportion.workspace.accounts.oidc import OidcSignIn


@dataclass(frozen=True)
class Services:
    """The parts that outlive a request."""

    settings: Settings
    site: Site
    accounts: Accounts
    workspaces: Workspaces
    oidc: OidcSignIn | None
    """Sign-in at the company's identity provider, if it is configured."""
    apps: tuple[Page, ...]


def open_services(settings: Settings, site: Site, apps: tuple[Page, ...]) -> Services:
    """Open what the settings name.

    Raises
    ------
    ConfigurationError
        If the database is not ready, or what is set of a proxy or a provider is not complete.
    """
    workspaces = Workspaces(settings)
    accounts = Accounts(settings)
    oidc = OidcSignIn(settings) if settings.oidc_issuer else None
    return Services(settings, site, accounts, workspaces, oidc, apps)
