"""An ASGI application behind a Tornado route: one process, one port, one sign-in.

Who asks, and whether a write comes from our own pages, is settled by Jupyter's handler before the
application sees the request. The member travels in the scope, which is made here and holds nothing
of the request's but method, path, query, body and a few headers; credentials are not among them.
Bodies are held whole, in both directions: nothing streams.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from operator import attrgetter
from typing import Any
from urllib.parse import unquote

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from starlette.types import ASGIApp, Message
from tornado.web import HTTPError

from apportion.api.members import SCOPE_KEY
from apportion.api.problems import problem, unexpected

PASSED_ON = frozenset({"accept", "content-type", "if-none-match"})
"""Request headers that the application gets."""

MemberOf = Callable[[Any], object | None]


class ASGIHandler(JupyterHandler):
    """Gives every request below its route to an ASGI application."""

    SUPPORTED_METHODS = (
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "QUERY",
    )

    def initialize(self, app: ASGIApp, member_of: MemberOf = attrgetter("current_user")) -> None:
        """Take the application, and how to know a signed-in handler's member (None: nobody)."""
        self.app = app
        self.member_of = member_of
        self._left = asyncio.Event()

    def set_cors_headers(self) -> None:
        """Let no other origin read answers; Jupyter would, for whoever sends a token."""

    def check_xsrf_cookie(self) -> None:
        """Check writes of whoever is known; the application refuses the others itself."""
        if getattr(self, "_jupyter_current_user", None) is not None:
            super().check_xsrf_cookie()

    @allow_unauthenticated
    async def _serve(self, *_: object, **__: object) -> None:
        body = [self.request.body or b""]

        async def receive() -> Message:
            if body:
                return {"type": "http.request", "body": body.pop(), "more_body": False}
            await self._left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._begin(message)
            elif message.get("body"):
                self.write(message["body"])

        await self.app(self._scope(), receive, send)

    get = head = post = put = patch = delete = options = trace = query = _serve

    def on_connection_close(self) -> None:
        """Tell the application that nobody waits any longer."""
        super().on_connection_close()
        self._left.set()

    def _scope(self) -> dict[str, Any]:
        request = self.request
        size = str(len(request.body or b""))
        headers = [("content-length", size), *request.headers.get_all()]
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.protocol,
            "path": unquote(request.path),
            "raw_path": request.path.encode("latin-1", "replace"),
            "root_path": "",
            "query_string": request.query.encode("latin-1", "replace"),
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
                for name, value in headers
                if name == "content-length" or name.lower() in PASSED_ON
            ],
            "client": None,
            "server": None,
            "state": {},
            SCOPE_KEY: self.member_of(self),
        }

    def _begin(self, message: Message) -> None:
        self.set_status(message["status"])
        self.clear_header("Content-Type")
        for name, value in message["headers"]:
            # Tornado counts for itself, except where it sees no body.
            if name.lower() != b"content-length" or self.request.method == "HEAD":
                self.set_header(name.decode("latin-1"), value.decode("latin-1"))

    def log_exception(self, *error: Any) -> None:
        """Leave it to `write_error`: Tornado's own line would hold the query."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer what Tornado or Jupyter refuses as the application answers its own refusals."""
        raised = kwargs.get("exc_info", (None, None, None))[1]
        if raised is not None and not isinstance(raised, HTTPError):
            request = self.request
            answer = unexpected({"method": request.method, "path": request.path}, raised)
        elif self.request.method not in self.SUPPORTED_METHODS:
            answer = problem(HTTPStatus.NOT_IMPLEMENTED)
        else:
            answer = problem(status_code)
        self._begin({"status": answer.status_code, "headers": answer.raw_headers})
        self.finish(bytes(answer.body))
