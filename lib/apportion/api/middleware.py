"""What every request passes before its route is looked at, as plain ASGI."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apportion.api.members import SIGN_IN, member_in
from apportion.api.problems import problem, unexpected

OPENAPI = "/api/openapi.json"
SECURITY_HEADERS = ((b"x-content-type-options", b"nosniff"),)


class Failures:
    """Answers an exception that nobody expected; nothing is thrown at the server."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message["headers"], *SECURITY_HEADERS]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            answer = unexpected(scope, error)
            if begun:  # the status is sent: the connection can only be broken off
                raise
            await answer(scope, receive, watched)


class SignedIn:
    """Refuses whoever is not known, whatever they ask but the description of the API."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if member_in(scope) is None and scope["path"] != OPENAPI:
            answer = problem(401, SIGN_IN, headers={"WWW-Authenticate": "Bearer"})
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class BodyLimit:
    """Stops reading a body that is longer than `limit` bytes."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.limit:
                raise HTTPException(413, f"A body may have {self.limit:,} bytes at most.")
            return message

        await self.app(scope, counted, send)
