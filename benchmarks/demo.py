"""Measure the demo worlds: seconds, rows, memory.

Run it as ``OMP_NUM_THREADS=1 python benchmarks/demo.py``; every tenant in a process of its own.
"""

import datetime as dt
import multiprocessing
import resource
import time

from apportion.demo import DEMO_TENANTS, simulate

RUNS = 3


def measure(number: int) -> str:
    plan = DEMO_TENANTS[number]
    wall, cpu = [], []
    for _ in range(RUNS):
        begun, used = time.perf_counter(), time.process_time()
        world = simulate(plan, end=dt.date(2026, 6, 30), years=3, seed=1)
        wall.append(time.perf_counter() - begun)
        cpu.append(time.process_time() - used)
    rows = ", ".join(f"{name} {len(frame):,}" for name, frame in world.frames.items())
    size = sum(frame.memory_usage(deep=True).sum() for frame in world.frames.values()) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{plan.slug}: {len(plan.channels)} channels, {len(plan.regions)} regions, 3 years: "
        f"wall {min(wall):.2f}-{max(wall):.2f} s, CPU {min(cpu):.2f}-{max(cpu):.2f} s, "
        f"frames {size:.0f} MB, peak of the process {peak:.0f} MiB\n  {rows}"
    )


def main() -> None:
    spawn = multiprocessing.get_context("spawn")
    for number in range(len(DEMO_TENANTS)):
        with spawn.Pool(1) as pool:
            print(pool.apply(measure, (number,)), flush=True)


if __name__ == "__main__":
    main()
