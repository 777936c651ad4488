"""Workers in processes of their own, as `apportion worker` runs them, and notebooks for them."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil

from apportion.config import Settings
from command import environment_of

PARAMETERS = """\
tenant: str = None  # whose data
number: int = 0  # tells runs apart
seconds: float = 0.0  # how long it takes
refresh: bool = False  # make it anew
"""
WORK = """\
import os, pathlib, time
mark = pathlib.Path(os.environ["APPORTION_HOME"], "marks", f"{tenant}-{number}")
mark.mkdir(parents=True, exist_ok=True)
(mark / str(os.getpid())).touch()
time.sleep(seconds)
"""
"""Leaves a file per start, named by the kernel's process."""

STORING = """\
import time
from apportion.config import get_settings
from apportion.results.mmm import MMMResults, ModelStatus
from apportion.store import Store

settings = get_settings()
store, run = Store(settings.database_url).for_tenant(tenant), settings.run_id
if store.model_of_run(run) is None:
    model = store.start_model(channels=["meta"], start=None, end=None, run_id=run)
    time.sleep(seconds)
    made = MMMResults(model_id="", version=0, status=ModelStatus.COMPLETED, currency="EUR")
    store.complete_model(model.model_id, made, b"posterior")
"""
"""Stores a model version in the steps of a training, with a sleep where the sampler is."""


def write_notebook(folder: Path, name: str, *cells: str, parameters: str = PARAMETERS) -> None:
    """Write a notebook of the given cells behind a cell of parameters."""
    given = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    code = [nbformat.v4.new_code_cell(text) for text in cells]
    notebook = nbformat.v4.new_notebook(cells=[given, *code])
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(notebook, folder / f"{name}.ipynb")


def start(settings: Settings, *arguments: object, log: Path) -> "subprocess.Popen[bytes]":
    """Start `apportion ARGUMENTS` on this installation; what it says is in `log`."""
    with log.open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "apportion", *map(str, arguments)],
            env=environment_of(
                settings,
                APPORTION_RUN_RETRY_SECONDS=str(settings.run_retry_seconds),
                APPORTION_RUN_MINUTES=str(settings.run_minutes),
                APPORTION_RUN_MEMORY_MB=str(settings.run_memory_mb),
                APPORTION_SCHEDULES=str(settings.schedules),
            ),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )


@contextmanager
def worker(settings: Settings, *options: object, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Keep a worker for the block; what it says is in `log`."""
    process = start(settings, "worker", *options, log=log)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(is_so: Callable[[], object], *, seconds: float = 90.0) -> float:
    """Wait until something is so, and give how long it took."""
    begun = time.monotonic()
    while not is_so():
        if time.monotonic() - begun > seconds:
            raise TimeoutError(f"not within {seconds} seconds: {is_so}")
        time.sleep(0.1)
    return time.monotonic() - begun


def starts(settings: Settings, tenant: str, number: int) -> list[int]:
    """Give the process ids of every start of a run of :data:`WORK`."""
    folder = settings.home / "marks" / f"{tenant}-{number}"
    return [int(path.name) for path in folder.iterdir()] if folder.is_dir() else []


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def family(pid: int) -> list[psutil.Process]:
    """Give everything that a process started, and what that started."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def is_kernel(process: psutil.Process) -> bool:
    """Whether this is the kernel of a run."""
    try:
        return "ipykernel_launcher" in " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False
