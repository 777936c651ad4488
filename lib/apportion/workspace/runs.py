"""Background runs of one tenant: ask for one, follow it, cancel it; start and finish one."""

import datetime as dt
import os
import re
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psutil
from pydantic import JsonValue

from apportion.errors import ApportionError, UnreachableError
from apportion.results.accounts import COMMAND_LINE, ActingMember, Actor
from apportion.results.runs import ChainProgress, LogLine, Run, RunOrigin, RunStatus
from apportion.store import TenantStore
from apportion.workspace.notebooks import check_parameters, find_notebook

REPORT_SECONDS = 0.5
"""How often, at most, progress is written to the database."""

TELLING_SHARE = 0.05
"""From this share on, the time so far says something about the time to come."""


class Report(Protocol):
    """Says how far a run is."""

    def __call__(self, share: float, message: str, chains: Sequence[ChainProgress] = (), /) -> None:
        """Take the share done, from 0 to 1, what is being done, and each chain's draws."""


class RunsWorkspace:
    """The runs of one tenant."""

    def __init__(
        self, store: TenantStore, notebooks: Path, member: ActingMember | None = None
    ) -> None:
        self._store = store
        self._notebooks = notebooks
        self._member = member
        self._last_stage: tuple[str, str] | None = None

    def request(
        self,
        notebook: str,
        parameters: Mapping[str, str] | None = None,
        *,
        requested_by: Actor | None = None,
        origin: RunOrigin = RunOrigin.PERSON,
        exclusive: bool = False,
        not_before: dt.datetime | None = None,
    ) -> Run:
        """Ask for a run; a worker takes it, now or when there is one.

        Parameters
        ----------
        notebook : str
            One of :data:`apportion.workspace.notebooks.NOTEBOOKS`.
        parameters : mapping of str to str, optional
            The notebook's own parameters as text, by name.
        requested_by : Actor, optional
            Who asks; None: the member for whom this workspace was opened, or the command line.
        origin : RunOrigin
            Why; a person goes before a schedule.
        exclusive : bool
            Refuse while any run of the notebook waits or runs, whatever its parameters.
        not_before : datetime, optional
            No worker takes it earlier.

        Raises
        ------
        NotFoundError, ParameterError
            If there is no such notebook or parameter; nothing was stored.
        AlreadyRequestedError
            If a run of the same notebook with the same parameters waits or runs; it names the run.
        """
        values = check_parameters(find_notebook(self._notebooks, notebook), parameters or {})
        self.fail_abandoned()
        return self._store.request_run(
            notebook,
            values,
            by=requested_by or self._actor,
            origin=origin,
            exclusive=exclusive,
            not_before=not_before,
        )

    def cancel(self, run_id: str, *, requested_by: Actor | None = None) -> Run:
        """End a run that waits or runs: nothing of it will be stored.

        Its processes end within seconds.

        Raises
        ------
        NotFoundError, ConflictError
            If there is no such run, or it has ended already.
        """
        self.fail_abandoned()
        return self._store.cancel_run(run_id, by=requested_by or self._actor)

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

    def report(
        self,
        run_id: str,
        progress: float,
        message: str,
        *,
        remaining_seconds: float | None = None,
        chains: Sequence[ChainProgress] = (),
    ) -> None:
        """Say how far a run is (0 to 1) and what it does.

        Raises
        ------
        ConflictError
            If the run has ended, perhaps because somebody cancelled it: stop.
        """
        self._store.report_progress(
            run_id, progress, message, remaining_seconds=remaining_seconds, chains=chains
        )
        stage = (run_id, _stage(message))
        if message and stage != self._last_stage:
            self._last_stage = stage
            self._store.add_log_line(run_id, message)

    def log(self, run_id: str) -> Sequence[LogLine]:
        """Give a run's log, oldest line first; NotFoundError if there is no such run."""
        return self._store.log_lines(run_id)

    def reporter(self, run_id: str) -> Report:
        """Give what reports a run's progress, with an estimate of the time it still takes.

        It may be called as often as one likes: the database is written to twice a second.
        """
        begun = time.monotonic()
        last = 0.0

        def report(share: float, message: str, chains: Sequence[ChainProgress] = (), /) -> None:
            nonlocal last
            at = time.monotonic()
            if at - last >= REPORT_SECONDS:
                last = at
                remaining = (at - begun) * (1 - share) / share if share >= TELLING_SHARE else None
                # A database that is restarted must not cost an hour of sampling.
                with suppress(UnreachableError):
                    self.report(run_id, share, message, remaining_seconds=remaining, chains=chains)

        return report

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

    def admit(self, run_id: str) -> int | None:
        """Let a waiting run go to a worker; give how often it was, None: it does not wait."""
        return self._store.admit_run(run_id)

    def take(self, run_id: str, *, worker: str) -> Run:
        """Start a run in this process's hands; ConflictError if it has ended."""
        return self._store.take_run(
            run_id,
            worker=worker,
            host=socket.gethostname(),
            pid=os.getpid(),
            process_started=psutil.Process().create_time(),
        )

    def holds(self, run: Run) -> bool:
        """Whether this attempt at a run still has it; says too that it is being executed."""
        return self._store.holds_run(run.id, run.attempt)

    def end(self, run: Run, error: str | None, output_path: str | None = None) -> bool:
        """Mark a run as completed, or failed with `error`; False: this attempt had lost it."""
        status = RunStatus.COMPLETED if error is None else RunStatus.FAILED
        return self._store.end_attempt(run.id, run.attempt, status, error or "", output_path)

    def give_back(
        self,
        run_id: str,
        message: str,
        *,
        attempt: int | None = None,
        after_fault: bool = False,
        not_before: dt.datetime | None = None,
    ) -> bool:
        """Let an unfinished run wait for a worker again; False: it has ended.

        With `attempt` also False if that attempt has lost it.
        """
        return self._store.give_back_run(
            run_id,
            message=message,
            attempt=attempt,
            after_fault=after_fault,
            not_before=not_before,
        )

    def is_admitted(self, run_id: str, admission: int) -> bool:
        """Whether this admission of a run is its newest, and the run has not ended."""
        return self._store.is_admitted_run(run_id, admission)

    @property
    def _actor(self) -> Actor:
        if self._member is None:
            return COMMAND_LINE
        return Actor(name=self._member.name, user_id=self._member.id)

    def complete(self, run_id: str, output_path: str | None = None) -> Run:
        """Mark a run completed."""
        return self._store.finish_run(run_id, RunStatus.COMPLETED, "", output_path=output_path)

    def fail(self, run_id: str, message: str, output_path: str | None = None) -> Run:
        """Mark a run failed, with the reason in one sentence."""
        return self._store.finish_run(run_id, RunStatus.FAILED, message, output_path=output_path)

    def fail_abandoned(self) -> int:
        """Mark as failed what still says running although its process has ended."""
        return self._store.fail_abandoned_runs(host=socket.gethostname(), is_alive=is_alive)


def reason_of(error: BaseException) -> str:
    """Say in a sentence why something ended: our own errors speak for themselves."""
    if isinstance(error, ApportionError):
        return str(error)
    return f"It was broken off by {type(error).__name__}: {error}".rstrip(": ")


def _stage(message: str) -> str:
    """Give a message without its figures: the log has a line a stage, not a line a draw."""
    return re.sub(r"[\d.,%/]+", "", message)


def is_alive(pid: int, started: float) -> bool:
    """Whether the process with this id, begun at this time (psutil), is on this machine."""
    try:
        # A recycled pid belongs to a younger process.
        return abs(psutil.Process(pid).create_time() - started) < 1
    except psutil.NoSuchProcess:
        return False
