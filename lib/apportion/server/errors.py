"""What is shown when something fails: what it means, and a reference that the log has too."""

import logging
import secrets
from types import TracebackType
from typing import Any

from tornado.web import RequestHandler

from apportion.errors import ApportionError
from apportion.server.templates import render

log = logging.getLogger("apportion.server")

STRICT_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of pages without scripts (interval bars have `style` attributes)."""

TITLES = {
    400: "This request cannot be understood",
    403: "You may not see this",
    404: "There is no such page",
    405: "This is not done that way",
    503: "The database cannot be reached",
}


def new_reference() -> str:
    """Give a reference for one failure."""
    return secrets.token_hex(4)


class ErrorPage(RequestHandler):
    """Answers an error with a page and a reference instead of a traceback."""

    def log_exception(self, *error: Any) -> None:
        """Leave it to `write_error`: Tornado's own line would hold the query."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write the page; the log gets the path without its query, and a bug's traceback."""
        reference = new_reference()
        error: tuple[type, BaseException, TracebackType] | None = kwargs.get("exc_info")
        log.log(
            logging.ERROR if status_code >= 500 else logging.WARNING,
            "reference %s: %s %s %s",
            reference,
            status_code,
            self.request.method,
            self.request.path,
            exc_info=error if status_code >= 500 else None,
        )
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", STRICT_POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        raised = error[1] if error else None
        self.finish(
            render(
                "error.html.j2",
                title=TITLES.get(status_code, "Something went wrong"),
                message=str(raised) if isinstance(raised, ApportionError) else "",
                code=status_code,
                reference=reference,
            )
        )
