"""The Messages API on loopback, as the production client meets it: one scripted step a request."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAMES = {
    400: "invalid_request_error",
    401: "authentication_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


def message(text: str | None, stop: str = "end_turn", content: list | None = None) -> str:
    """Give the body of a message."""
    blocks = [] if text is None else [{"type": "text", "text": text}]
    return json.dumps(
        {
            "id": "msg_fake",
            "type": "message",
            "role": "assistant",
            "model": "claude-fake-1",
            "content": blocks if content is None else content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {
                "input_tokens": 900,
                "output_tokens": 200,
                "cache_read_input_tokens": 0,
                "cache_creation_input_tokens": 0,
            },
        }
    )


@dataclass(frozen=True)
class Step:
    """What one request is answered with."""

    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    cut_at: int | None = None
    media_type: str = "application/json"


def failed(status: int, **headers: str) -> Step:
    """Give an error as the service words it."""
    error = {"type": NAMES.get(status, "api_error"), "message": "fake"}
    body = json.dumps({"type": "error", "error": error})
    return Step(body, status, {name.replace("_", "-"): text for name, text in headers.items()})


@dataclass
class FakeClaude:
    """A service with its script; it keeps what it was sent."""

    url: str
    steps: list[Step] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def fake_claude() -> Iterator[FakeClaude]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            fake.bodies.append(json.loads(self.rfile.read(size)))
            fake.headers.append({name.lower(): value for name, value in self.headers.items()})
            step = fake.steps.pop(0) if fake.steps else failed(500)
            if step.hangs:
                fake.released.wait(30)
                self.close_connection = True
                return
            body = step.body.encode()
            self.send_response(step.status)
            self.send_header("content-type", step.media_type)
            self.send_header("content-length", str(len(body)))
            for name, value in step.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body if step.cut_at is None else body[: step.cut_at])
            if step.cut_at is not None:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake = FakeClaude(f"http://127.0.0.1:{server.server_port}")
    # Whoever stops it waits for the end of its sleep, which is half a second by default.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.released.set()
        server.shutdown()
        server.server_close()
