"""A Tornado server with an ASGI application behind the bridge, and somebody signed in."""

import asyncio
from dataclasses import dataclass

import httpx
from jupyter_server.auth import IdentityProvider, User
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from apportion.server.asgi import ASGIHandler


@dataclass
class SignedIn(User):
    """A user of Jupyter's who carries the member."""

    member: object = None


class ByHeader(IdentityProvider):
    """Whoever sends `Cookie: session=known`, or a token, is the member."""

    member: object = None

    def get_user(self, handler):
        known = handler.get_cookie("session") == "known" or self.is_token_authenticated(handler)
        return SignedIn(username="anna", member=self.member) if known else None

    def is_token_authenticated(self, handler):
        return handler.request.headers.get("Authorization") == "Bearer known"


XSRF = {"X-XSRFToken": "planted"}
"""What a page sends along with a write."""


class Served:
    """An application behind the bridge, on a port of its own for each request."""

    def __init__(self, app, member):
        self.app = app
        self.provider = ByHeader()
        self.provider.member = member

    def request(self, method, path, *, session="known", **options):
        return self.many([(method, path, options)], session)[0]

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def many(self, requests, session="known"):
        return asyncio.run(self._many(requests, session))

    async def _many(self, requests, session):
        arguments = {"app": self.app, "member_of": lambda handler: _member(handler.current_user)}
        application = Application(
            [(r"/.*", ASGIHandler, arguments)],
            identity_provider=self.provider,
            xsrf_cookies=True,
            base_url="/",
            compress_response=True,
        )
        sockets = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(application, max_body_size=1 << 20)
        server.add_sockets(sockets)
        url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        cookies = {"session": session, "_xsrf": "planted"}
        async with httpx.AsyncClient(base_url=url, cookies=cookies, timeout=30) as client:
            asked = [client.request(method, path, **rest) for method, path, rest in requests]
            answers = await asyncio.gather(*asked)
        server.stop()
        await server.close_all_connections()
        return answers


def _member(user):
    return user.member if user else None
