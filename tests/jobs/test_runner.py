"""Runs: what is refused before anything starts, what is recorded, what survives a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from apportion.errors import NotFoundError, ParameterError, RunFailedError
from apportion.jobs.runner import run_notebook
from apportion.results.runs import RunStatus
from apportion.workspace import open_workspace


def _printed(run):
    cells = nbformat.read(run.output_path, as_version=4).cells
    return "".join(
        output.text for cell in cells for output in cell.get("outputs", []) if "text" in output
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weks": "4"}, "no parameter 'weks'.*Did you mean 'weeks'"),
        ({"weeks": "four"}, "weeks must be int; found 'four'"),
        ({"share": "half"}, "share must be float; found 'half'"),
        ({"quick": "maybe"}, "quick must be bool; found 'maybe'"),
        ({"tenant": "other"}, "'tenant' is set by the run itself"),
        ({"refresh": "true"}, "'refresh' is set by the run itself"),
    ],
    ids=["unknown", "not a number", "not a fraction", "not a flag", "tenant", "refresh"],
)
def test_wrong_parameters_are_refused_and_nothing_is_recorded(
    workspace, write_notebook, parameters, message
):
    write_notebook("mmm", "print(weeks)")

    with pytest.raises(ParameterError, match=message):
        run_notebook(workspace, "mmm", parameters)

    assert workspace.runs.list() == []


def test_unknown_notebook_is_refused_with_those_there_are(workspace, write_notebook):
    write_notebook("mmm", "1")

    with pytest.raises(NotFoundError, match=r"no notebook '\.\./mmm'; there is mmm"):
        run_notebook(workspace, "../mmm")


def test_run_executes_the_notebook_with_its_parameters(workspace, write_notebook):
    write_notebook("mmm", "print(tenant, weeks, share, quick, refresh)")

    run = run_notebook(workspace, "mmm", {"weeks": "8", "share": "0.25", "quick": "true"})

    assert run.status is RunStatus.COMPLETED
    assert _printed(run) == "acme 8 0.25 True True\n"
    assert run.parameters == {"weeks": 8, "share": 0.25, "quick": True}
    assert workspace.runs.list() == [run]


def test_run_sees_only_what_it_needs_of_the_surroundings(workspace, write_notebook, monkeypatch):
    monkeypatch.setenv("DEPLOY_PASSWORD", "s3cret")
    write_notebook("mmm", "import os\nprint('DEPLOY_PASSWORD' in os.environ)")

    assert _printed(run_notebook(workspace, "mmm")) == "False\n"


def test_notebook_reports_its_progress_to_the_caller(workspace, write_notebook):
    write_notebook(
        "mmm",
        "import time\n"
        "from apportion.config import get_settings\n"
        "from apportion.workspace import open_workspace\n"
        "open_workspace(tenant).runs.report(get_settings().run_id, 0.5, 'halfway')\n"
        "time.sleep(1)",
    )
    seen = []

    run_notebook(workspace, "mmm", on_progress=lambda *news: seen.append(news))

    assert (0.5, "halfway") in seen


def test_failing_cell_fails_the_run_with_its_sentence_and_keeps_the_notebook(
    workspace, write_notebook
):
    write_notebook(
        "mmm",
        "from apportion.errors import NotEnoughDataError\n"
        "raise NotEnoughDataError('9 weeks of spend; the model needs at least 26.')",
    )

    with pytest.raises(RunFailedError, match=r"^9 weeks of spend"):
        run_notebook(workspace, "mmm")

    (run,) = workspace.runs.list()
    assert run.status is RunStatus.FAILED
    assert run.message == "9 weeks of spend; the model needs at least 26."
    assert Path(run.output_path).is_file()


def test_bug_in_a_cell_keeps_the_name_of_its_exception(workspace, write_notebook):
    write_notebook("mmm", "1 / 0")

    with pytest.raises(RunFailedError, match=r"^ZeroDivisionError: division by zero"):
        run_notebook(workspace, "mmm")


def test_killed_kernel_fails_the_run(workspace, write_notebook):
    write_notebook("mmm", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")

    with pytest.raises(RunFailedError):
        run_notebook(workspace, "mmm")

    (run,) = workspace.runs.list()
    assert run.status is RunStatus.FAILED


def _start_elsewhere(settings):
    """`apportion run` in a process of its own; give it once its kernel is at work."""
    environment = {**os.environ, **settings.environment(tenant="acme")}
    command = [sys.executable, "-m", "apportion", "run", "mmm", "--tenant", "acme"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    kernel = _wait_for(settings.home / "kernel.pid")
    return process, psutil.Process(int(kernel))


def _wait_for(path):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.1)
    raise TimeoutError(path)


LONG = (
    "import os, pathlib, time\n"
    "pathlib.Path(os.environ['APPORTION_HOME'], 'kernel.pid').write_text(str(os.getpid()))\n"
    "time.sleep(600)"
)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "kill"])
def test_killed_run_is_marked_failed_and_leaves_no_process(
    workspace, settings, write_notebook, number
):
    write_notebook("mmm", LONG)
    process, kernel = _start_elsewhere(settings)

    process.send_signal(number)
    process.wait(timeout=20)

    psutil.wait_procs([kernel], timeout=20)
    assert not kernel.is_running()
    (run,) = workspace.runs.list()
    assert run.status is RunStatus.FAILED
    assert run.message


def test_run_that_takes_too_much_memory_is_ended_and_says_so(settings, write_notebook):
    write_notebook("mmm", "import time\nhoard = bytearray(600 << 20)\ntime.sleep(60)")
    tight = settings.model_copy(update={"run_memory_mb": 500})
    workspace = open_workspace("acme", settings=tight)

    with pytest.raises(RunFailedError, match=r"MB of memory and was ended; 500 MB are allowed"):
        run_notebook(workspace, "mmm")

    assert workspace.runs.list()[0].status is RunStatus.FAILED


def test_run_that_takes_too_long_is_ended_and_says_so(settings, write_notebook):
    write_notebook("mmm", "import time\ntime.sleep(600)")
    short = settings.model_copy(update={"run_minutes": 0.05})
    workspace = open_workspace("acme", settings=short)

    with pytest.raises(RunFailedError, match=r"longer than 0\.05 minutes and was ended"):
        run_notebook(workspace, "mmm")

    assert workspace.runs.list()[0].status is RunStatus.FAILED


def test_cancelled_run_in_the_foreground_ends_and_says_by_whom(workspace, write_notebook):
    write_notebook("mmm", "import time\ntime.sleep(600)")

    def cancel(share, message):
        workspace.runs.cancel(workspace.runs.list()[0].id)

    with pytest.raises(RunFailedError, match=r"^Cancelled by command line"):
        run_notebook(workspace, "mmm", on_progress=cancel)

    assert workspace.runs.list()[0].status is RunStatus.CANCELLED


def test_notebook_that_says_nothing_is_followed_by_its_cells(workspace, write_notebook):
    write_notebook("journeys", "import time\ntime.sleep(3)")
    seen = []

    run_notebook(workspace, "journeys", on_progress=lambda *news: seen.append(news))

    assert any(message.startswith("Cell ") and share > 0 for share, message in seen)
