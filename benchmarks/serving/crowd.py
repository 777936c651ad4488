"""Several viewers who open the page at the same moment, and the memory that they take."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence

from serving.browser import Figures
from serving.servers import Served
from serving.viewers import Viewer

MakeViewer = Callable[[int], Viewer]
SETTLE = 3.0
"""Seconds in which a server can come to rest."""


async def measure_crowd(served: Served, make_viewer: MakeViewer, viewers: int) -> Figures:
    """Let `viewers` open the page at once; give medians, the slowest, and the memory of each."""
    idle, used = served.memory(), served.processor()
    crowd = [make_viewer(number) for number in range(viewers)]
    began = time.perf_counter()
    outcomes = await asyncio.gather(*(one.open() for one in crowd), return_exceptions=True)
    took = time.perf_counter() - began
    there = [one for one in crowd if one.finished is not None]
    actions = await asyncio.gather(*(one.act() for one in there), return_exceptions=True)
    await asyncio.sleep(SETTLE)
    memory, used = served.memory() - idle, served.processor() - used
    left = await asyncio.gather(*(one.leave() for one in crowd), return_exceptions=True)
    await asyncio.sleep(SETTLE)
    failures = [each for each in (*outcomes, *actions, *left) if isinstance(each, BaseException)]
    for failure in failures:
        print(f"  {served.kind}: {type(failure).__name__}: {failure}")
    content = [one.content for one in there if one.content is not None]
    finished = [one.finished for one in there if one.finished is not None]
    answers = [each for each in actions if isinstance(each, float)]
    return {
        "viewers": float(viewers),
        "failed": float(len(failures)),
        "content": middle(content),
        "slowest content": max(content, default=float("nan")),
        "finished": middle(finished),
        "slowest finished": max(finished, default=float("nan")),
        "action": middle(answers),
        "pages/s": len(there) / took,
        "CPU s/page": used / max(len(there), 1),
        "idle MB": idle,
        "MB/viewer": memory / max(len(there), 1),
    }


def middle(values: Sequence[float]) -> float:
    """Give the median, not a number if there is none."""
    return statistics.median(values) if values else float("nan")


def quantile(values: Sequence[float], share: float) -> float:
    """Give the value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")
