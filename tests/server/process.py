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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from apportion.config import Settings
from apportion.server.channels import PROTOCOL

PRELOAD = ("apportion.server.kernel", "ipywidgets", "bqplot")
"""A zygote that is ready soon."""

START_SECONDS = 60
MMM = "/admin/attribution/mmm"


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class RunningServer:
    """A server that accepts connections."""

    url: str
    popen: "subprocess.Popen[str]"
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rpartition(":")[2])

    def request(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        """Send a request whose path is left as it is, dots included."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, named)
        answer = connection.getresponse()
        found = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        connection.close()
        return found

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
        **headers: str,
    ) -> list[dict[str, Any]] | int:
        """Send messages as a page does; give what comes back, or the status of a refusal."""
        return asyncio.run(self._talk(kernel_id, messages, channel, protocols, seconds, headers))

    async def _talk(self, kernel_id, messages, channel, protocols, seconds, headers):
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
        except TimeoutError:
            pass
        socket.close()
        return got

    def widget_states(self, kernel_id: str) -> list[dict[str, Any]]:
        """Ask for the state of all widgets, as a page does when it connects."""
        comm = uuid.uuid4().hex
        target = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
        ask = {"comm_id": comm, "data": {"method": "request_states"}}
        got = self.talk(kernel_id, ("comm_open", target), ("comm_msg", ask))
        for message in got if isinstance(got, list) else []:
            states = message["content"].get("data", {}).get("states", {})
            if states:
                return [widget["state"] for widget in states.values()]
        raise AssertionError(got)

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
def running(settings: Settings, log: Path, tenant: str = "acme", **options: Any) -> Iterator[Any]:
    """Start a server and end it; `options` are those of ``serve_apps``."""
    task = {
        "settings": {
            "home": str(settings.home),
            "database_url": settings.database_url,
            "notebooks": str(settings.notebooks),
        },
        "options": {
            "tenant": tenant,
            "host": "127.0.0.1",
            "port": 0,
            "preload": PRELOAD,
            **options,
        },
    }
    with log.open("w") as stderr:
        popen = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("child.py")), json.dumps(task)],
            env={**os.environ, "APPORTION_SECRET_KEY": "planted-secret", "PLANTED": "planted"},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        assert popen.stdout is not None
        url = popen.stdout.readline().strip()
        assert url, log.read_text()
        yield RunningServer(url, popen, log)
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


def wait_until(is_so: Any, seconds: float = 15.0) -> bool:
    """Wait until `is_so()` holds; give whether it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.1)
    return bool(is_so())
