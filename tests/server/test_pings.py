"""A page's connection stays as long as its browser is there, and ends when it is not."""

import socket
import time
import uuid

import pytest

from apportion.server.channels import PROTOCOL
from server.process import running

SECONDS = 1.0


@pytest.fixture(scope="module")
def pinging(installation, tmp_path_factory):
    """A server that looks every second whether browsers are there."""
    log = tmp_path_factory.mktemp("pings") / "log"
    with running(installation, log, ping_seconds=SECONDS) as started:
        yield started


def test_a_browser_that_answers_is_kept_beyond_several_pings(pinging):
    kernel = pinging.open_page()

    began = time.monotonic()
    pinging.talk(kernel, seconds=4 * SECONDS)

    assert time.monotonic() - began >= 4 * SECONDS
    assert "ping" not in pinging.log.read_text()


def test_a_browser_that_is_silent_is_let_go(pinging):
    kernel = pinging.open_page()
    address = f"/api/kernels/{kernel}/channels?session_id={uuid.uuid4()}"
    lines = [
        f"GET {address} HTTP/1.1",
        f"Host: 127.0.0.1:{pinging.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
        f"Sec-WebSocket-Protocol: {PROTOCOL}",
        f"Cookie: {pinging.cookie}",
    ]
    with socket.create_connection(("127.0.0.1", pinging.port), timeout=20) as silent:
        silent.sendall("\r\n".join([*lines, "", ""]).encode())
        received = silent.recv(4096)
        assert received.startswith(b"HTTP/1.1 101 ")

        while received:  # until the server closes it; else the timeout of the connection ends this
            received = silent.recv(4096)
