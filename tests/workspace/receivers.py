"""Receivers of alerts and traces on this machine: an HTTP server and a mail server."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Received:
    """What a receiver got, and what it answers."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def http_receiver(context: ssl.SSLContext | None = None) -> Iterator[Received]:
    """Run an HTTP server that keeps what is posted to it."""
    received = Received()
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            received.got.append((self.path, dict(self.headers), self.rfile.read(length)))
            done.wait(received.wait)
            self.send_response(received.status)
            for name, value in received.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    received.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield received
    finally:
        done.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Mailbox:
    """What a mail server took: envelopes with their text."""

    port: int = 0
    refuses: bool = False
    got: list[tuple[str, str, str]] = field(default_factory=list)


@contextmanager
def mail_receiver() -> Iterator[Mailbox]:
    """Run a mail server (RFC 5321, no extensions) that keeps what it is given."""
    mailbox = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 here")
            sender = to = ""
            while line := self.rfile.readline().decode().strip():
                verb = line.upper()
                if verb.startswith("MAIL FROM:"):
                    sender = line.partition(":")[2].split()[0].strip("<>")
                    self._say("250 ok")
                elif verb.startswith("RCPT TO:"):
                    to = line.partition(":")[2].strip("<> ")
                    self._say("550 no such mailbox" if mailbox.refuses else "250 ok")
                elif verb == "DATA":
                    self._say("354 go on")
                    text = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        text += part
                    mailbox.got.append((sender, to, text.decode()))
                    self._say("250 taken")
                else:
                    self._say("221 bye" if verb == "QUIT" else "250 ok")

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        mailbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield mailbox
        finally:
            server.shutdown()
            thread.join()
