"""The server's own cookies: none can be read by a script or sent along by another site's form.

Over HTTPS their names begin with ``__Host-``: browsers then refuse one that a neighbouring name of
the same domain, or an unencrypted page, tries to plant.

References
----------
.. [1] RFC 6265bis, section 4.1.3.2
"""

from enum import StrEnum

from tornado.web import RequestHandler

from apportion.server.site import Site


class Cookie(StrEnum):
    """What is remembered in a browser."""

    SESSION = "apportion_session"
    TENANT = "apportion_tenant"
    """Behind a proxy: which of their companies somebody has chosen; it proves nothing."""
    OIDC = "apportion_oidc"
    """A sign-in at the identity provider that was begun; signed."""


def read(handler: RequestHandler, cookie: Cookie) -> str | None:
    """Give a cookie's text; None: the browser sent none."""
    return handler.get_cookie(_name(handler, cookie)) or None


def give(handler: RequestHandler, cookie: Cookie, text: str, *, days: float) -> None:
    """Have the browser keep `text`."""
    handler.set_cookie(
        _name(handler, cookie),
        text,
        path="/",
        max_age=round(days * 86400),
        httponly=True,
        samesite="Lax",
        secure=_site(handler).is_secure(handler.request),
    )


def take_back(handler: RequestHandler, cookie: Cookie) -> None:
    """Have the browser forget a cookie."""
    is_secure = _site(handler).is_secure(handler.request)
    handler.clear_cookie(_name(handler, cookie), path="/", secure=is_secure)


def _name(handler: RequestHandler, cookie: Cookie) -> str:
    return f"__Host-{cookie}" if _site(handler).is_secure(handler.request) else str(cookie)


def _site(handler: RequestHandler) -> Site:
    site: Site = handler.settings["site"]
    return site
