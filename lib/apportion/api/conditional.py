"""Conditional reads: what has not changed is not sent again; and HEAD, a GET without its body."""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READS = ("GET", "HEAD")


class Conditional:
    """Gives every successful read an ETag, and 304 to whoever has it already."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["method"] not in READS:
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def gathered(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await _send_read(scope, start, bytes(body), send)

        await self.app({**scope, "method": "GET"}, receive, gathered)


async def _send_read(scope: Scope, start: Message, body: bytes, send: Send) -> None:
    if start["status"] == 200:
        headers = MutableHeaders(raw=start["headers"])
        headers["ETag"] = etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers["Cache-Control"] = "private, no-cache"
        headers["Vary"] = "Authorization, Cookie"
        if _has(Headers(scope=scope).get("If-None-Match", ""), etag):
            start["status"], body = 304, b""
            del headers["Content-Length"], headers["Content-Type"]
    await send(start)
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _has(condition: str, etag: str) -> bool:
    known = {each.strip().removeprefix("W/") for each in condition.split(",")}
    return bool(known & {etag, "*"})
