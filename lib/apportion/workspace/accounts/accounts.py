"""The one door of server, API and command line to sign-in and accounts."""

import datetime as dt
from collections.abc import Callable, Mapping

from pydantic import JsonValue

from apportion.config import Settings, get_settings
from apportion.errors import NotSignedInError
from apportion.results.accounts import COMMAND_LINE, Role, Via
from apportion.results.tenants import Tenant
from apportion.store import Store
from apportion.store.tenant_bound import now
from apportion.workspace.accounts.administration import Administration
from apportion.workspace.accounts.member import Member
from apportion.workspace.accounts.members import Members
from apportion.workspace.accounts.passwords import Passwords
from apportion.workspace.accounts.proxy import open_proxy
from apportion.workspace.accounts.sessions import Sessions, SignedIn
from apportion.workspace.accounts.signing_in import PasswordProof


class Accounts:
    """Who is asking, over all tenants.

    Nothing here lists accounts; :meth:`administer` opens those of one tenant to its administrators.
    Hashing a password takes a tenth of a second of processor time, and every method reads the
    database: a server calls them in a thread.

    Parameters
    ----------
    settings : Settings, optional
        None: those of this process.
    clock : callable
        The current instant, in UTC.
    passwords : Passwords, optional
        How passwords are hashed.

    Raises
    ------
    ConfigurationError
        If the database is not ready, or the settings of a proxy are not complete.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Callable[[], dt.datetime] = now,
        passwords: Passwords | None = None,
    ) -> None:
        settings = settings or get_settings()
        self._store = Store(settings.database_url)
        self._store.check_ready()
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._proof = PasswordProof(self._store, settings, self._passwords, clock)
        self._sessions = Sessions(self._store, settings, clock)
        self._members = Members(self._store, clock)
        self._proxy = open_proxy(settings, self._store, self._members)

    @property
    def uses_proxy(self) -> bool:
        """Whether a proxy in front says who asks, so that nobody signs in here."""
        return self._proxy is not None

    def identify(
        self,
        *,
        session: str | None = None,
        authorization: str | None = None,
        assertion: str | None = None,
        tenant: str | None = None,
    ) -> Member | None:
        """Give who sent a request, from everything in it that can say so; None: nobody known.

        A token that is sent counts alone, also if it is not good. Behind a proxy only the proxy's
        statement counts beside it, and no session.

        Parameters
        ----------
        session : str, optional
            The session's cookie.
        authorization : str, optional
            The header ``Authorization``.
        assertion : str, optional
            The header that the setting `proxy_header` names.
        tenant : str, optional
            Behind a proxy: the slug that somebody with several companies has chosen.
        """
        if authorization is not None:
            scheme, _, text = authorization.partition(" ")
            return self.member_of_token(text.strip()) if scheme.lower() == "bearer" else None
        if self.uses_proxy:
            return None if assertion is None else self.member_of_proxy(assertion, tenant)
        return None if session is None else self.resume(session)

    def sign_in(
        self,
        email: str,
        password: str,
        *,
        address: str,
        user_agent: str = "",
        previous: str | None = None,
    ) -> SignedIn:
        """Begin a session for who knows the password of an account.

        Parameters
        ----------
        email, password : str
        address : str
            The network address that asks: attempts from it are counted; it is not stored.
        user_agent : str
            Of the browser; its family is stored.
        previous : str, optional
            The session that the browser sent: it ends, and its text is never used again.

        Raises
        ------
        NotSignedInError
            In the same words, after the same work, for a wrong password and for no account.
        TooManyAttemptsError
            If it failed too often with this account or from this address.
        """
        self._refuse_behind_proxy()
        accounts, failures = self._proof.prove(email, password, address=address)
        return self._sessions.begin(
            accounts,
            via=Via.PASSWORD,
            user_agent=user_agent,
            previous=previous,
            failures=failures,
        )

    def sign_in_verified(
        self, email: str, *, user_agent: str = "", previous: str | None = None
    ) -> SignedIn:
        """Begin a session for who the identity provider has verified (:class:`OidcSignIn`).

        Raises
        ------
        NotSignedInError
            If there is no account with this address.
        """
        self._refuse_behind_proxy()
        accounts = self._store.accounts.with_email(email)
        if not accounts:
            raise NotSignedInError(
                "There is no account for you here. Ask an administrator of your company to add you."
            )
        return self._sessions.begin(
            accounts, via=Via.OIDC, user_agent=user_agent, previous=previous
        )

    def resume(self, session: str) -> Member | None:
        """Give who acts in a session; None: it has ended, or no company is chosen yet."""
        return None if self.uses_proxy else self._sessions.member(session)

    def still_holds(self, member: Member, session: str | None = None) -> bool:
        """Whether somebody who was let in some time ago still would be, as the same member.

        It does not count as use of the session.

        Parameters
        ----------
        member : Member
        session : str, optional
            Their session; None: the proxy had said who they are.
        """
        if session is None:
            if member.user_id is None:
                return False
            found = self._members.of_user(member.tenant.id, member.user_id, via=member.via)
        else:
            found = self._sessions.member(session, is_use=False)
        return found is not None and (found.id, found.role) == (member.id, member.role)

    def choices(self, session: str) -> tuple[Tenant, ...]:
        """Give the companies that can be chosen in a session; none: it has ended."""
        return () if self.uses_proxy else self._sessions.choices(session)

    def choose_tenant(self, session: str, slug: str) -> SignedIn:
        """Act for another company from now on, under a new text of the session.

        Raises
        ------
        NotSignedInError
            If the session has ended.
        NotFoundError
            If it has no account with such a company.
        """
        self._refuse_behind_proxy()
        return self._sessions.choose(session, slug)

    def change_password(self, session: str, old: str, new: str, *, address: str) -> SignedIn:
        """Choose another password; every other session of the account ends, this one is renewed.

        It becomes the password of all accounts in this session that had the old one.

        Raises
        ------
        NotSignedInError
            If the session has ended, or no company is chosen yet.
        ParameterError
            If the old password is not right, or the new one is not good enough.
        TooManyAttemptsError
            If the old one was wrong too often.
        """
        self._refuse_behind_proxy()
        parts = self._sessions.parts(session)
        acting = self._proof.change(parts, old, new, address=address)
        return self._sessions.rotate(parts, chosen=acting.tenant_id)

    def sign_out(self, session: str) -> None:
        """End a session, for every copy of its text; nothing happens if it has ended."""
        self._sessions.end(session)

    def sign_out_everywhere(self, session: str) -> None:
        """End every session of the accounts that this one joins.

        Raises
        ------
        NotSignedInError
            If it has ended.
        """
        self._sessions.end_everywhere(session)

    def member_of_token(self, text: str) -> Member | None:
        """Give whom an API token stands for; None: it is not good (any more)."""
        return self._members.of_token(text)

    def member_of_proxy(self, assertion: str, tenant: str | None = None) -> Member | None:
        """Give whom the proxy says it is; None: nobody, or they must choose a company first."""
        members = self.members_of_proxy(assertion)
        if len(members) == 1:
            return members[0]
        return next((member for member in members if member.tenant.slug == tenant), None)

    def members_of_proxy(self, assertion: str) -> tuple[Member, ...]:
        """Give every account of whom the proxy says it is; none: nobody is to be believed."""
        return () if self._proxy is None else self._proxy.members(assertion)

    def administer(self, member: Member) -> Administration:
        """Open the accounts of a member's tenant to them.

        Raises
        ------
        ForbiddenError
            If they are no administrator.
        """
        member.require(Role.ADMIN)
        store = self._store.for_tenant_id(member.tenant.id)
        return Administration(store, member.actor, passwords=self._passwords, clock=self._clock)

    def administer_as_operator(self, slug: str) -> Administration:
        """Open the accounts of a tenant to who operates the installation.

        Raises
        ------
        NotFoundError
            If there is no such tenant.
        """
        store = self._store.for_tenant(slug)
        return Administration(store, COMMAND_LINE, passwords=self._passwords, clock=self._clock)

    def record(
        self,
        member: Member,
        action: str,
        subject: str = "",
        details: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Note in the audit trail something that a member has done."""
        self._store.for_tenant_id(member.tenant.id).record_event(
            action, at=self._clock(), by=member.actor, subject=subject, details=details
        )

    def close(self) -> None:
        """Close every connection to the database."""
        self._store.close()

    def _refuse_behind_proxy(self) -> None:
        if self.uses_proxy:
            raise NotSignedInError("The proxy in front of this server signs you in.")
