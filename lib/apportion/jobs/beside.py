"""A worker beside the server: a process of its own, which ends with it and is started anew.

So the installation of one machine needs one command. The worker may crash, or be killed for its
memory, without taking a page with it; what it had begun, its successor takes over.
"""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("apportion.worker")

PAUSE_SECONDS = 3.0
"""Between a worker's end and the next one's start."""

GRACE_SECONDS = 3.0
"""How long its runs may go on when the server ends; then they wait for the next server."""


@contextmanager
def worker_beside(concurrency: int = 1) -> Iterator[None]:
    """Keep a worker at work for as long as the block lasts."""
    keeper = _Keeper(concurrency)
    keeper.start()
    try:
        yield
    finally:
        keeper.stop()


class _Keeper:
    def __init__(self, concurrency: int) -> None:
        self._command = [
            *(sys.executable, "-m", "apportion", "worker", "--with-parent"),
            *("--concurrency", str(concurrency), "--grace", str(GRACE_SECONDS)),
        ]
        self._over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()  # the worker sees it, and stops
        self._thread.join(timeout=GRACE_SECONDS + 30)
        if process is not None and process.poll() is None:
            process.kill()

    def _keep(self) -> None:
        while not self._over.is_set():
            # Its input stays open as long as this process lives, however it ends.
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
            )
            code = self._process.wait()
            if not self._over.is_set():
                log.error("the worker ended with code %s; another is started", code)
                self._over.wait(PAUSE_SECONDS)
