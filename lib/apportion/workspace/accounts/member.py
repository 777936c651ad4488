"""Who is asking, on behalf of which tenant, and what they may do."""

from dataclasses import dataclass

from apportion.errors import ForbiddenError
from apportion.results.accounts import ActingMember, Actor, Role, Via
from apportion.results.tenants import Tenant
from apportion.store import role_too_low


@dataclass(frozen=True)
class Member:
    """Somebody who has proved who they are; made by :class:`Accounts` only.

    The tenant was looked up with the credential. It is never taken from what a request says.
    """

    user_id: str | None
    """None: a token that was made on the command line."""
    email: str
    """Empty for such a token."""
    name: str
    """What to call them; the token's name for a token."""
    tenant: Tenant
    role: Role
    via: Via
    credential_id: str
    """Of the session or the token, to tell two apart; no secret."""
    must_change_password: bool = False
    """True: nothing is open to them but choosing another password."""

    @property
    def id(self) -> str:
        """One text per member and tenant: owns kernels, counts towards limits."""
        if self.via is Via.TOKEN:
            return f"{self.tenant.slug}/token/{self.credential_id}"
        return f"{self.tenant.slug}/user/{self.user_id}"

    @property
    def actor(self) -> Actor:
        """How the audit trail names them."""
        if self.via is Via.TOKEN:
            return Actor(name=f"token {self.name}", user_id=self.user_id)
        return Actor(name=self.email, user_id=self.user_id)

    @property
    def acting(self) -> ActingMember:
        """What a workspace is told of them."""
        id = self.user_id or self.credential_id
        return ActingMember(id=id, name=self.actor.name, role=self.role)

    @property
    def needs_xsrf_token(self) -> bool:
        """Whether a browser sends the credential by itself, so that a write needs a proof."""
        return self.via is not Via.TOKEN

    def require(self, role: Role) -> None:
        """Do nothing if they may do what `role` may.

        Raises
        ------
        ForbiddenError
            If their role is too low, or their password is a one-time one.
        """
        if self.must_change_password:
            raise ForbiddenError("Your password is a one-time password. Choose your own first.")
        if not self.role.includes(role):
            raise role_too_low(role, self.role, self.tenant)
