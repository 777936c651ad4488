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


def training(settings: Settings, chaos: Chaos, kills: int) -> dict:
    """Kill so often in the middle of a real training, then let it end."""
    fleet = Fleet(settings)
    workspace = fleet.workspace("tenant-00")
    workspace.data.store_frames(company(), lambda rows: None)
    run_id = workspace.mmm.request().id
    begun = time.monotonic()
    shares: list[float] = []
    attempts = [0]
    for number in range(kills):
        until(lambda: _is_sampling(chaos, workspace.runs.get(run_id), attempts[-1]), 600)
        time.sleep(chaos.random.uniform(0, 8))
        run = workspace.runs.get(run_id)
        attempts.append(run.attempt)
        shares.append(round(run.progress, 2))
        victims = [each for p in chaos.processes.values() for each in family(p.pid)]
        kernels = [each for each in victims if is_kernel(each)]
        if number % 2 and kernels:
            kernels[0].kill()
            chaos.killed["kernel"] += 1
        else:
            name = _holder(chaos)
            chaos.processes[name].kill()
            chaos.killed["worker"] += 1
    ended = wait_for(chaos, lambda: workspace.runs.get(run_id).status.has_ended, 1500)
    run = workspace.runs.get(run_id)
    versions = workspace.mmm.versions()
    return {
        "ended": ended,
        "runs": 1,
        "statuses": {str(run.status): 1},
        "not completed": [run.message] if run.status is not RunStatus.COMPLETED else [],
        "starts": run.attempt,
        "killed at": shares,
        "versions": dict(Counter(str(version.status) for version in versions)),
        "runs without their version": int(workspace.mmm.latest().model_id != run_id),
        "versions of no run": len(versions) - 1,
        "seconds in all": round(time.monotonic() - begun),
        **cancelling(chaos, workspace),
    }


def cancelling(chaos: Chaos, workspace: Workspace) -> dict:
    """Cancel another training in the middle of its sampling; tell when its process was gone."""
    run_id = workspace.mmm.request().id
    until(lambda: _is_sampling(chaos, workspace.runs.get(run_id), 0), 600)
    time.sleep(2)
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


def _is_sampling(chaos: Chaos, run, attempt: int) -> bool:
    chaos.keep_alive()
    return run.attempt > attempt and run.status is RunStatus.RUNNING and bool(run.chains)


def _holder(chaos: Chaos) -> str:
    """Give the name of the process that executes a run."""
    for name, process in chaos.processes.items():
        if any(is_kernel(each) for each in family(process.pid)):
            return name
    return next(iter(chaos.processes))


def company(weeks: int = 104, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Give two years of weekly spend and revenue."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=weeks, freq="7D")
    spend = {name: 500 * rng.uniform(0.2, 1.8, weeks) for name in ("tv", "search", "social")}
    revenue = 9_000 + sum(1.5 * each for each in spend.values()) + rng.normal(0, 300, weeks)
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
