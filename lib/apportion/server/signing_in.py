"""The way in and out: sign-in by password, the choice of a company, signing out."""

import asyncio
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated

from apportion.errors import NotFoundError, NotSignedInError, TooManyAttemptsError
from apportion.server import cookies
from apportion.server.cookies import Cookie
from apportion.server.errors import STRICT_POLICY
from apportion.server.identity import member_of
from apportion.server.member_handler import OurHandler
from apportion.server.page_handler import begin
from apportion.server.redirects import safe_path, with_query
from apportion.server.templates import render
from apportion.workspace.accounts import SignedIn


class SignInHandler(OurHandler):
    """What the pages of signing in share."""

    def show(self, name: str, status: int = 200, **values: Any) -> None:
        """Write a page for whoever it is."""
        self.set_status(status)
        begin(self, STRICT_POLICY)
        self.finish(render(name, xsrf=self.xsrf_token.decode(), **values))

    def remember(self, signed_in: SignedIn) -> None:
        """Have the browser keep a session."""
        days = self.services.settings.session_days
        cookies.give(self, Cookie.SESSION, signed_in.session, days=days)

    def go_on(self, signed_in: SignedIn, wanted: str) -> None:
        """Send who has just signed in to the page they wanted, or to what comes before it."""
        self.remember(signed_in)
        if signed_in.member is None:
            self.redirect(with_query("/tenant", next=wanted), status=303)
        elif signed_in.member.must_change_password:
            self.redirect(with_query("/password", next=wanted), status=303)
        else:
            self.redirect(wanted, status=303)

    @property
    def user_agent(self) -> str:
        """What the browser calls itself."""
        agent: str = self.request.headers.get("User-Agent", "")
        return agent

    @property
    def address(self) -> str:
        """The network address that asks."""
        return self.request.remote_ip or ""


class LoginHandler(SignInHandler):
    """Sign-in by e-mail address and password."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Write the form, unless there is nothing to prove any more."""
        wanted = safe_path(self.get_query_argument("next", "/"))
        accounts = self.services.accounts
        if member_of(self) is not None:
            self.redirect(wanted)
        elif await asyncio.to_thread(_choices, self):
            self.redirect(with_query("/tenant", next=wanted))
        elif accounts.uses_proxy:
            self.show("no_access.html.j2", 403)
        else:
            self._show_form(wanted)

    @allow_unauthenticated
    async def post(self) -> None:
        """Sign in."""
        wanted = safe_path(self.field("next", "/"))
        email = self.field("email")
        try:
            signed_in = await asyncio.to_thread(
                self.services.accounts.sign_in,
                email,
                self.secret_field("password"),
                address=self.address,
                user_agent=self.user_agent,
                previous=self.session,
            )
        except NotSignedInError as error:
            self._show_form(wanted, 401, email=email, message=str(error))
        except TooManyAttemptsError as error:
            self.set_header("Retry-After", str(error.retry_after_seconds))
            self._show_form(wanted, 429, email=email, message=str(error))
        else:
            self.go_on(signed_in, wanted)

    def _show_form(
        self, wanted: str, status: int = 200, *, email: str = "", message: str = ""
    ) -> None:
        self.show(
            "login.html.j2",
            status,
            next=wanted,
            email=email,
            message=message,
            has_oidc=self.services.oidc is not None,
        )


class TenantHandler(SignInHandler):
    """The choice of a company, for who has accounts with several."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Write the companies that there are to choose."""
        wanted = safe_path(self.get_query_argument("next", "/"))
        choices = await asyncio.to_thread(_choices, self)
        if not choices:
            self.redirect(with_query("/login", next=wanted))
        else:
            member = member_of(self)
            current = "" if member is None else member.tenant.slug
            self.show("tenant.html.j2", next=wanted, choices=choices, current=current)

    @allow_unauthenticated
    async def post(self) -> None:
        """Act for a company from now on."""
        wanted = safe_path(self.field("next", "/"))
        slug = self.field("tenant")
        if self.services.accounts.uses_proxy:
            choices = await asyncio.to_thread(_choices, self)
            if slug not in {tenant.slug for tenant in choices}:
                raise NotFoundError(f"There is no tenant {slug!r}.")
            cookies.give(self, Cookie.TENANT, slug, days=365)
            self.redirect(wanted, status=303)
            return
        former = self.session or ""
        choose = self.services.accounts.choose_tenant
        signed_in = await asyncio.to_thread(choose, former, slug)
        kernels: Any = self.kernel_manager
        await kernels.end_those_of(former)
        self.go_on(signed_in, wanted)


class LogoutHandler(SignInHandler):
    """Signing out; by POST, so that no image and no link signs anybody out."""

    SUPPORTED_METHODS = ("POST",)

    @allow_unauthenticated
    async def post(self) -> None:
        """End the session, for every copy of its cookie, and the kernels it has."""
        if self.session is not None and not self.services.accounts.uses_proxy:
            await asyncio.to_thread(self.services.accounts.sign_out, self.session)
            kernels: Any = self.kernel_manager
            await kernels.end_those_of(self.session)
        cookies.take_back(self, Cookie.SESSION)
        self.redirect("/login", status=303)


def _choices(handler: OurHandler) -> tuple[Any, ...]:
    """Give the companies that whoever asks can choose."""
    accounts = handler.services.accounts
    if accounts.uses_proxy:
        header = handler.services.settings.proxy_header
        assertion = handler.request.headers.get(header, "")
        return tuple(member.tenant for member in accounts.members_of_proxy(assertion))
    return accounts.choices(handler.session or "")
