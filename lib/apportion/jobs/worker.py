"""``apportion worker``: takes runs from the queue and executes them, until it is told to stop."""

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from apportion.config import Settings
from apportion.errors import ApportionError, ConflictError, NotFoundError, UnreachableError
from apportion.jobs.aftermath import after_run, deliver_everybodys
from apportion.jobs.engine import Engine
from apportion.jobs.execution import End, Outcome, execute
from apportion.results.runs import Run
from apportion.telemetry import logs
from apportion.workspace import Workspace
from apportion.workspace.fleet import Fleet, QueueEntry, in_turn, is_dead
from apportion.workspace.notebooks import NOTEBOOKS, find_notebook

log = logging.getLogger("apportion.worker")

TICK_SECONDS = 1.0
BEAT_SECONDS = 5.0
RECONCILE_SECONDS = 15.0
DUE_SECONDS = 15.0
FORGET_SECONDS = 3600.0
TELL_SECONDS = 60.0
"""How often alerts that a receiver did not take are tried again, if it is time for them."""
KEPT = dt.timedelta(days=7)
"""How long DBOS's own rows of what has ended are kept."""

MOST_FAULTS = 4
"""How many passing faults of a run are forgiven."""

MOST_ATTEMPTS = 25
"""How often a run is started in all, when its workers die: it may be what kills them."""

NICE = 5
"""Background work stands back for pages on the same machine."""

GRACE_SECONDS = 20.0


class Worker:
    """One process that executes runs of every tenant, so many at a time.

    Parameters
    ----------
    settings : Settings
    name : str
        The worker's id, which it keeps over restarts; empty: the machine's, with a number.
    concurrency : int
        Runs at a time.
    kinds : sequence of str
        The notebooks that it executes.
    grace_seconds : float
        How long runs may go on when the worker is told to stop; then they are given back.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        name: str = "",
        concurrency: int = 1,
        kinds: Sequence[str] = NOTEBOOKS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self.settings = settings
        self.kinds = tuple(kinds)
        self.concurrency = concurrency
        self.grace_seconds = grace_seconds
        self.fleet = Fleet(settings)
        self.record = self.fleet.enter(name, kinds=self.kinds, concurrency=concurrency)
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._stop_at = float("inf")
        self._slots = threading.Semaphore(concurrency)
        self._engine = Engine(settings, self.record.id, self.kinds, self._work)

    def stop(self) -> None:
        """Take no more runs; end when those at work have ended, or their time is up."""
        if not self._stop.is_set():
            self._stop_at = time.monotonic() + self.grace_seconds
        self._stop.set()

    def run(self, *, until_idle: bool = False) -> None:
        """Work until :meth:`stop`; with `until_idle` also until nothing waits or runs."""
        log.info("worker %s: %d at a time, %s", self.record.id, self.concurrency, self.kinds)
        beating = threading.Thread(target=self._beat_on, daemon=True)
        beating.start()
        threading.Thread(target=self._tell_on, daemon=True).start()
        reconciled = looked = forgot = -FORGET_SECONDS
        try:
            while not self._stop.wait(TICK_SECONDS):
                at = time.monotonic()
                with _surviving("tick"):
                    if at - looked >= DUE_SECONDS:
                        self._start_due()
                        looked = at
                    self._dispatch()
                    if at - reconciled >= RECONCILE_SECONDS:
                        self._reconcile()
                        reconciled = at
                    if at - forgot >= FORGET_SECONDS:
                        self._forget()
                        forgot = at
                    if until_idle and self._is_idle():
                        self.stop()
        finally:
            self.stop()
            self._close()
            beating.join(timeout=BEAT_SECONDS)

    def _beat_on(self) -> None:
        """Say that this worker lives until it has ended, also while it waits for its runs."""
        while not self._ended.is_set():
            with _surviving("heartbeat"):
                self._beat()
            self._ended.wait(BEAT_SECONDS)

    def _tell_on(self) -> None:
        """Try again what people were not told, in a thread: a receiver may be slow to refuse."""
        while not self._stop.wait(TELL_SECONDS):
            with _surviving("telling"):
                deliver_everybodys(self.fleet)

    def _beat(self) -> None:
        if not self.fleet.beat(self.record):
            log.error("worker %s: its id is another process's; it ends", self.record.id)
            self.stop()
            return
        if self._stop.is_set():
            return
        dead = [each for each in self.fleet.workers() if is_dead(each)]
        if dead:
            self._engine.take_over([worker.id for worker in dead])
            for worker in dead:
                log.warning("worker %s: takes over from %s", self.record.id, worker.id)
                self.fleet.remove(worker)

    def _dispatch(self) -> None:
        """Admit runs while the fleet has room, in turn."""
        while not self._stop.is_set():
            entries = self.fleet.queue(self.kinds)
            admitted = [each for each in entries if each.admitted_at and not each.ended_at]
            capacity = sum(worker.concurrency for worker in self.fleet.living())
            waiting = in_turn(entries, dt.datetime.now(dt.UTC))
            if not waiting or len(admitted) >= capacity:
                return
            self._admit(waiting[0])

    def _start_due(self) -> None:
        """Ask for what the schedules of every tenant say is due."""
        for tenant in self.fleet.tenants():
            with _surviving(f"schedules of tenant {tenant.id}"):
                started = self.fleet.workspace(tenant.slug).schedules.start_due()
                if started:
                    log.info("tenant %s: due: %s", tenant.id, ", ".join(started))

    def _is_idle(self) -> bool:
        return all(entry.ended_at is not None for entry in self.fleet.queue(self.kinds))

    def _admit(self, entry: QueueEntry) -> None:
        admission = self.fleet.open(entry.tenant_id).runs.admit(entry.run_id)
        if admission is not None:
            self._enqueue(entry, admission)

    def _enqueue(self, entry: QueueEntry, admission: int) -> None:
        tenant = str(entry.tenant_id)
        self._engine.enqueue(entry.kind, tenant, entry.run_id, admission, entry.priority)

    def _reconcile(self) -> None:
        """Enqueue what was admitted and never reached DBOS; free what DBOS has done with."""
        for entry in self.fleet.queue(self.kinds):
            if entry.admitted_at is None or entry.ended_at is not None:
                continue
            status = self._engine.status(entry.run_id, entry.admissions)
            if status is None:
                self._enqueue(entry, entry.admissions)
            elif status not in ("ENQUEUED", "PENDING"):
                runs = self.fleet.open(entry.tenant_id).runs
                if runs.is_admitted(entry.run_id, entry.admissions):
                    runs.give_back(entry.run_id, f"It was left {status.lower()}; it waits again.")

    def _forget(self) -> None:
        """Keep DBOS's tables small: its part in a run is over when the run has ended."""
        self._engine.forget(dt.datetime.now(dt.UTC) - KEPT)

    def _work(self, tenant_id: str, run_id: str) -> str:
        """Execute one run; called by DBOS in a thread of its own."""
        workspace = self._patiently(lambda: self._open(tenant_id))
        if workspace is None:
            return "the tenant is gone"
        if self._stop.is_set() or not self._slots.acquire(blocking=False):
            self._patiently(lambda: workspace.runs.give_back(run_id, ""))
            return "given back"
        try:
            with logs.about(tenant_id=tenant_id, run_id=run_id):
                return self._execute(workspace, run_id)
        finally:
            self._slots.release()

    def _execute(self, workspace: Workspace, run_id: str) -> str:
        runs = workspace.runs
        try:
            run = self._patiently(lambda: runs.take(run_id, worker=self.record.id))
        except (ConflictError, NotFoundError) as error:
            return str(error)  # it has ended meanwhile, or went with its tenant
        log.info("run %s: %s, attempt %d", run.id, run.kind, run.attempt)
        if run.attempt > MOST_ATTEMPTS:
            outcome = Outcome(
                End.FAILED,
                f"It was started {MOST_ATTEMPTS} times, and each time its worker ended. Look for "
                "what ends the workers (memory?), then run it again.",
            )
        else:
            outcome = self._outcome(workspace, run)
        return self._patiently(lambda: self._record(workspace, run, outcome))

    def _outcome(self, workspace: Workspace, run: Run) -> Outcome:
        try:
            source = find_notebook(self.settings.notebooks, run.kind)
            return execute(
                workspace,
                run,
                source,
                holds=workspace.runs.holds,
                must_stop=lambda: time.monotonic() > self._stop_at,
                nice=NICE,
            )
        except ApportionError as error:
            return Outcome(End.FAILED, str(error))

    def _record(self, workspace: Workspace, run: Run, outcome: Outcome) -> str:
        runs = workspace.runs
        match outcome.end:
            case End.COMPLETED:
                runs.end(run, None, outcome.output)
            case End.FAILED:
                runs.end(run, outcome.error, outcome.output)
            case End.PASSING if run.faults < MOST_FAULTS:
                wait = self.settings.run_retry_seconds * 4**run.faults
                again = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=wait)
                message = f"{outcome.error} It is tried again in {wait:.0f} seconds."
                runs.give_back(
                    run.id, message, attempt=run.attempt, after_fault=True, not_before=again
                )
            case End.PASSING:
                tried = f"{outcome.error} It was tried {run.faults + 1} times."
                runs.end(run, tried, outcome.output)
            case End.STOPPED:
                message = "Its worker was stopped; it waits for another."
                runs.give_back(run.id, message, attempt=run.attempt)
            case End.LOST:
                pass
        log.info("run %s: %s %s", run.id, outcome.end, outcome.error)
        after_run(workspace, run.id)
        return outcome.end

    def _open(self, tenant_id: str) -> Workspace | None:
        try:
            return self.fleet.open(UUID(tenant_id))
        except NotFoundError:
            return None

    def _patiently[T](self, call: Callable[[], T]) -> T:
        """Give what `call` gives, however long the database does not answer."""
        while True:
            try:
                return call()
            except UnreachableError as error:
                log.warning("worker %s: %s", self.record.id, error)
                time.sleep(TICK_SECONDS)

    def _close(self) -> None:
        left = self._stop_at - time.monotonic()
        log.info("worker %s: stops within %.0f seconds", self.record.id, max(left, 0))
        self._engine.close(int(max(left, 0)) + 15)
        self._ended.set()
        with _surviving("leaving"):
            self.fleet.remove(self.record)
        self.fleet.close()


@contextmanager
def _surviving(what: str) -> Iterator[None]:
    """Log what goes wrong and go on: a worker outlives its database's restarts."""
    try:
        yield
    except Exception:  # whatever it is, the next tick tries again
        log.exception("worker: %s failed", what)
