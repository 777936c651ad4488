"""What is no request: the server's start and end, and sockets, of which there are none."""

import asyncio

import pytest

from apportion.api import create_app


def talk(scope, *messages):
    """Send the messages; give the types of what comes back."""
    incoming, got = list(messages), []

    async def receive():
        return {"type": incoming.pop(0)}

    async def send(message):
        got.append(message["type"])

    asyncio.run(create_app(lambda _: None)(scope, receive, send))
    return got


def test_the_application_starts_and_ends():
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}

    assert talk(scope, "lifespan.startup", "lifespan.shutdown") == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


@pytest.mark.parametrize("path", ["/", "/api/admin/attribution/mmm"])
def test_a_socket_is_refused(path):
    scope = {"type": "websocket", "path": path, "headers": [], "query_string": b""}

    assert talk(scope, "websocket.connect") == ["websocket.close"]
