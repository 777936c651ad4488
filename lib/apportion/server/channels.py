"""How a page talks to its kernel: widgets' messages over one WebSocket, and nothing else."""

import json
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado import web

from apportion.server.errors import ErrorPage
from apportion.server.identity import owns_kernel

PROTOCOL = "v1.kernel.websocket.jupyter.org"

PING_SECONDS = 30.0
"""How often it is looked whether the browser is still there, and how long it may take to say so."""

SHOWN_TO_PAGES = frozenset(
    {
        "clear_output",
        "comm_close",
        "comm_info_reply",
        "comm_msg",
        "comm_open",
        "display_data",
        "kernel_info_reply",
        "status",
        "update_display_data",
    }
)
"""What a kernel may say to its page: no source, no printed text, no traceback."""


class KernelSocket(KernelWebsocketHandler):
    """The page's connection to its own kernel.

    Which messages go in is decided by the kernel manager's `allowed_message_types`, which reads
    the header of protocol v1. The older protocol is refused: Voilà 0.5.13 reads its binary
    messages as v1 and loops for ever on some.
    """

    async def get(self, kernel_id: str) -> None:
        """Open the connection."""
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in [name.strip() for name in offered.split(",")]:
            raise web.HTTPError(400)
        await super().get(kernel_id=kernel_id)

    def get_websocket_protocol(self) -> Any:
        """Have Tornado look whether the browser is still there.

        Jupyter would (``ws_ping_interval``), but gives up on whoever has not answered when the
        first ping is due: with a timeout as short as the interval, on everybody.
        """
        protocol: Any = super().get_websocket_protocol()
        if protocol is not None:
            protocol.params.ping_interval = protocol.params.ping_timeout = PING_SECONDS
        return protocol

    async def open(self, kernel_id: str) -> None:
        """Connect, and end with the kernel."""
        manager: Any = self.kernel_manager
        manager.add_socket(kernel_id, self)
        await super().open(kernel_id)

    def on_close(self) -> None:
        """Let the connection go."""
        manager: Any = self.kernel_manager
        manager.drop_socket(self.kernel_id, self)
        super().on_close()

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Send what pages may see; an error in a callback belongs in the log (see `kernel`)."""
        if isinstance(message, bytes) and message_type(message) in SHOWN_TO_PAGES:
            return super().write_message(message, binary)
        return None


class KernelHandler(ErrorPage, JupyterHandler):
    """Answers scripts of our own pages: who is not signed in is told so, and sent nowhere."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse who is not signed in."""
        await super().prepare(_redirect_to_login=False)

    def set_cors_headers(self) -> None:
        """Let no other origin read answers; Jupyter would, for whoever sends a token."""


class KernelState(KernelHandler):
    """Whether the page's kernel lives."""

    SUPPORTED_METHODS = ("GET",)

    def get(self, kernel_id: str) -> None:
        """Write the kernel's model; another member's kernel is not there."""
        check_owner(self)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(self.kernel_manager.kernel_model(kernel_id), default=str))


class KernelEnd(KernelHandler):
    """Where a page says that it is being left, so that its kernel can end."""

    SUPPORTED_METHODS = ("POST",)

    async def post(self, kernel_id: str) -> None:
        """End the kernel."""
        check_owner(self)
        manager: Any = self.kernel_manager
        manager.drop_sockets(kernel_id)  # the page's own: it closes it, or is gone
        await manager.shutdown_kernel(kernel_id, now=True)
        self.set_status(204)


def check_owner(handler: JupyterHandler) -> None:
    """Refuse a kernel that is not the asking member's, as if it did not exist."""
    if not owns_kernel(handler, handler.current_user):
        raise web.HTTPError(404)


def message_type(message: bytes) -> str | None:
    """Give the type of a message in protocol v1; None if it cannot be read.

    A message begins with the number of offsets and the offsets, 8 bytes each, little-endian. The
    header lies between the second and the third offset.
    """
    count = int.from_bytes(message[:8], "little")
    if count < 3 or 8 * (count + 1) > len(message):
        return None
    begin = int.from_bytes(message[16:24], "little")
    end = int.from_bytes(message[24:32], "little")
    try:
        header = json.loads(message[begin:end])
    except ValueError:
        return None
    kind = header.get("msg_type") if isinstance(header, dict) else None
    return kind if isinstance(kind, str) else None
