"""Many viewers for a long time, who act and load the page again at intervals."""

import asyncio
import collections
import os
import random
import time
from dataclasses import dataclass, field
from typing import Any

from serving.crowd import MakeViewer, quantile
from serving.servers import Served
from serving.viewers import Viewer

ACT_EVERY = 4.0
"""Seconds between two actions of a viewer; half or twice as long, by chance."""

RELOAD_EVERY = 60.0
RAMP = 30.0
"""Seconds in which the viewers arrive."""

SAMPLE_EVERY = 15.0


@dataclass
class Seen:
    """What the viewers have seen."""

    content: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)
    actions: list[float] = field(default_factory=list)
    errors: collections.Counter[str] = field(default_factory=collections.Counter)


async def soak(
    served: Served, make_viewer: MakeViewer, viewers: int, minutes: float
) -> dict[str, Any]:
    """Let `viewers` use the page for `minutes`; give times, errors and memory."""
    seen, idle = Seen(), served.memory()
    end = time.monotonic() + RAMP + 60 * minutes
    tasks = [
        asyncio.create_task(
            _use(make_viewer(number), seen, end, delay=RAMP * number / viewers, seed=number)
        )
        for number in range(viewers)
    ]
    await asyncio.sleep(RAMP + 10)
    samples = [served.memory()]
    while time.monotonic() < end - SAMPLE_EVERY:
        await asyncio.sleep(SAMPLE_EVERY)
        samples.append(served.memory())
    await asyncio.gather(*tasks)
    await asyncio.sleep(5)
    return {
        "viewers": viewers,
        "minutes": minutes,
        "pages": len(seen.finished),
        "actions": len(seen.actions),
        "errors": dict(seen.errors),
        **{
            f"{name} {label}": quantile(values, share)
            for name, values in (
                ("content", seen.content),
                ("finished", seen.finished),
                ("action", seen.actions),
            )
            for label, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))
        },
        "MB idle before": idle,
        "MB at start": samples[0],
        "MB at most": max(samples),
        "MB at end": samples[-1],
        "MB idle after": served.memory(),
        "processes after": len(served.tree()),
        "load average": os.getloadavg()[1],
    }


async def _use(viewer: Viewer, seen: Seen, end: float, *, delay: float, seed: int) -> None:
    """Be one viewer until `end`."""
    chance = random.Random(seed)
    await asyncio.sleep(delay)
    while time.monotonic() < end:
        try:
            await _visit(viewer, seen, min(end, _after(RELOAD_EVERY, chance)), chance)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is counted and shown
            seen.errors[f"{type(error).__name__}: {error}"] += 1
            await asyncio.sleep(1.0)


async def _visit(viewer: Viewer, seen: Seen, until: float, chance: random.Random) -> None:
    await viewer.open()
    seen.finished.append(viewer.finished or 0.0)
    if viewer.content is None:
        seen.errors["the page had no key figure"] += 1
    else:
        seen.content.append(viewer.content)
    try:
        while time.monotonic() < until:
            await asyncio.sleep(ACT_EVERY * chance.uniform(0.5, 2.0))
            seen.actions.append(await viewer.act())
            if not viewer.is_connected:
                seen.errors["the connection was lost"] += 1
    finally:
        await viewer.leave()


def _after(seconds: float, chance: random.Random) -> float:
    return time.monotonic() + seconds * chance.uniform(0.5, 1.5)
