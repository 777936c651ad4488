"""Proof by password: how often it may be tried, and what it proves."""

import datetime as dt
import math
from collections.abc import Callable, Sequence

from apportion.config import Settings
from apportion.errors import NotSignedInError, ParameterError, TooManyAttemptsError
from apportion.results.accounts import Actor, AuditAction, normal_email
from apportion.store import Account, SessionPart, Store
from apportion.workspace.accounts import passwords
from apportion.workspace.accounts.keys import derive_key
from apportion.workspace.accounts.limits import PER_ACCOUNT, PER_ADDRESS, hashed
from apportion.workspace.accounts.passwords import Passwords

ONE_TIME_DAYS = 7
"""How long a one-time password is good for."""

_PURPOSE = "sign-in-attempts"


class PasswordProof:
    """Passwords of all tenants, compared for one e-mail address at a time.

    Parameters
    ----------
    store : Store
    settings : Settings
    passwords : Passwords
    clock : callable
        The current instant, in UTC.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        passwords: Passwords,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._clock = clock
        self._key = derive_key(settings, _PURPOSE)

    def prove(self, email: str, password: str, *, address: str) -> tuple[list[Account], int]:
        """Give the accounts whose password this is, and how often it had failed before.

        Raises
        ------
        NotSignedInError
            In the same words, after the same work, for a wrong password and for no account.
        TooManyAttemptsError
            If it failed too often with this account or from this address.
        """
        hashes = self._hashes(email, address)
        failures = self._begin_attempt(*hashes)
        accounts = self._store.accounts.with_email(email)
        found = [account.password_hash for account in accounts]
        matching = self._passwords.matching(password, found)
        proved = [account for account in accounts if account.password_hash in matching]
        if not proved:
            raise NotSignedInError("The e-mail address or the password is not right.")
        self._succeed(*hashes)
        lasting = [account for account in proved if not self._has_lapsed(account)]
        if not lasting:
            raise NotSignedInError(
                f"This one-time password was good for {ONE_TIME_DAYS} days. "
                "Ask an administrator for a new one."
            )
        self._bring_up_to_date(lasting, password)
        return lasting, failures

    def change(
        self, parts: Sequence[SessionPart], old: str, new: str, *, address: str
    ) -> SessionPart:
        """Give the accounts of a session that have the `old` password the `new` one.

        Returns
        -------
        SessionPart
            The account that acts in the session.

        Raises
        ------
        NotSignedInError
            If none acts yet.
        ParameterError
            If the old password is not right, or the new one is not good enough.
        TooManyAttemptsError
            If the old one was wrong too often.
        """
        acting = next((part for part in parts if part.is_chosen), None)
        if acting is None:
            raise NotSignedInError("Choose a company first.")
        stores = {part: self._store.for_tenant_id(part.tenant_id) for part in parts}
        user = stores[acting].user(acting.user_id)
        if not user.has_password:
            raise ParameterError("You have no password here: your identity provider signs you in.")
        companies = (store.tenant.name for store in stores.values())
        passwords.check(new, about=(user.email, user.name, *companies))
        if old == new:
            raise ParameterError("The new password is the old one. Choose another.")
        hashes = self._hashes(user.email, address)
        self._begin_attempt(*hashes)
        stored = {part: store.password_hash(part.user_id) for part, store in stores.items()}
        matching = self._passwords.matching(old, list(stored.values()))
        if stored[acting] not in matching:
            raise ParameterError("The current password is not right.")
        self._succeed(*hashes)
        # One hash for all of them: so they go on being one password to who types it.
        hash = self._passwords.hash(new)
        for part, store in stores.items():
            if stored[part] in matching:
                store.set_password(
                    part.user_id,
                    hash,
                    action=AuditAction.PASSWORD_CHANGED,
                    must_change_password=False,
                    at=self._clock(),
                    by=Actor(name=user.email, user_id=part.user_id),
                    keep_session=part.hash,
                )
        return acting

    def _hashes(self, email: str, address: str) -> tuple[str, str]:
        account = hashed(self._key, "account", normal_email(email))
        return account, hashed(self._key, "address", address)

    def _begin_attempt(self, account: str, place: str) -> int:
        at = self._clock()
        limits = {account: PER_ACCOUNT, place: PER_ADDRESS}
        attempt = self._store.accounts.begin_attempt(limits, at)
        if attempt.blocked_until is not None:
            raise TooManyAttemptsError(math.ceil((attempt.blocked_until - at).total_seconds()))
        return attempt.failures[account]

    def _succeed(self, account: str, place: str) -> None:
        self._store.accounts.forget_attempts(account)
        self._store.accounts.undo_attempt(place)

    def _has_lapsed(self, account: Account) -> bool:
        if not account.must_change_password or account.password_set_at is None:
            return False
        return self._clock() - account.password_set_at > dt.timedelta(days=ONE_TIME_DAYS)

    def _bring_up_to_date(self, accounts: Sequence[Account], password: str) -> None:
        outdated = {
            account.password_hash
            for account in accounts
            if account.password_hash is not None
            and self._passwords.is_outdated(account.password_hash)
        }
        for before in outdated:
            after = self._passwords.hash(password)
            for account in accounts:
                if account.password_hash == before:
                    store = self._store.for_tenant_id(account.tenant_id)
                    store.replace_hash(account.user_id, before, after)
