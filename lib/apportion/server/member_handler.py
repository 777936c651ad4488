"""What all handlers share that answer members: who asks, what they may, whose data it is."""

import asyncio
from typing import Any, ClassVar

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from apportion.results.accounts import Role, Via
from apportion.server.cookies import Cookie, read
from apportion.server.errors import ErrorPage
from apportion.server.identity import member_of
from apportion.server.redirects import with_query
from apportion.server.services import Services
from apportion.workspace import Workspace
from apportion.workspace.accounts import Member


class OurHandler(ErrorPage, JupyterHandler):
    """A handler of a page or a form of ours."""

    SUPPORTED_METHODS: tuple[str, ...] = ("GET", "POST")

    services: Services

    def initialize(self, services: Services) -> None:
        """Take what it works with."""
        self.services = services

    def set_cookie(self, name: str, *args: Any, **options: Any) -> None:
        """Set a cookie; one that Tornado sets for forms is as secure as the way here is."""
        if name == "_xsrf":
            options["secure"] = self.services.site.is_secure(self.request)
        super().set_cookie(name, *args, **options)

    def set_cors_headers(self) -> None:
        """Let no other origin read answers; Jupyter would, for whoever sends a token."""

    @property
    def session(self) -> str | None:
        """The text of the browser's session; None: it sent none."""
        return read(self, Cookie.SESSION)

    def field(self, name: str, default: str = "") -> str:
        """Give a field of the form that was sent."""
        return self.get_body_argument(name, default)

    def sent_field(self, name: str) -> str | None:
        """Give a field of the form that was sent; None: it was not there."""
        return self.get_body_argument(name, None)

    def secret_field(self, name: str) -> str:
        """Give a field exactly as it was typed."""
        return self.get_body_argument(name, "", strip=False)


class MemberHandler(OurHandler):
    """Answers people who are signed in; a token is for the API."""

    needs: ClassVar[Role] = Role.VIEWER
    """What somebody must at least be."""

    is_open_to_one_time_passwords: ClassVar[bool] = False

    member: Member
    workspace: Workspace
    companies: int
    """How many companies they may act for."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Settle who asks; whoever may not gets no further."""
        await super().prepare()
        if self._finished:
            return
        found = member_of(self)
        if found is None or found.via is Via.TOKEN:
            raise web.HTTPError(403)
        if not self.is_open_to_one_time_passwords:
            if found.must_change_password and self.request.method == "GET":
                self.redirect(with_query("/password", next=self.request.uri or "/"))
                return
            found.require(self.needs)
        self.member = found
        self.workspace, self.companies = await asyncio.to_thread(self._open, found)

    def _open(self, member: Member) -> tuple[Workspace, int]:
        accounts = self.services.accounts
        if accounts.uses_proxy:
            assertion = self.request.headers.get(self.services.settings.proxy_header, "")
            companies = len(accounts.members_of_proxy(assertion))
        else:
            companies = len(accounts.choices(self.session or ""))
        return self.services.workspaces.open(member.tenant.slug, member.acting), companies

    @property
    def proven_by(self) -> str | None:
        """The session that the member acts in; None: a proxy said who it is."""
        return None if self.services.accounts.uses_proxy else self.session
