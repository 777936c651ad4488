"""Who is asking: the one place that says so.

There is no sign-in yet. The server is bound to loopback and serves one tenant, named when it was
started, so everyone who reaches it is that tenant's local member. The tenant never comes from the
request.
"""

from dataclasses import dataclass
from typing import Any

from jupyter_server.auth import Authorizer, IdentityProvider, User
from tornado.web import RequestHandler
from traitlets import Unicode


@dataclass
class Member(User):
    """A person, bound to one tenant (the tenant's slug)."""

    tenant: str = ""


class LocalIdentity(IdentityProvider):
    """Everyone who reaches this server is the local member of `tenant`."""

    tenant = Unicode(help="Slug of the tenant that the server was started for.").tag(config=True)

    auth_enabled = True
    token = Unicode("", help="No Jupyter token, whatever the surroundings say.")

    def get_user(self, handler: RequestHandler) -> Member | None:
        """Give the local member; nobody when the server was started without a tenant."""
        return Member(username="local", name="Local", tenant=self.tenant) if self.tenant else None


class OwnKernelOnly(Authorizer):
    """A member may use a kernel that was started for that member, and nothing else of Jupyter."""

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        """Whether `user` owns the kernel that the address names."""
        kernel_id = handler.path_kwargs.get("kernel_id")
        owner = handler.settings["kernel_manager"].owner(kernel_id)
        return resource == "kernels" and owner is not None and owner == user.username
