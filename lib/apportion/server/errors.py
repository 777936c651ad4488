"""What is shown when something fails: what it means, and a reference that the log has too."""

import logging
import secrets
from types import TracebackType
from typing import Any

from tornado.web import RequestHandler

from apportion.errors import (
    ApportionError,
    ConfigurationError,
    ConflictError,
    DataError,
    ForbiddenError,
    NotFoundError,
    NotSignedInError,
    ParameterError,
    TooManyAttemptsError,
)
from apportion.server.templates import render

log = logging.getLogger("apportion.server")

STRICT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Content-Security-Policy of our own pages (interval bars have `style` attributes)."""

TITLES = {
    400: "This request cannot be understood",
    401: "You are not signed in",
    403: "You may not see this",
    404: "There is no such page",
    405: "This is not done that way",
    409: "This cannot be done now",
    413: "This is too large",
    422: "This cannot be done",
    429: "Too many attempts",
    503: "The database cannot be reached",
}

STATUSES: tuple[tuple[type[ApportionError], int], ...] = (
    (NotFoundError, 404),
    (NotSignedInError, 401),
    (ForbiddenError, 403),
    (ConflictError, 409),
    (TooManyAttemptsError, 429),
    (ParameterError, 422),
    (DataError, 422),
    (ConfigurationError, 503),
)
"""What each error raised on purpose is answered with."""


def new_reference() -> str:
    """Give a reference for one failure."""
    return secrets.token_hex(4)


def status_of(error: BaseException | None, otherwise: int) -> int:
    """Give the status that an error raised on purpose is answered with."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), otherwise)


class ErrorPage(RequestHandler):
    """Answers an error with a page and a reference instead of a traceback."""

    def log_exception(self, *error: Any) -> None:
        """Leave it to `write_error`: Tornado's own line would hold the query."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write the page; the log gets the path without its query, and a bug's traceback."""
        reference = new_reference()
        error: tuple[type, BaseException, TracebackType] | None = kwargs.get("exc_info")
        raised = error[1] if error else None
        status_code = status_of(raised, status_code)
        self.set_status(status_code)
        if isinstance(raised, TooManyAttemptsError):
            self.set_header("Retry-After", str(raised.retry_after_seconds))
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
        self.finish(
            render(
                "error.html.j2",
                title=TITLES.get(status_code, "Something went wrong"),
                # What a setting or the database is called is the operator's to read, in the log.
                message=str(raised)
                if isinstance(raised, ApportionError) and status_code < 500
                else "",
                code=status_code,
                reference=reference,
            )
        )
