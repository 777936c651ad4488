"""The process from which kernels are forked: ``python -m apportion.server.zygote FD MODULE...``.

It imports the modules, which are what every dashboard imports, and opens no socket, thread, engine
or client of its own. Then it forks a kernel for each request that comes over the socket `FD`. The
environment, and with it the tenant, arrives with the request: before that, the process knows no
tenant and no database. It ends when the server closes the socket, and its kernels end with it.
"""

import gc
import importlib
import json
import os
import random
import signal
import socket
import sys
from pathlib import Path

FORBIDDEN = ("pymc", "pytensor", "nutpie", "numba")
"""The sampler: seconds and hundreds of megabytes that showing a stored result needs not."""


def main(descriptor: int, modules: list[str]) -> None:
    """Import, then fork a kernel per request until the server is gone."""
    for module in modules:
        importlib.import_module(module)
    _check_forkable()
    gc.collect()
    gc.freeze()  # the collector must not touch, and so copy, the pages that are shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended kernels are reaped at once
    requests = socket.socket(fileno=descriptor)
    parent = os.getpid()
    while message := requests.recv(1 << 20):
        pid = os.fork()
        if pid == 0:
            requests.close()
            _become_kernel(json.loads(message), parent)
        requests.send(str(pid).encode())


def _check_forkable() -> None:
    """Refuse to fork what a fork would break: then the server starts ordinary kernels."""
    loaded = [name for name in FORBIDDEN if name in sys.modules]
    if loaded:
        raise SystemExit(f"The zygote has loaded {loaded}: a view imports the sampler.")
    tasks = Path("/proc/self/task")
    threads = len(list(tasks.iterdir())) if tasks.is_dir() else 1
    if threads > 1:
        raise SystemExit(f"The zygote has {threads} threads; only one survives a fork.")


def _become_kernel(request: dict[str, object], parent: int) -> None:
    from apportion.config import get_settings
    from apportion.server.kernel import run_kernel

    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.environ.clear()
        os.environ.update(request["environment"])  # type: ignore[call-overload]
        os.chdir(str(request["folder"]))
        sys.path[0] = ""
        get_settings.cache_clear()
        random.seed()
        if "numpy" in sys.modules:  # its global generator would repeat in every kernel
            sys.modules["numpy"].random.seed()
        run_kernel(str(request["connection_file"]), parent=parent)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
