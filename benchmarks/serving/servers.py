"""The servers that are compared: ours, stock Voilà and Streamlit, each in a process of its own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from serving.installation import Installation

HERE = Path(__file__).parent
PATH = "/admin/attribution/mmm"
STARTS_WITHIN = 60.0
MEGABYTE = 1e6


@dataclass(frozen=True)
class Served:
    """A server that accepts connections."""

    kind: str
    url: str
    path: str
    process: psutil.Process
    log: Path

    def tree(self) -> list[psutil.Process]:
        """Give the server's process and all that come from it."""
        return [self.process, *self.process.children(recursive=True)]

    def memory(self) -> float:
        """Give the tree's memory in MB, what processes share counted once (PSS)."""
        return sum(map(_pss, self.tree())) / MEGABYTE

    def processor(self) -> float:
        """Give the processor time that the tree has used, in seconds: the same at any load."""
        return sum(map(_processor, self.tree()))


@contextmanager
def ours(
    installation: Installation,
    *,
    is_forked: bool = True,
    kernel_settings: dict[str, Any] | None = None,
) -> Iterator[Served]:
    """Start our server; `is_forked` false: without a zygote."""
    task = {
        "settings": installation.settings.model_dump(mode="json", exclude_defaults=True),
        "is_forked": is_forked,
        "kernel_settings": kernel_settings or {},
    }
    command = [sys.executable, str(HERE / "ours.py"), json.dumps(task)]
    with _started("ours" if is_forked else "ours, cold", command, PATH) as served:
        if is_forked:
            _wait_for_zygote(served)
        yield served


@contextmanager
def stock_voila(installation: Installation) -> Iterator[Served]:
    """Start Voilà as it comes, on our own notebook: the same charts, the same widgets."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(installation.settings.notebooks / "mmm.ipynb", folder)
        port = free_port()
        command = [
            *[sys.executable, "-m", "voila", "mmm.ipynb", "--no-browser", f"--port={port}"],
            "--Voila.ip=127.0.0.1",
        ]
        environment = installation.settings.environment(tenant=installation.tenant)
        # its kernelspec says "python"
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        with _started("stock Voilà", command, "/", port, environment, folder) as served:
            yield served


@contextmanager
def streamlit(installation: Installation, python: str) -> Iterator[Served]:
    """Start Streamlit on a page with the same charts; `python` is one that has it."""
    port = free_port()
    command = [
        *[python, "-m", "streamlit", "run", str(HERE / "streamlit_page.py")],
        *["--server.port", str(port), "--server.address", "127.0.0.1"],
        *["--server.headless", "true", "--server.fileWatcherType", "none"],
        *["--browser.gatherUsageStats", "false", "--", str(installation.results)],
    ]
    # Another Python must not find this one's packages.
    with _started("Streamlit", command, "/", port, {"PYTHONPATH": ""}) as served:
        yield served


def free_port() -> int:
    """Give a port that is free now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _started(
    kind: str,
    command: Sequence[str],
    path: str,
    port: int | None = None,
    environment: dict[str, str] | None = None,
    folder: str | None = None,
) -> Iterator[Served]:
    """Start a server and wait until it accepts; without a `port` it prints its address."""
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        popen = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            stdout=subprocess.PIPE if port is None else log,
            stderr=log,
            text=True,
        )
        try:
            if port is None:
                assert popen.stdout is not None
                url = popen.stdout.readline().strip().rstrip("/")
            else:
                url = f"http://127.0.0.1:{port}"
                _wait_for_port(port, popen)
            if not url or popen.poll() is not None:
                raise RuntimeError(f"{kind} did not start:\n{Path(log.name).read_text()}")
            yield Served(kind, url, path, psutil.Process(popen.pid), Path(log.name))
        finally:
            family = [popen, *psutil.Process(popen.pid).children(recursive=True)]
            popen.terminate()
            try:
                popen.wait(30)
            except subprocess.TimeoutExpired:
                popen.kill()
            for left in family[1:]:  # Streamlit has none; Voilà's kernels may outlive it
                if left.is_running():
                    left.kill()


def _wait_for_port(port: int, popen: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < end and popen.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)


def _wait_for_zygote(served: Served) -> None:
    """Wait until the zygote has imported, that is until it stops using the processor."""
    zygote = zygote_of(served)
    used = -1.0
    while (now := sum(zygote.cpu_times()[:2])) != used:
        used = now
        time.sleep(1.0)


def zygote_of(served: Served) -> psutil.Process:
    """Give our server's zygote."""
    return next(
        child for child in served.process.children() if "apportion.server.zygote" in child.cmdline()
    )


def _pss(process: psutil.Process) -> int:
    """Give a process's share of memory in bytes; it may have ended meanwhile."""
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _processor(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
