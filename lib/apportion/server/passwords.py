"""The page on which somebody changes their password."""

import asyncio
from typing import Any

from apportion.errors import ParameterError, TooManyAttemptsError
from apportion.server import cookies
from apportion.server.cookies import Cookie
from apportion.server.errors import STRICT_POLICY
from apportion.server.page_handler import PageHandler
from apportion.server.pages import PASSWORD
from apportion.server.redirects import safe_path


class PasswordHandler(PageHandler):
    """Asks for the password so far and for another; a one-time password opens this page only."""

    is_open_to_one_time_passwords = True

    async def get(self) -> None:
        """Write the form."""
        self._show(safe_path(self.get_query_argument("next", "/")))

    async def post(self) -> None:
        """Change it; every other session of the account ends."""
        wanted = safe_path(self.field("next", "/"))
        new = self.secret_field("new_password")
        if new != self.secret_field("new_password_again"):
            self._show(wanted, 422, "The two new passwords differ. Type the same one twice.")
            return
        former = self.session or ""
        try:
            signed_in = await asyncio.to_thread(
                self.services.accounts.change_password,
                former,
                self.secret_field("password"),
                new,
                address=self.request.remote_ip or "",
            )
        except ParameterError as error:
            self._show(wanted, 422, str(error))
        except TooManyAttemptsError as error:
            self.set_header("Retry-After", str(error.retry_after_seconds))
            self._show(wanted, 429, str(error))
        else:
            kernels: Any = self.kernel_manager
            await kernels.end_those_of(former)
            days = self.services.settings.session_days
            cookies.give(self, Cookie.SESSION, signed_in.session, days=days)
            self.redirect(wanted, status=303)

    def _show(self, wanted: str, status: int = 200, message: str = "") -> None:
        self.set_status(status)
        self.begin(STRICT_POLICY)
        must = self.member.must_change_password
        self.finish(
            self.render_page("password.html.j2", PASSWORD, next=wanted, message=message, must=must)
        )
