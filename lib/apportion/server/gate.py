"""Which requests are answered at all, before any route is looked at.

A server is reachable from every web site that its users open. Two doors are shut:

- *DNS rebinding*: a foreign name that suddenly points to this server makes a foreign page "same
  origin". The ``Host`` header must be a loopback name or the public one.
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
from apportion.server.site import Site


def is_welcome(request: HTTPServerRequest, site: Site) -> bool:
    """Whether the request names this server and comes from our own pages or the address bar."""
    if not site.knows(request.host_name):
        return False
    came_from = request.headers.get("Sec-Fetch-Site", "none")
    if came_from in ("same-origin", "none"):
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
        if not is_welcome(request, self.settings["site"]):
            return self.get_handler_delegate(request, Refused)
        return cast("Any", super().find_handler(request, **kwargs))
