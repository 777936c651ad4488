"""Kill workers, kernels and servers at random moments, and tell what became of the runs."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from apportion.config import Settings
from apportion.results.mmm import ModelStatus
from apportion.results.runs import RunStatus
from apportion.workspace.fleet import Fleet
from jobs import restart
from jobs.fleet import family, is_kernel, start
from postgres import Server

LONGEST_PAUSE = 5.0
LONGEST_RUN = 2.0


@dataclass
class Chaos:
    """The processes, and what was done to them."""

    settings: Settings
    random: random.Random
    log: Path
    commands: dict[str, tuple[object, ...]]
    processes: dict[str, object] = field(default_factory=dict)
    killed: Counter = field(default_factory=Counter)
    waiting: int = 15
    """Runs that wait at any time while there is killing."""

    def keep_alive(self) -> None:
        """Start what is not there."""
        for name, command in self.commands.items():
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                self.processes[name] = start(self.settings, *command, log=self.log)

    def kill(self) -> bool:
        """Kill something, if it is there."""
        target = self.random.choice([*self.commands, "kernel", "kernel"])
        if target == "kernel":
            found = [each for p in self.processes.values() for each in family(p.pid)]
            kernels = [each for each in found if is_kernel(each)]
            if not kernels:
                return False
            victim = self.random.choice(kernels)
        else:
            victim = psutil.Process(self.processes[target].pid)
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            return False
        self.killed[target] += 1
        return True

    def end(self) -> None:
        """Tell all to stop, and wait."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait(timeout=120)


def short_runs(
    settings: Settings, chaos: Chaos, kills: int, restarts: int = 0, server: Server | None = None
) -> dict:
    """Kill so often while short runs are asked for and executed."""
    fleet = Fleet(settings)
    workspaces = [fleet.workspace(tenant.slug) for tenant in fleet.tenants()]
    asked: list[tuple[object, str]] = []
    restart_at = [kills * (number + 1) // (restarts + 1) for number in range(restarts)]
    begun = time.monotonic()
    while sum(chaos.killed.values()) < kills:
        chaos.keep_alive()
        waiting = sum(1 for each in fleet.queue(["mmm"]) if each.ended_at is None)
        while waiting < chaos.waiting:
            workspace = chaos.random.choice(workspaces)
            seconds = chaos.random.uniform(0, LONGEST_RUN)
            parameters = {"number": str(len(asked)), "seconds": f"{seconds:.2f}"}
            asked.append((workspace, workspace.runs.request("mmm", parameters).id))
            waiting += 1
        time.sleep(chaos.random.uniform(0, LONGEST_PAUSE))
        if chaos.kill() and sum(chaos.killed.values()) in restart_at:
            restart.restart(server)
            chaos.killed["PostgreSQL restarted"] += 1
            kills += 1
    killing = time.monotonic() - begun
    ended = wait_for(chaos, lambda: all(w.runs.get(id).status.has_ended for w, id in asked), 900)
    runs = [workspace.runs.get(run_id) for workspace, run_id in asked]
    versions = {
        model.model_id: model.status
        for workspace in workspaces
        for model in workspace.mmm.versions()
    }
    return {
        "ended": ended,
        "runs": len(runs),
        "statuses": dict(Counter(str(run.status) for run in runs)),
        "not completed": [run.message for run in runs if run.status is not RunStatus.COMPLETED],
        "starts": sum(run.attempt for run in runs),
        "most starts of one": max(run.attempt for run in runs),
        "versions": dict(Counter(str(status) for status in versions.values())),
        "runs without their version": sum(
            versions.get(run.id) is not ModelStatus.COMPLETED for run in runs
        ),
        "versions of no run": len(versions.keys() - {run.id for run in runs}),
        "seconds of killing": round(killing),
        "seconds in all": round(time.monotonic() - begun),
    }


def wait_for(chaos: Chaos, is_so: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so, and keep everything alive meanwhile."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        chaos.keep_alive()
        time.sleep(0.5)
    return True


def until(is_so: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(is_so)
        time.sleep(0.2)


def leftovers(home: Path) -> int:
    """Count the processes that still work for the installation."""
    count = 0
    for process in psutil.process_iter():
        try:
            count += process.environ().get("APPORTION_HOME") == str(home)
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return count
