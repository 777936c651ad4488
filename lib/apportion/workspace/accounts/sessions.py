"""Sessions: a random text in a cookie, which joins the accounts that one sign-in proved.

The text is made here at every sign-in and changed whenever a session may do something new; what a
browser brings along is only ever looked up. A session ends when it was not used for some hours,
when it is some days old, and when either side says so.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from apportion.config import Settings
from apportion.errors import NotFoundError, NotSignedInError
from apportion.results.accounts import Via
from apportion.results.tenants import Tenant
from apportion.store import Account, SessionPart, Store
from apportion.workspace.accounts.browsers import browser_family
from apportion.workspace.accounts.credentials import hash_of, make_session
from apportion.workspace.accounts.member import Member
from apportion.workspace.accounts.members import SEEN_EVERY, Members


@dataclass(frozen=True)
class SignedIn:
    """A session that has just begun, or been put under another text."""

    session: str
    """For the cookie; nothing else knows it."""
    member: Member | None
    """None: they have accounts with several companies, and must choose one."""
    choices: tuple[Tenant, ...]
    """The companies that they may act for in this session."""


class Sessions:
    """The sessions of all tenants, each reached by its text only.

    Parameters
    ----------
    store : Store
    settings : Settings
        How long sessions last.
    clock : callable
        The current instant, in UTC.
    """

    def __init__(self, store: Store, settings: Settings, clock: Callable[[], dt.datetime]) -> None:
        self._store = store
        self._idle = dt.timedelta(hours=settings.session_idle_hours)
        self._lasts = dt.timedelta(days=settings.session_days)
        self._clock = clock
        self._members = Members(store, clock)

    def begin(
        self,
        accounts: Sequence[Account],
        *,
        via: Via,
        user_agent: str = "",
        previous: str | None = None,
        failures: int = 0,
    ) -> SignedIn:
        """Begin a session that joins `accounts`; the `previous` one of the browser ends."""
        if previous is not None:
            self.end(previous)
        session, at = make_session(), self._clock()
        for account in accounts:
            self._store.for_tenant_id(account.tenant_id).start_session(
                hash_of(session),
                account.user_id,
                is_chosen=len(accounts) == 1,
                via=via,
                browser=browser_family(user_agent),
                at=at,
                expires_at=at + self._lasts,
                failures=failures,
            )
        return SignedIn(session, self.member(session), self.choices(session))

    def parts(self, session: str) -> list[SessionPart]:
        """Give the accounts that a session joins.

        Raises
        ------
        NotSignedInError
            If it has ended, or never was.
        """
        parts = self._found(session)
        if not parts:
            raise NotSignedInError("You are no longer signed in. Sign in again.")
        return parts

    def member(self, session: str, *, is_use: bool = True) -> Member | None:
        """Give who acts in a session; None: it has ended, or no company is chosen yet.

        A look that is no use (`is_use` false) does not keep an idle session alive.
        """
        chosen = next((part for part in self._found(session) if part.is_chosen), None)
        if chosen is None:
            return None
        member = self._members.of_user(
            chosen.tenant_id, chosen.user_id, via=chosen.via, credential=chosen.hash
        )
        at = self._clock()
        if is_use and member is not None and at - chosen.seen_at >= SEEN_EVERY:
            self._store.for_tenant_id(chosen.tenant_id).see_session(chosen.hash, at)
        return member

    def choices(self, session: str) -> tuple[Tenant, ...]:
        """Give the companies that can be chosen; none: the session has ended."""
        parts = self._found(session)
        return tuple(self._store.for_tenant_id(part.tenant_id).tenant for part in parts)

    def choose(self, session: str, slug: str) -> SignedIn:
        """Act for the company `slug` from now on.

        Raises
        ------
        NotSignedInError
            If the session has ended.
        NotFoundError
            If it has no account with such a company.
        """
        parts = self.parts(session)
        for part in parts:
            if self._store.for_tenant_id(part.tenant_id).tenant.slug == slug:
                return self.rotate(parts, chosen=part.tenant_id)
        raise NotFoundError(f"There is no tenant {slug!r}.")

    def rotate(self, parts: Sequence[SessionPart], *, chosen: UUID) -> SignedIn:
        """Put a session under a new text; the old one is good for nothing from now on."""
        session = make_session()
        for part in parts:
            self._store.for_tenant_id(part.tenant_id).rotate_session(
                part.hash, hash_of(session), is_chosen=part.tenant_id == chosen
            )
        return SignedIn(session, self.member(session), self.choices(session))

    def end(self, session: str) -> None:
        """End a session, for every copy of its text; nothing happens if it has ended."""
        hash = hash_of(session)
        for part in self._store.accounts.session(hash):
            self._store.for_tenant_id(part.tenant_id).end_session(hash, at=self._clock())

    def end_everywhere(self, session: str) -> None:
        """End every session of the accounts that this one joins.

        Raises
        ------
        NotSignedInError
            If it has ended.
        """
        for part in self.parts(session):
            store = self._store.for_tenant_id(part.tenant_id)
            store.end_sessions_of(part.user_id, at=self._clock())

    def _found(self, session: str) -> list[SessionPart]:
        at, parts = self._clock(), self._store.accounts.session(hash_of(session))
        seen_at = max((part.seen_at for part in parts), default=at)
        return [part for part in parts if at < part.expires_at and at - seen_at < self._idle]
