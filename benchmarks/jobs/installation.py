"""An installation of its own: a database, tenants, short notebooks, workers as processes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # the private PostgreSQL server of the tests

from apportion.config import Settings  # noqa: E402
from apportion.jobs import queue_database  # noqa: E402
from apportion.store import Store  # noqa: E402
from apportion.store.migrations import migrate  # noqa: E402
from postgres import OWNER, SERVING, Server, private_server  # noqa: E402

PARAMETERS = """\
tenant: str = None  # whose data
number: int = 0  # tells runs apart
seconds: float = 0.0  # how long it takes
refresh: bool = False  # make it anew
"""
SHORT = "import time\ntime.sleep(seconds)"
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


def write_notebook(folder: Path, name: str, *cells: str) -> None:
    """Write a notebook of the given cells behind a cell of parameters."""
    parameters = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    code = [nbformat.v4.new_code_cell(text) for text in cells]
    notebook = nbformat.v4.new_notebook(cells=[parameters, *code])
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["kernelspec"] = kernel
    nbformat.write(notebook, folder / f"{name}.ipynb")


@contextmanager
def installation(
    database: str, home: Path, *, tenants: int, training: bool = False
) -> Iterator[tuple[Settings, Server | None]]:
    """Give an installation with so many tenants; the notebooks are short, or the product's."""
    notebooks = home / "notebooks"
    notebooks.mkdir(parents=True)
    if training:
        shutil.copy(ROOT / "notebooks" / "mmm.ipynb", notebooks)
    else:
        write_notebook(notebooks, "mmm", STORING)
        for name in ("journeys", "incrementality", "ai_insights"):
            write_notebook(notebooks, name, SHORT)
    values = {"home": home, "notebooks": notebooks, "run_retry_seconds": 0.2}
    values["schedules"] = home / "none.toml"
    if database == "sqlite":
        settings = Settings(_env_file=None, **values)
        _fill(settings, tenants)
        yield settings, None
        return
    with private_server() as server, server.database("jobs") as name:
        settings = Settings(
            _env_file=None,
            database_url=server.url(SERVING, name),
            migration_url=server.url(OWNER, name),
            **values,
        )
        _fill(settings, tenants)
        yield settings, server


def _fill(settings: Settings, tenants: int) -> None:
    migrate(settings)
    queue_database.prepare(settings)
    store = Store(settings.database_url)
    for number in range(tenants):
        slug = f"tenant-{number:02}"
        store.add_tenant(slug, name=slug, currency="EUR", timezone="UTC")
    store.close()


def start(settings: Settings, *arguments: object, log: Path) -> "subprocess.Popen[bytes]":
    """Start `apportion ARGUMENTS` on this installation."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("APPORTION_")}
    environment = {
        **ours,
        "APPORTION_HOME": str(settings.home),
        "APPORTION_DATABASE_URL": settings.database_url,
        "APPORTION_MIGRATION_URL": settings.migration_url,
        "APPORTION_NOTEBOOKS": str(settings.notebooks),
        "APPORTION_SCHEDULES": str(settings.schedules),
        "APPORTION_RUN_RETRY_SECONDS": str(settings.run_retry_seconds),
    }
    with log.open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "apportion", *map(str, arguments)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )


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
