"""Viewers without a browser: they load the page, open its channel and act, as the page does.

They fetch the page itself and none of its scripts, as a browser does that has been there before.
"""

import asyncio
import json
import re
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from html import escape
from typing import Any

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from serving.servers import Served

PATIENCE = 120.0
"""Seconds until a viewer gives up."""

KERNEL_PROTOCOL = "v1.kernel.websocket.jupyter.org"
KERNEL_ID = re.compile(rb'"kernelId": "([^"]+)"')
STREAMLIT_RERUN = b"\x5a\x00"
"""``BackMsg(rerun_script=ClientState())``: what Streamlit's page sends when it opens."""
STREAMLIT_FINISHED = 6
"""Number of the field of a ``ForwardMsg`` that says the script has finished."""


AsyncHTTPClient.configure(None, max_clients=1000)


class Viewer(ABC):
    """Somebody who looks at a page."""

    def __init__(self, served: Served, cookies: dict[str, str], figure: str) -> None:
        self._served = served
        self._cookies = cookies
        self._wanted = [escape(figure).encode(), figure.encode()]
        self._socket: WebSocketClientConnection | None = None
        self._received: asyncio.Queue[bytes | str | None] = asyncio.Queue()
        self.began = 0.0
        self.content: float | None = None
        """Seconds until the first key figure had arrived."""
        self.finished: float | None = None
        """Seconds until everything had arrived that the page draws."""

    @property
    def is_connected(self) -> bool:
        """Whether the page's connection is open."""
        return self._socket is not None and self._socket.close_code is None

    @property
    def close_code(self) -> int | None:
        """With which code the server has closed the connection."""
        return None if self._socket is None else self._socket.close_code

    def drop(self) -> None:
        """Lose the connection without a word, as a phone does that falls asleep."""
        if self._socket is not None:
            self._socket.close()

    async def closed(self) -> None:
        """Wait until the server has closed the connection."""
        async with asyncio.timeout(PATIENCE):
            while self.is_connected:
                await asyncio.sleep(0.1)

    async def open(self) -> None:
        """Load the page and wait until it is finished."""
        self.began = time.perf_counter()
        self.content = self.finished = None
        async with asyncio.timeout(PATIENCE):
            await self._open(await self._load())
        self.finished = time.perf_counter() - self.began

    async def act(self) -> float:
        """Do something that the server must answer; give how long that took."""
        began = time.perf_counter()
        async with asyncio.timeout(PATIENCE):
            await self._act()
        return time.perf_counter() - began

    async def leave(self) -> None:
        """Close the page."""
        self.drop()

    @abstractmethod
    async def _open(self, page: bytes) -> None:
        """Do what the loaded page does until it is finished."""

    @abstractmethod
    async def _act(self) -> None: ...

    async def _load(self) -> bytes:
        page = bytearray()

        def take(chunk: bytes) -> None:
            page.extend(chunk)
            self._look(page)

        await self._fetch(self._served.path, streaming_callback=take)
        return bytes(page)

    async def _fetch(self, path: str, *, raise_error: bool = True, **more: Any) -> Any:
        options = {"decompress_response": True, "request_timeout": PATIENCE}
        options |= {"connect_timeout": PATIENCE, **more}
        url = self._served.url + path
        request = HTTPRequest(url, headers=self._headers(), **options)
        return await AsyncHTTPClient().fetch(request, raise_error=raise_error)

    async def _connect(self, path: str, protocol: str) -> None:
        url = self._served.url.replace("http", "ws", 1) + path
        request = HTTPRequest(url, headers=self._headers(), request_timeout=PATIENCE)
        self._received = asyncio.Queue()
        self._socket = await websocket_connect(
            request,
            subprotocols=[protocol],
            compression_options={},
            on_message_callback=self._received.put_nowait,
        )

    async def _receive(self) -> bytes:
        message = await self._received.get()
        if message is None:
            raise ConnectionError(f"the connection was closed ({self.close_code})")
        data = message if isinstance(message, bytes) else message.encode()
        self._look(data)
        return data

    async def _send(self, data: bytes) -> None:
        if self._socket is None:
            raise ConnectionError("there is no connection")
        await self._socket.write_message(data, binary=True)

    def _look(self, data: bytes | bytearray) -> None:
        if self.content is None and any(text in data for text in self._wanted):
            self.content = time.perf_counter() - self.began

    def _headers(self) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {"Cookie": cookie} if cookie else {}


class KernelViewer(Viewer):
    """Looks at a page of Voilà's, ours or stock."""

    kernel_id = ""

    async def leave(self) -> None:
        """Close the page, which tells the server to end its kernel."""
        await super().leave()
        if self.kernel_id:
            await self._fetch(
                f"/voila/api/shutdown/{self.kernel_id}",
                method="POST",
                body=f"_xsrf={self._cookies.get('_xsrf', '')}",
                raise_error=self._served.kind.startswith("ours"),
            )

    async def kernel_status(self) -> int:
        """Give the status with which the server answers for the page's kernel."""
        answer = await self._fetch(f"/api/kernels/{self.kernel_id}", raise_error=False)
        return int(answer.code)

    async def _open(self, page: bytes) -> None:
        found = KERNEL_ID.search(page)
        if found is None:
            raise ConnectionError("the page names no kernel: it could not be prepared")
        self.kernel_id = found.group(1).decode()
        path = f"/api/kernels/{self.kernel_id}/channels?session_id={uuid.uuid4()}"
        await self._connect(path, KERNEL_PROTOCOL)
        await self._say("kernel_info_request", {})
        comm = uuid.uuid4().hex
        target = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
        await self._say("comm_open", target)
        ask = {"comm_id": comm, "data": {"method": "request_states"}}
        asked = await self._say("comm_msg", ask)
        states: dict[str, Any] = {}
        while not states:
            message = await self._hear(asked)
            states = message["content"].get("data", {}).get("states", {})
        self._model = next(iter(states))

    async def _act(self) -> None:
        """Ask a widget for its state: the way to the kernel and back that every event takes."""
        ask = {"comm_id": self._model, "data": {"method": "request_state"}}
        asked = await self._say("comm_msg", ask)
        while (await self._hear(asked))["header"]["msg_type"] != "comm_msg":
            pass

    async def _say(self, kind: str, content: dict[str, Any]) -> str:
        name = uuid.uuid4().hex
        header = {
            "msg_id": name,
            "msg_type": kind,
            "username": "viewer",
            "session": name,
            "date": "2026-01-01T00:00:00Z",
            "version": "5.3",
        }
        message = {
            "header": header,
            "parent_header": {},
            "metadata": {"version": "1.0.0"},  # of the widgets' control channel
            "content": content,
        }
        await self._send(serialize_msg_to_ws_v1(message, "shell", pack=_packed))
        return name

    async def _hear(self, parent: str) -> dict[str, Any]:
        """Wait for the next answer to a message of ours."""
        while True:
            _, parts = deserialize_msg_from_ws_v1(await self._receive())
            header, parent_header, _, content = (json.loads(part) for part in parts[:4])
            if parent_header.get("msg_id") == parent:
                return {"header": header, "content": content}


class StreamlitViewer(Viewer):
    """Looks at a page of Streamlit's."""

    async def _open(self, page: bytes) -> None:
        await self._connect("/_stcore/stream", "streamlit")
        await self._act()

    async def _act(self) -> None:
        """Have the page's script run, as every event does."""
        await self._send(STREAMLIT_RERUN)
        while STREAMLIT_FINISHED not in top_fields(await self._receive()):
            pass


def _packed(part: Any) -> bytes:
    return json.dumps(part).encode()


def top_fields(message: bytes) -> set[int]:
    """Give the numbers of the fields of a protobuf message, without what is in them."""
    fields, at = set(), 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    skip: dict[int, Callable[[], int]] = {0: lambda: number() * 0, 1: lambda: 8, 5: lambda: 4}
    while at < len(message):
        tag = number()
        fields.add(tag >> 3)
        size = number() if tag & 7 == 2 else skip[tag & 7]()
        at += size
    return fields
