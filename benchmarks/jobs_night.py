"""What a fleet of workers does with a night: throughput, order of fairness, memory.

Run by hand::

    python benchmarks/jobs_night.py [--database sqlite|postgres] [--tenants 50] [--workers 2]

Every tenant has the same four notebooks due at the same minute: a short one each, which does
nothing, so that what is measured is what the machinery costs. One more tenant asks for 40 runs
before, and a person asks for one in the middle. Printed are runs per minute, how evenly the tenants
were served (by when each had its first, second, third and fourth run, as the share of the night
that had passed), how long the person waited, and the memory of workers and of runs (resident, all
processes together, at most).
"""

import argparse
import datetime as dt
import signal
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from jobs_installation import installation

from apportion.config import Settings
from apportion.results.runs import RunStatus
from apportion.workspace.fleet import Fleet
from jobs.fleet import family, start

KINDS = ("journeys", "mmm", "incrementality", "ai_insights")
GREEDY = 40


class Memory(threading.Thread):
    """Looks at the memory of processes twice a second."""

    def __init__(self, pids: list[int]) -> None:
        super().__init__(daemon=True)
        self.pids = pids
        self.workers = self.all = 0
        self.over = threading.Event()

    def run(self) -> None:
        """Look until it is over."""
        while not self.over.wait(0.5):
            own = sum(_resident(psutil.Process(pid)) for pid in self.pids)
            runs = sum(_resident(each) for pid in self.pids for each in family(pid))
            self.workers, self.all = max(self.workers, own), max(self.all, own + runs)


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0


def night(settings: Settings, workers: int, log: Path) -> bool:
    """Let everything be due at once, and print what came of it."""
    file = settings.schedules
    fleet = Fleet(settings)
    evening = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
    due = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    file.write_text(
        "".join(
            f'[[schedule]]\nname = "{kind}"\nnotebook = "{kind}"\n'
            f'cadence = "{due.minute} {due.hour} * * *"\n\n'
            for kind in KINDS
        )
    )
    spaces = [fleet.workspace(tenant.slug) for tenant in fleet.tenants()]
    greedy, others = spaces[0], spaces[1:]
    for number in range(GREEDY):
        greedy.runs.request("journeys", {"number": str(number)})
    for workspace in others:
        workspace.schedules.start_due(evening)  # seen before: from here on it is due each day
    begun = dt.datetime.now(dt.UTC)
    processes = [
        start(settings, "worker", "--name", f"w{number}", log=log) for number in range(workers)
    ]
    memory = Memory([process.pid for process in processes])
    memory.start()
    person = None
    expected = GREEDY + len(KINDS) * len(others)
    while True:
        time.sleep(1)
        runs = [(space, run) for space in spaces for run in space.runs.list(limit=200)]
        ended = [run for _, run in runs if run.status.has_ended]
        if person is None and len(ended) > expected / 4:
            person = others[-1].runs.request("journeys", {"number": "99"})
        if person is not None and len(ended) == expected + 1:
            break
    memory.over.set()
    seconds = (max(run.finished_at for _, run in runs) - begun).total_seconds()
    print(
        f"{len(runs)} runs of {len(spaces)} tenants in {seconds:.0f} s: "
        f"{60 * len(runs) / seconds:.1f} a minute with {workers} workers"
    )
    print(f"  failed: {sum(run.status is not RunStatus.COMPLETED for _, run in runs)}")
    asked = next(run for _, run in runs if run.id == person.id)
    waited = (asked.started_at - asked.created_at).total_seconds()
    print(f"  the person's run began after {waited:.1f} s")
    for turn in range(len(KINDS)):
        at = [
            (sorted(_ends(space, person.id))[turn] - begun).total_seconds() / seconds
            for space in others
        ]
        print(
            f"  run {turn + 1} of a tenant ended at {statistics.median(at):.0%} of the night "
            f"({min(at):.0%} to {max(at):.0%})"
        )
    last = sorted(_ends(greedy, person.id))
    share = sum((end - begun).total_seconds() < seconds / 2 for end in last)
    print(f"  the tenant with {GREEDY} runs had {share} of them in the first half")
    print(f"  memory: workers {memory.workers >> 20} MB, with their runs {memory.all >> 20} MB")
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        process.wait(timeout=120)
    return all(run.status is RunStatus.COMPLETED for _, run in runs)


def _ends(space, but: str) -> list[dt.datetime]:
    return [run.finished_at for run in space.runs.list(limit=200) if run.id != but]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="postgres")
    parser.add_argument("--tenants", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        made = installation(asked.database, home, tenants=asked.tenants + 1)
        with made as (settings, _):
            if not night(settings, asked.workers, Path(folder) / "log"):
                print((Path(folder) / "log").read_text()[-5_000:], file=sys.stderr)
                sys.exit(1)


if __name__ == "__main__":
    main()
