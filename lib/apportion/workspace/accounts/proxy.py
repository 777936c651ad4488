"""A proxy in front that signs people in, and says in each request by a JWT who it is."""

from apportion.config import Settings
from apportion.errors import ConfigurationError, NotSignedInError
from apportion.results.accounts import Via
from apportion.store import Store
from apportion.workspace.accounts.assertions import (
    AssertionVerifier,
    email_of,
    key_in_file,
    published_keys,
)
from apportion.workspace.accounts.member import Member
from apportion.workspace.accounts.members import Members


class Proxy:
    """The one proxy whose word counts; see :func:`open_proxy`."""

    def __init__(
        self, verifier: AssertionVerifier, email_claim: str, store: Store, members: Members
    ) -> None:
        self._verifier = verifier
        self._email_claim = email_claim
        self._store = store
        self._members = members

    def members(self, assertion: str) -> tuple[Member, ...]:
        """Give every account of whom the proxy says it is.

        None, if it says nothing to be believed, or names nobody who has an account.

        Raises
        ------
        ConfigurationError
            If the proxy's keys cannot be read.
        """
        try:
            claims = self._verifier.claims(assertion)
            email = email_of(claims, self._email_claim, is_enough=True)
        except NotSignedInError:
            return ()
        accounts = self._store.accounts.with_email(email)
        found = (
            self._members.of_user(account.tenant_id, account.user_id, via=Via.PROXY)
            for account in accounts
        )
        return tuple(member for member in found if member is not None)


def open_proxy(settings: Settings, store: Store, members: Members) -> Proxy | None:
    """Give the proxy that the settings name; None: they name none.

    Raises
    ------
    ConfigurationError
        If they are not complete.
    """
    issuer, audience = settings.proxy_issuer, settings.proxy_audience
    url, file = settings.proxy_jwks_url, settings.proxy_key_file
    if issuer is None and audience is None and url is None and file is None:
        return None
    if not issuer or not audience or (url is None) == (file is None):
        raise ConfigurationError(
            "A proxy that signs people in needs APPORTION_PROXY_ISSUER, APPORTION_PROXY_AUDIENCE "
            "and either APPORTION_PROXY_JWKS_URL or APPORTION_PROXY_KEY_FILE."
        )
    find_key = key_in_file(file) if file is not None else published_keys(str(url))
    verifier = AssertionVerifier(issuer=issuer, audience=audience, find_key=find_key)
    return Proxy(verifier, settings.proxy_email_claim, store, members)
