"""The server's end of the zygote, the warm process from which kernels are forked.

An ordinary kernel imports for about two seconds before its first cell runs, a forked one is there
in some milliseconds. Both are equally safe, so the fork is never more than a short cut.
"""

import asyncio
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PRELOAD = (
    "apportion.server.kernel",
    "IPython.core.completerlib",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "anywidget",
    "bqplot",
    "ipywidgets",
    "pandas",
    "sqlalchemy.dialects.sqlite",
    "apportion.workspace",
    "apportion.views.incrementality",
    "apportion.views.insights",
    "apportion.views.journeys",
    "apportion.views.incrementality",
    "apportion.views.mmm",
)
"""What a dashboard imports."""

TRUSTED_FAILURES = 3
"""After so many deaths of the zygote it is not started again."""

FORK_SECONDS = 30.0
"""As long may a fork take; the first one waits for the zygote's own imports."""


class ZygoteError(Exception):
    """The zygote cannot fork; an ordinary kernel can still be started."""


class Zygote:
    """Starts, asks and ends the process that :mod:`apportion.server.zygote` is."""

    def __init__(
        self, environment: Mapping[str, str], folder: Path, preload: Sequence[str] = PRELOAD
    ) -> None:
        self._environment = {
            **environment,
            # Threads do not survive a fork.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "JE_ARROW_MALLOC_CONF": "background_thread:false",
        }
        self._folder = folder
        self._preload = preload
        self._lock = asyncio.Lock()
        self._failures = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """The process, if it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process, which imports while the caller goes on; not where it cannot fork."""
        if not hasattr(os, "pidfd_open") or self._failures >= TRUSTED_FAILURES:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._socket = ours
        self._process = subprocess.Popen(
            [
                *[sys.executable, "-m", "apportion.server.zygote", str(theirs.fileno())],
                *self._preload,
            ],
            pass_fds=[theirs.fileno()],
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the server's to handle
        )
        theirs.close()

    def stop(self) -> None:
        """End the process; kernels that it has forked end with it."""
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self._socket = self._process = None

    async def fork(
        self, connection_file: str, environment: Mapping[str, str], folder: str
    ) -> "ForkedProcess":
        """Fork a kernel for `connection_file`.

        Raises
        ------
        ZygoteError
            If there is no zygote or it does not answer; a new one is started for the next time.
        """
        request = {
            "connection_file": connection_file,
            "environment": dict(environment),
            "folder": folder,
        }
        async with self._lock:
            if self._socket is None:
                raise ZygoteError("there is none")
            try:
                return ForkedProcess(await self._ask(self._socket, json.dumps(request).encode()))
            except (OSError, TimeoutError) as error:
                self._failures += 1
                self.stop()
                self.start()
                raise ZygoteError(str(error) or type(error).__name__) from error

    @staticmethod
    async def _ask(connection: socket.socket, request: bytes) -> int:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(FORK_SECONDS):
            await loop.sock_sendall(connection, request)
            reply = await loop.sock_recv(connection, 64)
        if not reply:
            raise ConnectionResetError("it has ended")
        return int(reply)


class ForkedProcess:
    """What the provisioner needs of a ``Popen``, for a process that is not our child."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._descriptor = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Give 0 if it has ended, else None; how it ended is known to the zygote only."""
        if self.returncode is None and select.select([self._descriptor], [], [], 0)[0]:
            os.close(self._descriptor)
            self.returncode = 0
        return self.returncode

    def wait(self) -> int:
        """Wait until it has ended."""
        if self.returncode is None:
            select.select([self._descriptor], [], [])
        return self.poll() or 0

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._descriptor, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)
