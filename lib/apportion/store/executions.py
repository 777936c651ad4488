"""Runs in a worker's hands: admitted from the queue, taken, given back, ended once."""

import datetime as dt
from uuid import UUID

from apportion.results.runs import UNFINISHED, Run, RunStatus
from apportion.store.jobs_schema import run_queue
from apportion.store.run_requests import RunRequests
from apportion.store.runs import close, ended, move
from apportion.store.schema import runs
from apportion.store.tenant_bound import now, parse_id


class Executions(RunRequests):
    """What workers do with one tenant's runs.

    A run is started by one process at a time, and each start has a number, its attempt. Whoever
    holds an older number has lost the run (its worker was taken for dead, the run was cancelled):
    it can change nothing any more.
    """

    def admit_run(self, run_id: str) -> int | None:
        """Let a waiting run go to a worker; give how often it was, None: it does not wait.

        What is left in the queue of the tenant's earlier runs of this notebook is taken out: only
        the newest tells when the tenant had its last turn.
        """
        own = UUID(run_id)
        with self._writing() as connection:
            columns = (run_queue.c.kind, run_queue.c.admissions)
            is_asked = run_queue.c.run_id == own
            found = connection.execute(
                connection.select(*columns, of=run_queue).where(is_asked)
            ).one_or_none()
            if found is None:
                return None
            waits = (run_queue.c.admitted_at.is_(None), run_queue.c.ended_at.is_(None))
            number = found.admissions + 1
            values = {"admitted_at": now(), "admissions": number}
            if not connection.update(run_queue, is_asked, *waits, **values):
                return None
            is_old = (run_queue.c.kind == found.kind, run_queue.c.ended_at.is_not(None))
            connection.delete(run_queue, *is_old)
        return int(number)

    def take_run(
        self, run_id: str, *, worker: str, host: str, pid: int, process_started: float
    ) -> Run:
        """Start a run, or start it again after the process that had it is gone.

        Raises
        ------
        NotFoundError
            If there is no such run.
        ConflictError
            If it has ended.
        """
        at = now()
        with self._writing() as connection:
            move(
                connection,
                run_id,
                UNFINISHED,
                status=RunStatus.RUNNING,
                attempt=runs.c.attempt + 1,
                worker=worker,
                host=host,
                pid=pid,
                process_started=process_started,
                heartbeat_at=at,
                message="",
                progress=0.0,
                remaining_seconds=None,
                chains=None,
            )
            is_first = (runs.c.id == UUID(run_id), runs.c.started_at.is_(None))
            connection.update(runs, *is_first, started_at=at)
        return self.run(run_id)

    def holds_run(self, run_id: str, attempt: int) -> bool:
        """Whether this attempt still has the run; says too that it is being executed."""
        with self._writing() as connection:
            is_held = (
                runs.c.id == parse_id(run_id, "run"),
                runs.c.attempt == attempt,
                runs.c.status == RunStatus.RUNNING,
            )
            return connection.update(runs, *is_held, heartbeat_at=now()) == 1

    def end_attempt(
        self,
        run_id: str,
        attempt: int,
        status: RunStatus,
        message: str = "",
        output_path: str | None = None,
    ) -> bool:
        """Mark a run as completed or failed; False: this attempt had lost it, nothing changed."""
        at = now()
        with self._writing() as connection:
            is_held = (
                runs.c.id == parse_id(run_id, "run"),
                runs.c.attempt == attempt,
                runs.c.status == RunStatus.RUNNING,
            )
            values = ended(status, message, output_path, at)
            if not connection.update(runs, *is_held, **values):
                return False
            close(connection, run_id, message, at)
            return True

    def is_admitted_run(self, run_id: str, admission: int) -> bool:
        """Whether this admission of a run is its newest, and the run has not ended."""
        with self._reading() as connection:
            statement = connection.select(run_queue.c.run_id, of=run_queue).where(
                run_queue.c.run_id == parse_id(run_id, "run"),
                run_queue.c.admissions == admission,
                run_queue.c.admitted_at.is_not(None),
                run_queue.c.ended_at.is_(None),
            )
            return connection.execute(statement).one_or_none() is not None

    def give_back_run(
        self,
        run_id: str,
        *,
        message: str,
        attempt: int | None = None,
        after_fault: bool = False,
        not_before: dt.datetime | None = None,
    ) -> bool:
        """Let an unfinished run wait for a worker again; False: it has ended.

        Parameters
        ----------
        attempt : int, optional
            Only if this attempt has it.
        after_fault : bool
            Count a passing fault.
        not_before : datetime, optional
            No worker takes it earlier.
        """
        with self._writing() as connection:
            is_open = [runs.c.id == parse_id(run_id, "run"), runs.c.status.in_(UNFINISHED)]
            if attempt is not None:
                is_open.append(runs.c.attempt == attempt)
            values = {
                "status": RunStatus.QUEUED,
                "message": message,
                "worker": None,
                "remaining_seconds": None,
                "chains": None,
                "faults": runs.c.faults + int(after_fault),
            }
            if not connection.update(runs, *is_open, **values):
                return False
            is_asked = run_queue.c.run_id == UUID(run_id)
            connection.update(run_queue, is_asked, admitted_at=None, not_before=not_before)
            return True
