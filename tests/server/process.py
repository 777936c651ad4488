"""A server in a process of its own, as `apportion serve` runs it, and ways to talk to it."""

import asyncio
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from apportion.config import Settings
from apportion.server.channels import PING_SECONDS, PROTOCOL

PRELOAD = ("apportion.server.kernel", "ipywidgets", "bqplot")
"""A zygote that is ready soon."""

PASSWORD = "quartz umbrella lagoon"
"""Of everybody in the tests."""

PATIENCE = 30.0
"""Seconds for what must come, on a machine that does other things too."""

MMM = "/admin/attribution/mmm"


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes
    given: list[str] = field(default_factory=list)
    """The cookies that were set, as the headers say."""

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class RunningServer:
    """A server that accepts connections."""

    url: str
    popen: "subprocess.Popen[str]"
    log: Path
    cookies: dict[str, str] = field(default_factory=dict)
    """Of whoever this stands for; empty: nobody is signed in."""
    authorization: str = ""
    """What a program sends on every request."""

    @property
    def port(self) -> int:
        [bound] = {
            found.laddr.port
            for found in psutil.Process(self.popen.pid).net_connections("tcp")
            if found.status == psutil.CONN_LISTEN
        }
        return int(bound)

    def anonymous(self) -> "RunningServer":
        """The same server for a browser that has never been there."""
        return replace(self, cookies={}, authorization="")

    def copy(self) -> "RunningServer":
        """The same browser's cookies in another place, as somebody who copied them has them."""
        return replace(self, cookies=dict(self.cookies))

    def signed_in(self, email: str, password: str = PASSWORD) -> "RunningServer":
        """The same server for somebody who signs in."""
        visitor = self.anonymous()
        answer = visitor.sign_in(email, password)
        assert answer.status == 303, answer.text
        return visitor

    def sign_in(self, email: str, password: str = PASSWORD, **more: str) -> Answer:
        """Send the form of the sign-in page."""
        self.get("/login")
        return self.post("/login", email=email, password=password, **more)

    @property
    def cookie(self) -> str:
        """The header of this browser."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    @property
    def xsrf(self) -> str:
        """What a form of a page of ours repeats."""
        return self.cookies.get("_xsrf", "")

    def request(self, method: str, path: str, body: str | bytes = "", **headers: str) -> Answer:
        """Send a request whose path is left as it is, dots included; keep the cookies it sets."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            named.setdefault("Cookie", self.cookie)
        if self.authorization:
            named.setdefault("Authorization", self.authorization)
        connection.request(method, path, body or None, named)
        answer = connection.getresponse()
        given = answer.headers.get_all("Set-Cookie") or []
        found = Answer(
            answer.status,
            {k.lower(): v for k, v in answer.getheaders()},
            answer.read(),
            given,
        )
        connection.close()
        for cookie in given:
            name, _, value = cookie.partition(";")[0].partition("=")
            if value.strip('"'):
                self.cookies[name] = value.strip('"')
            else:
                self.cookies.pop(name, None)
        return found

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form as a page of ours does."""
        fields.setdefault("_xsrf", self.xsrf)
        kind = "application/x-www-form-urlencoded"
        return self.request("POST", path, urlencode(fields), Content_Type=kind)

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, **headers)

    def open_page(self, path: str = MMM, **headers: str) -> str:
        """Open a page and give its kernel's id."""
        found = re.search(r'"kernelId": "([^"]+)"', self.get(path, **headers).text)
        assert found, self.log.read_text()
        return found.group(1)

    def kernel_status(self, kernel_id: str) -> int:
        return self.get(f"/api/kernels/{kernel_id}").status

    def talk(
        self,
        kernel_id: str,
        *messages: tuple[str, dict[str, Any]],
        channel: str = "shell",
        protocols: tuple[str, ...] = (PROTOCOL,),
        seconds: float = 1.5,
        until: Callable[[dict[str, Any]], Any] | None = None,
        **headers: str,
    ) -> list[dict[str, Any]] | int:
        """Send messages as a page does; give what comes back, or the status of a refusal.

        It listens until nothing came for `seconds`; with `until`, until a message is that one,
        however busy the machine is.
        """
        if until is not None:
            seconds = PATIENCE
        return asyncio.run(
            self._talk(kernel_id, messages, channel, protocols, seconds, until, headers)
        )

    async def _talk(self, kernel_id, messages, channel, protocols, seconds, until, headers):
        if self.cookies:
            headers = {"Cookie": self.cookie, **headers}
        if self.authorization:
            headers = {"Authorization": self.authorization, **headers}
        address = f"ws://127.0.0.1:{self.port}/api/kernels/{kernel_id}/channels"
        request = HTTPRequest(
            f"{address}?session_id={uuid.uuid4()}", headers=headers, connect_timeout=30
        )
        try:
            socket = await websocket_connect(request, subprotocols=list(protocols) or None)
        except HTTPClientError as refused:
            return refused.code
        for kind, content in messages:
            await socket.write_message(packed(channel, kind, content), binary=True)
        got = []
        try:
            while (message := await asyncio.wait_for(socket.read_message(), seconds)) is not None:
                got.append(unpacked(message))
                if until is not None and until(got[-1]):
                    break
        except TimeoutError:
            pass
        socket.close()
        return got

    def talk_until_closed(self, kernel_id: str, act: Any, seconds: float = 15) -> int | None:
        """Connect as a page does, then act; give the code with which the server closes."""

        async def wait() -> int | None:
            address = f"ws://127.0.0.1:{self.port}/api/kernels/{kernel_id}/channels"
            request = HTTPRequest(
                f"{address}?session_id={uuid.uuid4()}", headers={"Cookie": self.cookie}
            )
            socket = await websocket_connect(request, subprotocols=[PROTOCOL])
            await asyncio.to_thread(act)
            async with asyncio.timeout(seconds):
                while await socket.read_message() is not None:
                    pass
            return socket.close_code

        return asyncio.run(wait())

    def widget_states(self, kernel_id: str) -> list[dict[str, Any]]:
        """Ask for the state of all widgets, as a page does when it connects."""
        comm = uuid.uuid4().hex
        target = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
        ask = {"comm_id": comm, "data": {"method": "request_states"}}
        got = self.talk(kernel_id, ("comm_open", target), ("comm_msg", ask), until=states_in)
        assert isinstance(got, list), got
        return [widget["state"] for widget in states_in(got[-1]).values()]

    def environment(self, kernel_id: str) -> dict[str, str]:
        """Give the environment that the test notebook shows of its kernel."""
        for state in self.widget_states(kernel_id):
            if state.get("description") == "environment":
                shown: dict[str, str] = json.loads(state["value"])
                return shown
        raise AssertionError("the page shows no environment")

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.popen.pid).children(recursive=True)

    def zygote(self) -> psutil.Process:
        return next(
            child
            for child in psutil.Process(self.popen.pid).children()
            if "apportion.server.zygote" in child.cmdline()
        )

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.popen.send_signal(number)
        return self.popen.wait(30)


@contextmanager
def running(
    settings: Settings,
    log: Path,
    who: str | None = "ann@acme.example",
    ping_seconds: float = PING_SECONDS,
    **options: Any,
) -> Iterator[Any]:
    """Start a server for `who` is signed in, and end it; `options` are those of ``serve_apps``."""
    task = {
        "ping_seconds": ping_seconds,
        "settings": settings.model_dump(mode="json", exclude_defaults=True),
        "options": {
            "host": "127.0.0.1",
            "port": 0,
            "preload": PRELOAD,
            **options,
        },
    }
    with log.open("w") as stderr:
        popen = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("child.py")), json.dumps(task)],
            env={**os.environ, "APPORTION_CLAUDE_API_KEY": "planted-secret", "PLANTED": "planted"},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        assert popen.stdout is not None
        url = popen.stdout.readline().strip()
        assert url, log.read_text()
        server = RunningServer(url, popen, log)
        yield server if who is None else server.signed_in(who)
    finally:
        if popen.poll() is None:
            popen.terminate()
            popen.wait(30)


def packed(channel: str, kind: str, content: dict[str, Any]) -> bytes:
    """Pack a message as protocol v1 has it."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": kind,
        "username": "page",
        "session": uuid.uuid4().hex,
        "date": "2026-01-01T00:00:00Z",
        "version": "5.3",
    }
    parts = [channel.encode()]
    parts += [json.dumps(part).encode() for part in (header, {}, {"version": "1.0.0"}, content)]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    numbers = [len(offsets), *offsets]
    return b"".join([*(number.to_bytes(8, "little") for number in numbers), *parts])


def unpacked(message: bytes) -> dict[str, Any]:
    """Give type and content of a message of protocol v1."""
    count = int.from_bytes(message[:8], "little")
    offsets = [int.from_bytes(message[8 * k : 8 * k + 8], "little") for k in range(1, count + 1)]
    parts = [message[a:b] for a, b in pairwise(offsets)]
    return {"type": json.loads(parts[1])["msg_type"], "content": json.loads(parts[4])}


def states_in(message: dict[str, Any]) -> dict[str, Any]:
    """Give the widgets' states in a message, by comm; empty: it holds none."""
    found: dict[str, Any] = message["content"].get("data", {}).get("states", {})
    return found


def wait_until(is_so: Any, seconds: float = PATIENCE) -> bool:
    """Wait until `is_so()` holds; give whether it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.1)
    return bool(is_so())
