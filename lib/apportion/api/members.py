"""Who asks: handed in by the server in the ASGI scope, where no request can write."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from starlette.types import Scope

from apportion.errors import NotSignedInError
from apportion.results.accounts import Role
from apportion.workspace.accounts import Member

SCOPE_KEY = "member"
SIGN_IN = "Sign in, or send a token as `Authorization: Bearer TOKEN`."


def member_in(scope: Scope) -> Member | None:
    """Give whoever asks; None: nobody is signed in."""
    member: Member | None = scope.get(SCOPE_KEY)
    return member


def at_least(role: Role) -> Callable[[Request], Member]:
    """Give a dependency: the member, if they may do what `role` may."""

    def member(request: Request) -> Member:
        found = member_in(request.scope)
        if found is None:
            raise NotSignedInError(SIGN_IN)
        found.require(role)
        return found

    return member


Viewer = Annotated[Member, Depends(at_least(Role.VIEWER))]
Analyst = Annotated[Member, Depends(at_least(Role.ANALYST))]
