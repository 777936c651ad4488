"""What an administrator does with the users, tokens and audit trail of their tenant."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from apportion.errors import ParameterError
from apportion.results.accounts import Actor, AuditAction, AuditPage, Role, Token, User
from apportion.results.tenants import Tenant
from apportion.store import TenantStore
from apportion.workspace.accounts import passwords
from apportion.workspace.accounts.credentials import hash_of, make_token
from apportion.workspace.accounts.passwords import Passwords

MOST_EVENTS = 200
MOST_DAYS = 3650


@dataclass(frozen=True)
class AddedUser:
    """A new user, and the password to hand to them; it is shown now and never again."""

    user: User
    one_time_password: str | None
    """None: a password was given, or they have none."""


@dataclass(frozen=True)
class CreatedToken:
    """A new token, and its text, which is shown now and never again."""

    token: Token
    text: str


class Administration:
    """The accounts of one tenant, changed by one actor; every change is in the audit trail.

    Made by :meth:`Accounts.administer` for an administrator, and by
    :meth:`Accounts.administer_as_operator` for the command line.
    """

    def __init__(
        self,
        store: TenantStore,
        actor: Actor,
        *,
        passwords: Passwords,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._store = store
        self._actor = actor
        self._passwords = passwords
        self._clock = clock

    @property
    def tenant(self) -> Tenant:
        """Whose accounts these are."""
        return self._store.tenant

    def change_tenant(self, *, name: str, currency: str, timezone: str) -> Tenant:
        """Change what the company is called and how its amounts and days are meant.

        Nothing that is stored changes: amounts are not converted, days do not move.

        Raises
        ------
        ParameterError
            If one of them cannot be used.
        """
        return self._store.change_tenant(
            name=name, currency=currency, timezone=timezone, at=self._clock(), by=self._actor
        )

    def users(self) -> list[User]:
        """Give every user, by e-mail address."""
        return self._store.users()

    def user(self, user_id: str) -> User:
        """Give a user; NotFoundError if it is not there."""
        return self._store.user(user_id)

    def user_with_email(self, email: str) -> User:
        """Give the user with this e-mail address; NotFoundError if there is none."""
        return self._store.user_with_email(email)

    def add_user(
        self,
        email: str,
        role: Role,
        *,
        name: str = "",
        password: str | None = None,
        has_password: bool = True,
    ) -> AddedUser:
        """Add a user.

        Parameters
        ----------
        email : str
        role : Role
        name : str
            What to call them.
        password : str, optional
            Theirs from now on; None: a one-time password is made, which they must change.
        has_password : bool
            False: they sign in at the identity provider or the proxy only.

        Raises
        ------
        ParameterError
            If the address, the name or the password cannot be used.
        ConflictError
            If there is a user with this address.
        """
        one_time = None
        if password is not None:
            passwords.check(password, about=(email, name, self.tenant.name, self.tenant.slug))
        elif has_password:
            password = one_time = passwords.make_one_time()
        user = self._store.add_user(
            email,
            name=name,
            role=Role(role),
            password_hash=None if password is None else self._passwords.hash(password),
            must_change_password=one_time is not None,
            at=self._clock(),
            by=self._actor,
        )
        return AddedUser(user, one_time)

    def reset_password(self, user_id: str) -> str:
        """Give a user a one-time password, and return it; whoever is signed in as them is not.

        Raises
        ------
        NotFoundError
            If there is no such user.
        """
        one_time = passwords.make_one_time()
        self._store.set_password(
            user_id,
            self._passwords.hash(one_time),
            action=AuditAction.PASSWORD_RESET,
            must_change_password=True,
            at=self._clock(),
            by=self._actor,
        )
        return one_time

    def set_password(self, user_id: str, password: str) -> None:
        """Give a user a password that lasts; whoever is signed in as them is not.

        For the operator: an administrator gives a one-time password, which nobody knows for long.

        Raises
        ------
        NotFoundError
            If there is no such user.
        ParameterError
            If the password is not good enough.
        """
        user = self._store.user(user_id)
        about = (user.email, user.name, self.tenant.name, self.tenant.slug)
        passwords.check(password, about=about)
        self._store.set_password(
            user_id,
            self._passwords.hash(password),
            action=AuditAction.PASSWORD_RESET,
            must_change_password=False,
            at=self._clock(),
            by=self._actor,
        )

    def set_role(self, user_id: str, role: Role) -> User:
        """Give a user another role; they must sign in again.

        Raises
        ------
        NotFoundError
            If there is no such user.
        ConflictError
            If no administrator would be left.
        """
        return self._store.set_role(user_id, Role(role), at=self._clock(), by=self._actor)

    def disable_user(self, user_id: str) -> User:
        """Keep a user out, at once; errors as :meth:`set_role`."""
        return self._store.disable_user(user_id, at=self._clock(), by=self._actor)

    def enable_user(self, user_id: str) -> User:
        """Let a disabled user in again; NotFoundError if it is not there."""
        return self._store.enable_user(user_id, at=self._clock(), by=self._actor)

    def remove_user(self, user_id: str) -> None:
        """Forget a user, with their sessions and tokens; errors as :meth:`set_role`."""
        self._store.remove_user(user_id, at=self._clock(), by=self._actor)

    def tokens(self) -> list[Token]:
        """Give every token, newest first, also those that have expired or are revoked."""
        return self._store.tokens()

    def create_token(
        self, name: str, role: Role, *, expires_days: int | None = None
    ) -> CreatedToken:
        """Make an API token.

        It never may do more than its maker may, and is refused once they are gone.

        Parameters
        ----------
        name : str
            What it is for.
        role : Role
        expires_days : int, optional
            None: it is good until it is revoked.

        Raises
        ------
        ParameterError
            If the name or the number of days cannot be used.
        """
        at, text = self._clock(), make_token(self.tenant.id)
        token = self._store.add_token(
            hash_of(text),
            name=name,
            role=Role(role),
            expires_at=_expiry(at, expires_days),
            at=at,
            by=self._actor,
        )
        return CreatedToken(token, text)

    def revoke_token(self, token_id: str) -> Token:
        """Refuse a token from now on; NotFoundError if it is not there."""
        return self._store.revoke_token(token_id, at=self._clock(), by=self._actor)

    def audit(self, *, limit: int = 50, before: str | None = None) -> AuditPage:
        """Give the newest events of the audit trail, or those older than the event `before`.

        Raises
        ------
        ParameterError
            If `limit` is not from 1 to 200.
        NotFoundError
            If there is no event `before`.
        """
        if not 1 <= limit <= MOST_EVENTS:
            raise ParameterError(f"limit must be from 1 to {MOST_EVENTS}, got {limit}.")
        return self._store.events_page(limit=limit, before=before)


def _expiry(at: dt.datetime, days: int | None) -> dt.datetime | None:
    if days is None:
        return None
    if not 1 <= days <= MOST_DAYS:
        raise ParameterError(f"A token lasts from 1 to {MOST_DAYS} days; found {days}.")
    return at + dt.timedelta(days=days)
