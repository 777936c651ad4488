"""Who is asking: the one place that says so.

Everything in a request that can prove it goes to :class:`apportion.workspace.accounts.Accounts`,
which looks the tenant up with the proof. Nothing else in a request says anything about it.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from jupyter_server.auth import Authorizer, IdentityProvider, User
from tornado.web import RequestHandler
from traitlets import Unicode

from apportion.results.accounts import Via
from apportion.server import cookies
from apportion.server.cookies import Cookie
from apportion.server.services import Services
from apportion.workspace.accounts import Member


@dataclass
class Visitor(User):
    """A member as Jupyter's handlers know one."""

    member: Member | None = None
    """Never None: Jupyter's class has fields with defaults before it."""


class MemberIdentity(IdentityProvider):
    """Session, API token, or a proxy's word; nobody is let in without one of them."""

    auth_enabled = True
    token = Unicode("", help="No Jupyter token, whatever the surroundings say.")

    async def get_user(self, handler: RequestHandler) -> Visitor | None:
        """Give who sent the request; None: nobody known."""
        services: Services = handler.settings["services"]
        headers = handler.request.headers
        member = await asyncio.to_thread(
            services.accounts.identify,
            session=cookies.read(handler, Cookie.SESSION),
            authorization=headers.get("Authorization"),
            assertion=headers.get(services.settings.proxy_header),
            tenant=cookies.read(handler, Cookie.TENANT),
        )
        # Jupyter asks no proof from a write that is signed in by a token.
        handler._token_authenticated = (  # type: ignore[attr-defined]
            member is not None and not member.needs_xsrf_token
        )
        if member is None:
            return None
        return Visitor(username=member.id, name=member.name, member=member)


class OwnKernelOnly(Authorizer):
    """A member may use a kernel that was started for that member, and nothing else of Jupyter."""

    def is_authorized(self, handler: Any, user: User | None, action: str, resource: str) -> bool:
        """Whether `user` owns the kernel that the address names."""
        return resource == "kernels" and owns_kernel(handler, user)


def member_of(handler: Any) -> Member | None:
    """Give the member who sent a handler's request; None: nobody known."""
    return handler.current_user.member if isinstance(handler.current_user, Visitor) else None


def owns_kernel(handler: Any, user: User | None) -> bool:
    """Whether the kernel in a handler's address was started for `user`."""
    member = user.member if isinstance(user, Visitor) else None
    if member is None or member.via is Via.TOKEN or member.must_change_password:
        return False
    kernel_id = handler.path_kwargs.get("kernel_id")
    return bool(handler.settings["kernel_manager"].owner(kernel_id) == member.id)
