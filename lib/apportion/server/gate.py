"""Which requests are answered at all, before any route is looked at.

A server on loopback is still reachable from every web site that its user opens. Two doors are shut:

- *DNS rebinding*: a foreign name that suddenly points to 127.0.0.1 makes a foreign page "same
  origin". The ``Host`` header must be a loopback name.
- *Cross-site requests*: a foreign page may not embed ours, open our sockets or start kernels by
  loading our addresses as images. Browsers say where a request comes from (``Sec-Fetch-Site``);
  from another site only a plain navigation is let through, as a link or a bookmark makes it.

References
----------
.. [1] W3C, Fetch Metadata Request Headers, https://www.w3.org/TR/fetch-metadata/
"""

from typing import Any, cast

from tornado.httputil import HTTPServerRequest
from tornado.web import Application, RequestHandler

from apportion.server.errors import ErrorPage

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


def is_welcome(request: HTTPServerRequest) -> bool:
    """Whether the request names this machine and comes from our own pages or the address bar."""
    if request.host_name not in LOOPBACK_NAMES:
        return False
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site in ("same-origin", "none"):
        return True
    return (
        request.method == "GET"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") == "document"
    )


class Refused(ErrorPage, RequestHandler):
    """What everybody else gets."""

    def prepare(self) -> None:
        """Refuse, whatever was asked."""
        self.send_error(403)


class GuardedApplication(Application):
    """A Tornado application that looks at the request before its route."""

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        """Give the handler of the route, or a refusal."""
        if not is_welcome(request):
            return self.get_handler_delegate(request, Refused)
        return cast("Any", super().find_handler(request, **kwargs))
