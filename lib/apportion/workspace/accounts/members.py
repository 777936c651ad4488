"""From a credential that was looked up to the member it stands for."""

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from apportion.errors import NotFoundError
from apportion.results.accounts import Role, Token, User, Via
from apportion.store import Store, TenantStore
from apportion.workspace.accounts.credentials import hash_of, public_id, tenant_of_token
from apportion.workspace.accounts.member import Member

SEEN_EVERY = dt.timedelta(minutes=1)
"""How often, at most, the use of a session or token is written down."""


class Members:
    """Members of all tenants, by what they have proved.

    Parameters
    ----------
    store : Store
    clock : callable
        The current instant, in UTC.
    """

    def __init__(self, store: Store, clock: Callable[[], dt.datetime]) -> None:
        self._store = store
        self._clock = clock

    def of_user(
        self, tenant_id: UUID, user_id: str, *, via: Via, credential: str = ""
    ) -> Member | None:
        """Give a user as a member; None: they are gone, or disabled.

        Parameters
        ----------
        tenant_id, user_id
            Whose account.
        via : Via
        credential : str
            The hash of the session, if there is one.
        """
        try:
            store = self._store.for_tenant_id(tenant_id)
            user = store.user(user_id)
        except NotFoundError:
            return None  # removed since it was looked up
        if user.disabled_at is not None:
            return None
        return Member(
            user_id=user.id,
            email=user.email,
            name=user.name or user.email,
            tenant=store.tenant,
            role=user.role,
            via=via,
            credential_id=public_id(credential),
            # Who did not sign in by the one-time password need not change it.
            must_change_password=user.must_change_password and via is Via.PASSWORD,
        )

    def of_token(self, text: str) -> Member | None:
        """Give whom an API token stands for; None: it is not good (any more)."""
        tenant_id = tenant_of_token(text)
        if tenant_id is None:
            return None
        try:
            store = self._store.for_tenant_id(tenant_id)
            token = store.token_with_hash(hash_of(text))
            if token is None or not _is_good(token, self._clock()):
                return None
            maker = None if token.created_by is None else store.user(token.created_by)
        except NotFoundError:
            return None  # there is no such tenant, or the maker has just been removed
        if maker is not None and maker.disabled_at is not None:
            return None
        self._see(store, token)
        return Member(
            user_id=token.created_by,
            email="" if maker is None else maker.email,
            name=token.name,
            tenant=store.tenant,
            role=_lower(token, maker),
            via=Via.TOKEN,
            credential_id=token.id,
        )

    def _see(self, store: TenantStore, token: Token) -> None:
        at = self._clock()
        if token.last_used_at is None or at - token.last_used_at >= SEEN_EVERY:
            store.see_token(token.id, at)


def _is_good(token: Token, at: dt.datetime) -> bool:
    has_expired = token.expires_at is not None and token.expires_at <= at
    return token.revoked_at is None and not has_expired


def _lower(token: Token, maker: User | None) -> Role:
    """Give the role of the token or of its maker: nobody keeps a role by a token."""
    if maker is None or maker.role.includes(token.role):
        return token.role
    return maker.role
