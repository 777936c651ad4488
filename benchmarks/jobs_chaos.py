"""Kill workers, kernels and servers at random moments, and see that no run is lost or done twice.

Run by hand::

    python benchmarks/jobs_chaos.py --database sqlite --kills 100 [--seed 1]
    python benchmarks/jobs_chaos.py --database postgres --kills 100 --restarts 3
    python benchmarks/jobs_chaos.py --database sqlite --training 5

Over a queue of short runs that each store a model version (in the steps of a training, without the
sampler): two workers of their own and one beside a server work on it, and `kill -9` ends one of
them, a server, or a run's kernel after a random time; what was killed is started again. With
`--training` the product's notebook trains a real model, and is killed so often in the middle of it;
a second training is then cancelled while it samples.
At the end every run must have completed, with exactly one version of its own, none in training, and
no process left over. Prints the figures; exits with 1 if anything is wrong.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from jobs_installation import installation

from apportion.config import Settings
from apportion.frames import OUTCOMES, SPEND, conform
from apportion.results.mmm import ModelStatus
from apportion.results.runs import RunStatus
from apportion.workspace import Workspace
from apportion.workspace.fleet import Fleet
from jobs.chaos import Chaos, leftovers, short_runs, until, wait_for
from jobs.fleet import family, is_kernel

TENANTS = 5
CHANNELS = ("tv", "radio", "print", "search", "social", "video", "display", "post")
LONGEST_WAIT = 2.0
"""Seconds of sampling before a kill."""


def training(settings: Settings, chaos: Chaos, kills: int) -> dict:
    """Kill so often in the middle of real trainings, then let the last one end."""
    fleet = Fleet(settings)
    workspace = fleet.workspace("tenant-00")
    workspace.data.store_frames(company(), lambda rows: None)
    asked = [workspace.mmm.request().id]
    begun = time.monotonic()
    shares: list[float] = []
    seen = 0
    while len(shares) < kills:
        chaos.keep_alive()
        run = workspace.runs.get(asked[-1])
        if run.status.has_ended:  # sooner than it was to be killed
            asked.append(workspace.mmm.request().id)
            seen = 0
        elif run.attempt > seen and run.status is RunStatus.RUNNING and run.chains:
            time.sleep(chaos.random.uniform(0, LONGEST_WAIT))
            run = workspace.runs.get(run.id)
            if run.status.has_ended:
                continue
            seen = run.attempt
            shares.append(round(run.progress, 2))
            _kill_one(chaos, kernel=len(shares) % 2 == 0)
        time.sleep(0.1)
    ended = wait_for(chaos, lambda: workspace.runs.get(asked[-1]).status.has_ended, 1500)
    runs = [workspace.runs.get(run_id) for run_id in asked]
    versions = {version.model_id: version.status for version in workspace.mmm.versions()}
    return {
        "ended": ended,
        "runs": len(runs),
        "statuses": dict(Counter(str(run.status) for run in runs)),
        "not completed": [run.message for run in runs if run.status is not RunStatus.COMPLETED],
        "starts": sum(run.attempt for run in runs),
        "killed at": shares,
        "versions": dict(Counter(str(status) for status in versions.values())),
        "runs without their version": sum(
            versions.get(run.id) is not ModelStatus.COMPLETED for run in runs
        ),
        "versions of no run": len(versions.keys() - {run.id for run in runs}),
        "seconds in all": round(time.monotonic() - begun),
        **cancelling(chaos, workspace),
    }


def _kill_one(chaos: Chaos, *, kernel: bool) -> None:
    """Kill the worker that executes a run, or the run's kernel."""
    kernels = [each for p in chaos.processes.values() for each in family(p.pid) if is_kernel(each)]
    if kernel and kernels:
        kernels[0].kill()
        chaos.killed["kernel"] += 1
    else:
        chaos.processes[_holder(chaos)].kill()
        chaos.killed["worker"] += 1


def cancelling(chaos: Chaos, workspace: Workspace) -> dict:
    """Cancel another training in the middle of its sampling; tell when its process was gone."""
    run_id = workspace.mmm.request().id
    until(lambda: workspace.runs.get(run_id).chains, 600)
    processes = [each for p in chaos.processes.values() for each in family(p.pid)]
    memory = sum(each.memory_info().rss for each in processes)
    at = time.monotonic()
    workspace.runs.cancel(run_id)
    until(lambda: not any(each.is_running() for each in processes if is_kernel(each)), 60)
    return {
        "cancelled: the kernel was gone after seconds": round(time.monotonic() - at, 2),
        "cancelled: memory freed, MB": memory >> 20,
        "cancelled: versions in training": sum(
            version.status is ModelStatus.RUNNING for version in workspace.mmm.versions()
        ),
    }


def _holder(chaos: Chaos) -> str:
    """Give the name of the process that executes a run."""
    for name, process in chaos.processes.items():
        if any(is_kernel(each) for each in family(process.pid)):
            return name
    return next(iter(chaos.processes))


def company(weeks: int = 208, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Give weekly spend of eight channels, and revenue."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=weeks, freq="7D")
    spend = {name: 500 * rng.uniform(0.2, 1.8, weeks) for name in CHANNELS}
    revenue = 25_000 + sum(1.5 * each for each in spend.values()) + rng.normal(0, 300, weeks)
    rows = [
        pd.DataFrame({"date": days, "channel": name, "spend": each}) for name, each in spend.items()
    ]
    outcomes = pd.DataFrame({"date": days, "metric": "revenue", "value": revenue})
    return {
        "spend": conform(pd.concat(rows), SPEND),
        "outcomes": conform(outcomes, OUTCOMES),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--restarts", type=int, default=0, help="of PostgreSQL, among the kills")
    parser.add_argument("--training", type=int, metavar="KILLS", default=0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        tenants = 1 if asked.training else TENANTS
        with installation(asked.database, home, tenants=tenants, training=bool(asked.training)) as (
            settings,
            server,
        ):
            commands = {
                "worker a": ("worker", "--name", "a"),
                "worker b": ("worker", "--name", "b"),
                "server": ("serve", "--port", "0"),
            }
            if asked.training:
                del commands["server"]
            log = Path(folder) / "log"
            chaos = Chaos(settings, random.Random(asked.seed), log, commands)
            chaos.keep_alive()
            if asked.training:
                found = training(settings, chaos, asked.training)
            else:
                found = short_runs(settings, chaos, asked.kills, asked.restarts, server)
            chaos.end()
            time.sleep(5)
            found["processes left"] = leftovers(home)
        print(f"{asked.database}, seed {asked.seed}: killed {dict(chaos.killed)}")
        for name, value in found.items():
            print(f"  {name}: {value}")
        clean = ("runs without their version", "versions of no run", "processes left")
        if not found["ended"] or found["not completed"] or any(found[name] for name in clean):
            print(log.read_text()[-20_000:], file=sys.stderr)
            sys.exit(1)


if __name__ == "__main__":
    main()
