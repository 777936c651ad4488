"""One notebook executed in a process of its own, watched until it ends or must end.

The process and everything it started are one tree, which is killed as a whole: when the run was
cancelled or taken over, when it takes too long, and when it takes too much memory.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import psutil

from apportion.errors import UnreachableError
from apportion.results.runs import Run
from apportion.telemetry import traces
from apportion.workspace import Workspace

POLL_SECONDS = 0.25
LOOK_SECONDS = 0.5
"""How often the database is asked whether the run is still wanted."""

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "OMP_NUM_THREADS")
"""What of the surroundings a run may see; everything else comes from the settings."""

SELF_TELLING = ("mmm",)
"""Notebooks whose one long cell says how far it is; of the others the cell's number does."""

Holds = Callable[[Run], bool]


class End(StrEnum):
    """How an execution ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    PASSING = "passing"
    """Failed, and may succeed when tried again."""
    LOST = "lost"
    """The run is over or another's: cancelled, or taken over."""
    STOPPED = "stopped"
    """Whoever executes has to stop; the run should go on elsewhere."""


@dataclass(frozen=True)
class Outcome:
    """How an execution ended, why, and where the executed notebook is."""

    end: End
    error: str = ""
    output: str = ""


def execute(
    workspace: Workspace,
    run: Run,
    source: Path,
    *,
    holds: Holds,
    must_stop: Callable[[], bool] = lambda: False,
    on_look: Callable[[], None] = lambda: None,
    nice: int = 0,
) -> Outcome:
    """Execute `source` for a run with ``refresh=True``, and wait for the end.

    Parameters
    ----------
    run : Run
        Already recorded as running in this process's hands.
    holds : callable
        Asked twice a second: whether the run is still wanted from here.
    must_stop : callable
        Asked several times a second; True ends the execution.
    on_look : callable
        Called twice a second.
    nice : int
        By how much the processes stand back for others on this machine.
    """
    about: dict[str, str | int | float] = {
        "apportion.tenant_id": str(workspace.tenant.id),
        "apportion.run_id": run.id,
        "apportion.attempt": run.attempt,
    }
    with traces.span(workspace.settings, f"run {run.kind}", about) as traced:
        output = output_path(workspace, run)
        child = _start(workspace, run, source, output, nice, traced)
        outcome = _watched(workspace, run, child, str(output), holds, must_stop, on_look)
    if not output.exists():
        return replace(outcome, output="")
    return replace(outcome, output=workspace.outputs.keep(output))


def _watched(
    workspace: Workspace,
    run: Run,
    child: subprocess.Popen[str],
    output: str,
    holds: Holds,
    must_stop: Callable[[], bool],
    on_look: Callable[[], None],
) -> Outcome:
    watch = _Watch(workspace, run, child, holds)
    try:
        ended = watch.follow(must_stop, on_look)
    finally:
        kill_tree(child)
    if ended is not None:
        return Outcome(ended.end, ended.error, output)
    answer = watch.answer
    if answer is None:
        error = f"The process of the run ended with code {child.returncode} before its result."
        return Outcome(End.PASSING, error, output)
    if answer["error"] is None:
        return Outcome(End.COMPLETED, "", output)
    return Outcome(End.PASSING if answer["passing"] else End.FAILED, answer["error"], output)


def output_path(workspace: Workspace, run: Run) -> Path:
    """Give where the executed notebook of this attempt is kept."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = workspace.settings.home / "runs" / workspace.tenant.slug / run.kind
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{stamp}-{run.id[:8]}.ipynb"


def _start(
    workspace: Workspace,
    run: Run,
    source: Path,
    output: Path,
    nice: int,
    traced: Mapping[str, str],
) -> subprocess.Popen[str]:
    tenant = workspace.tenant.slug
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= workspace.settings.environment(
        tenant=tenant, run_id=run.id, with_claude=run.kind == "ai_insights"
    )
    environment |= traced
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
        "parameters": {"tenant": tenant, **run.parameters, "refresh": True},
        "nice": nice,
    }
    child.stdin.write(json.dumps(task) + "\n")
    child.stdin.flush()
    return child


class _Watch:
    """What is known of a child while it runs."""

    def __init__(
        self, workspace: Workspace, run: Run, child: subprocess.Popen[str], holds: Holds
    ) -> None:
        self.workspace = workspace
        self.run = run
        self.child = child
        self.holds = holds
        self.answer: dict[str, Any] | None = None
        self._cell: tuple[int, int] | None = None
        self._told: tuple[int, int] | None = None
        self._begun = time.monotonic()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def follow(self, must_stop: Callable[[], bool], on_look: Callable[[], None]) -> Outcome | None:
        """Wait for the child's own end (None), or give why it must end."""
        settings = self.workspace.settings
        looked = 0.0
        while self.child.poll() is None:
            time.sleep(POLL_SECONDS)
            if must_stop():
                return Outcome(End.STOPPED)
            if time.monotonic() - self._begun > settings.run_minutes * 60:
                return Outcome(
                    End.FAILED,
                    f"It took longer than {settings.run_minutes:g} minutes and was ended. Choose "
                    "fewer channels or a shorter time, or raise APPORTION_RUN_MINUTES.",
                )
            used = memory_of(self.child.pid) >> 20
            if settings.run_memory_mb and used > settings.run_memory_mb:
                return Outcome(
                    End.FAILED,
                    f"It took {used:,} MB of memory and was ended; {settings.run_memory_mb:,} MB "
                    "are allowed. Choose fewer channels or a shorter time, or raise "
                    "APPORTION_RUN_MEMORY_MB.",
                )
            if time.monotonic() - looked >= LOOK_SECONDS:
                looked = time.monotonic()
                try:
                    if not self.holds(self.run):
                        return Outcome(End.LOST)
                    self._tell_cell()
                except UnreachableError:
                    continue  # it comes back, or the child will say that it did not
                on_look()
        self._reader.join(timeout=5)
        return None

    def _read(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            news = json.loads(line)
            if "cell" in news:
                self._cell = (news["cell"], news["of"])
            else:
                self.answer = news

    def _tell_cell(self) -> None:
        """Report the cell, unless the notebook reports by itself."""
        if self._cell is None or self._cell == self._told:
            return
        state = self.workspace.runs.get(self.run.id)
        if state.message and not state.message.startswith("Cell "):
            return
        cell, of = self._told = self._cell
        share = 0.0 if self.run.kind in SELF_TELLING else (cell - 1) / of
        self.workspace.runs.report(self.run.id, share, f"Cell {cell} of {of}")


def memory_of(pid: int) -> int:
    """Give the resident memory of a process and all that it started, in bytes."""
    total = 0
    for process in _tree(pid):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def kill_tree(child: subprocess.Popen[str]) -> None:
    """End a child and all that it started, at once; nothing of theirs is worth a farewell."""
    if child.poll() is None:
        for process in reversed(_tree(child.pid)):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            try:
                stream.close()
            except BrokenPipeError:
                continue


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
