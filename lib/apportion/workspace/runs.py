"""Background runs of one tenant: start, follow, finish."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psutil
from pydantic import JsonValue

from apportion.errors import ApportionError
from apportion.results.runs import Run, RunStatus
from apportion.store import TenantStore


class RunsWorkspace:
    """The runs of one tenant."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store

    def start(self, kind: str, parameters: Mapping[str, JsonValue]) -> Run:
        """Record a run of `kind` that this process carries out."""
        self.fail_abandoned()
        return self._store.start_run(
            kind,
            dict(parameters),
            host=socket.gethostname(),
            pid=os.getpid(),
            process_started=psutil.Process().create_time(),
        )

    def get(self, run_id: str) -> Run:
        """Give one run; NotFoundError if it is not there."""
        self.fail_abandoned()
        return self._store.run(run_id)

    def list(self, limit: int = 50, *, after: str | None = None) -> list[Run]:
        """Give the tenant's runs, newest first; `after`: those that follow this one.

        Raises
        ------
        NotFoundError
            If there is no run `after`.
        """
        self.fail_abandoned()
        return self._store.runs(limit, after=after)

    def report(self, run_id: str, progress: float, message: str) -> None:
        """Say how far a run is (0 to 1) and what it does."""
        self._store.report_progress(run_id, progress, message)

    @contextmanager
    def of_this_process(self, kind: str, run_id: str | None) -> Iterator[str]:
        """Give the run that this process executes; without one, record one for the block.

        An analyst may train in JupyterLab, where nobody started a run: the work is recorded all
        the same, so that it is known to have ended when its process does.
        """
        if run_id is not None:
            yield run_id
            return
        run = self.start(kind, {})
        try:
            yield run.id
        except BaseException as error:
            self.fail(run.id, reason_of(error))
            raise
        self.complete(run.id)

    def complete(self, run_id: str, output_path: str | None = None) -> Run:
        """Mark a run completed."""
        return self._store.finish_run(run_id, RunStatus.COMPLETED, "", output_path=output_path)

    def fail(self, run_id: str, message: str, output_path: str | None = None) -> Run:
        """Mark a run failed, with the reason in one sentence."""
        return self._store.finish_run(run_id, RunStatus.FAILED, message, output_path=output_path)

    def fail_abandoned(self) -> int:
        """Mark as failed what still says running although its process has ended."""
        return self._store.fail_abandoned_runs(host=socket.gethostname(), is_alive=_is_alive)


def reason_of(error: BaseException) -> str:
    """Say in a sentence why something ended: our own errors speak for themselves."""
    if isinstance(error, ApportionError):
        return str(error)
    return f"It was broken off by {type(error).__name__}: {error}".rstrip(": ")


def _is_alive(pid: int, started: float) -> bool:
    try:
        # A recycled pid belongs to a younger process.
        return abs(psutil.Process(pid).create_time() - started) < 1
    except psutil.NoSuchProcess:
        return False
