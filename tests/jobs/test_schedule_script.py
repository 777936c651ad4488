"""``scheduled/run.py``: what plain cron calls, and the worker beside a server."""

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from apportion.config import Settings
from apportion.results.runs import RunOrigin, RunStatus
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import open_workspace
from command import environment_of
from jobs.fleet import WORK, start, until, write_notebook

SCRIPT = Path(__file__).parents[2] / "scheduled" / "run.py"


@pytest.fixture
def settings(tmp_path):
    """One tenant with a notebook that is due every day."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    write_notebook(notebooks, "journeys", WORK)
    file = tmp_path / "schedule.toml"
    file.write_text('[[schedule]]\nname="daily"\nnotebook="journeys"\ncadence="0 0 * * *"\n')
    settings = Settings(_env_file=None, home=tmp_path / "home", notebooks=notebooks, schedules=file)
    migrate(settings)
    Store(settings.database_url).add_tenant("acme", name="Acme", currency="EUR", timezone="UTC")
    return settings


@pytest.mark.slow
def test_cron_starts_what_is_due_executes_it_and_ends(settings):
    acme = open_workspace("acme", settings=settings)
    acme.schedules.start_due(dt.datetime.now(dt.UTC) - dt.timedelta(days=7))

    environment = environment_of(settings, APPORTION_SCHEDULES=str(settings.schedules))
    done = subprocess.run([sys.executable, SCRIPT], env=environment, timeout=300, check=False)

    assert done.returncode == 0
    [run] = acme.runs.list()
    assert (run.status, run.origin) == (RunStatus.COMPLETED, RunOrigin.SCHEDULE)


@pytest.mark.slow
def test_the_worker_beside_a_server_runs_what_is_asked_for_and_ends_with_it(settings, tmp_path):
    acme = open_workspace("acme", settings=settings)
    run_id = acme.runs.request("journeys").id
    log = tmp_path / "log"

    server = start(settings, "serve", "--port", 0, log=log)
    try:
        until(lambda: acme.runs.get(run_id).status.has_ended, seconds=180)
        [worker] = [
            each
            for each in psutil.Process(server.pid).children(recursive=True)
            if "worker" in each.cmdline()[3:4]
        ]
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        until(lambda: not worker.is_running(), seconds=60)
    finally:
        server.kill()

    assert acme.runs.get(run_id).status is RunStatus.COMPLETED
