"""Run a notebook for a tenant: check, record, execute in a process of its own, record the end."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from apportion.errors import RunFailedError
from apportion.results.runs import Run
from apportion.workspace import Workspace
from apportion.workspace.notebooks import check_parameters, find_notebook
from apportion.workspace.runs import reason_of

POLL_SECONDS = 0.25
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "OMP_NUM_THREADS")
"""What of the surroundings a run may see; everything else comes from the settings."""

OnProgress = Callable[[float, str], None]


def run_notebook(
    workspace: Workspace,
    notebook: str,
    parameters: Mapping[str, str] | None = None,
    on_progress: OnProgress | None = None,
) -> Run:
    """Execute `notebook` for the workspace's tenant with ``refresh=True`` and wait for the end.

    The executed notebook is kept as the record of the run, also when a cell failed.

    Parameters
    ----------
    parameters : mapping of str to str, optional
        The notebook's own parameters as text, by name.
    on_progress : callable, optional
        Called with a fraction and what the run does.

    Raises
    ------
    NotFoundError, ParameterError
        If there is no such notebook or parameter: nothing was started.
    RunFailedError
        If a cell failed or the process ended; the run is recorded as failed, and what was current
        stays current.
    """
    source = find_notebook(workspace.settings.notebooks, notebook)
    values = check_parameters(source, parameters or {})
    run = workspace.runs.start(notebook, values)
    output = _output_path(workspace, notebook, run)
    try:
        child = _start(workspace, run, source, output, {**values, "refresh": True})
        error = _follow(workspace, run, child, on_progress or (lambda *_: None))
    except BaseException as failure:
        workspace.runs.fail(run.id, reason_of(failure), str(output))
        raise
    if error is not None:
        workspace.runs.fail(run.id, error, str(output))
        raise RunFailedError(f"{error}\nThe executed notebook is kept: {output}")
    return workspace.runs.complete(run.id, str(output))


def _output_path(workspace: Workspace, notebook: str, run: Run) -> Path:
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = workspace.settings.home / "runs" / workspace.tenant.slug / notebook
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{stamp}-{run.id[:8]}.ipynb"


def _start(
    workspace: Workspace, run: Run, source: Path, output: Path, parameters: Mapping[str, object]
) -> subprocess.Popen[str]:
    tenant = workspace.tenant.slug
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= workspace.settings.environment(tenant=tenant, run_id=run.id, with_claude=True)
    child = subprocess.Popen(
        [sys.executable, "-m", "apportion.jobs.child"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C reaches us only; we end the child
    )
    assert child.stdin is not None
    task = {
        "input": str(source),
        "output": str(output),
        "parameters": {"tenant": tenant, **parameters},
    }
    child.stdin.write(json.dumps(task) + "\n")
    child.stdin.flush()
    return child


def _follow(
    workspace: Workspace, run: Run, child: subprocess.Popen[str], on_progress: OnProgress
) -> str | None:
    """Report progress until the child ends; give its error, None when it ended well."""
    try:
        while child.poll() is None:
            time.sleep(POLL_SECONDS)
            state = workspace.runs.get(run.id)
            on_progress(state.progress, state.message)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
    assert child.stdout is not None
    answer = child.stdout.read().strip().splitlines()
    if not answer:
        return f"The process of the run ended with code {child.returncode} before its result."
    error: str | None = json.loads(answer[-1])["error"]
    return error
