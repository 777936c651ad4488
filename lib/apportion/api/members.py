"""Who asks: handed in by the server in the ASGI scope, where no request can write."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Protocol

from fastapi import Depends, HTTPException, Request
from starlette.types import Scope

from apportion.results.tenants import Tenant

SCOPE_KEY = "member"
SIGN_IN = "Sign in, or send a token as `Authorization: Bearer TOKEN`."


class Role(StrEnum):
    """What a member may do; each may also do what the ones before it may."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    ADMIN = "admin"


_RANK = {role.value: rank for rank, role in enumerate(Role)}


class Member(Protocol):
    """A person or a token, bound to one tenant."""

    @property
    def user(self) -> object:
        """The account's id."""

    @property
    def tenant(self) -> Tenant:
        """Whose data may be seen."""

    @property
    def role(self) -> str:
        """A :class:`Role`'s value."""

    @property
    def via(self) -> object:
        """How they signed in: a session, or which token."""


def member_in(scope: Scope) -> Member | None:
    """Give whoever asks; None: nobody is signed in."""
    member: Member | None = scope.get(SCOPE_KEY)
    return member


def at_least(role: Role) -> Callable[[Request], Member]:
    """Give a dependency: the member, if their role is `role` or one that may do more."""

    def member(request: Request) -> Member:
        found = member_in(request.scope)
        if found is None:
            raise HTTPException(401, SIGN_IN)
        if _RANK.get(found.role, -1) < _RANK[role]:
            raise HTTPException(
                403, f"This needs the role {role.value}; yours is {found.role or 'none'}."
            )
        return found

    return member


Viewer = Annotated[Member, Depends(at_least(Role.VIEWER))]
