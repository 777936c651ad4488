"""Sign-in at the company's identity provider: to it, and back from it."""

import asyncio

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado import web

from apportion.errors import NotSignedInError
from apportion.server import cookies
from apportion.server.cookies import Cookie
from apportion.server.redirects import safe_path
from apportion.server.signing_in import SignInHandler
from apportion.workspace.accounts.oidc import OidcSignIn

BEGIN_PATH = "/login/oidc/begin"
_DAYS = 10 / (24 * 60)


class OidcHandler(SignInHandler):
    """What both ways share."""

    SUPPORTED_METHODS = ("GET",)

    @property
    def oidc(self) -> OidcSignIn:
        """The provider; where none is configured the address does not exist."""
        if self.services.oidc is None:
            raise web.HTTPError(404)
        return self.services.oidc


class OidcBeginHandler(OidcHandler):
    """Sends the browser to the provider."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Remember in the browser what was begun, and go."""
        wanted = safe_path(self.get_query_argument("next", "/"))
        begun = await asyncio.to_thread(self.oidc.begin, wanted)
        cookies.give(self, Cookie.OIDC, begun.state, days=_DAYS)
        self.set_header("Cache-Control", "no-store")
        self.redirect(begun.url)


class OidcCallbackHandler(OidcHandler):
    """Where the provider sends the browser back to."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Sign in whom the provider has verified."""
        state = cookies.read(self, Cookie.OIDC) or ""
        cookies.take_back(self, Cookie.OIDC)
        query = self.request.query_arguments
        parameters = {name: self.get_query_argument(name, "") for name in query}
        try:
            finished = await asyncio.to_thread(self.oidc.finish, parameters, state)
            signed_in = await asyncio.to_thread(
                self.services.accounts.sign_in_verified,
                finished.email,
                user_agent=self.user_agent,
                previous=self.session,
            )
        except NotSignedInError as error:
            self.show("login.html.j2", 401, next="/", email="", message=str(error), has_oidc=True)
        else:
            self.go_on(signed_in, safe_path(finished.next_page))
