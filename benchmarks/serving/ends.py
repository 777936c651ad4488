"""What must happen to kernels, each run to its end: culled, displaced, started without zygote."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import psutil

from serving.crowd import MakeViewer
from serving.installation import Installation
from serving.servers import Served, ours, zygote_of
from serving.viewers import KernelViewer

CULL_AFTER, CULL_INTERVAL = 5, 1
DISPLACED = 4001
"""The code with which the server closes the connection of a page whose kernel has ended."""

Found = dict[str, Any]
MakeViewers = Callable[[Served], MakeViewer]


async def culling(installation: Installation, viewers_of: MakeViewers) -> Found:
    """Leave a page without a word and keep another open: the first kernel ends, not the second."""
    settings = {"cull_idle_timeout": CULL_AFTER, "cull_interval": CULL_INTERVAL}
    with ours(installation, kernel_settings=settings) as served:
        make = viewers_of(served)
        asleep, awake = _kernel_viewer(make, 0), _kernel_viewer(make, 1)
        await asyncio.gather(asleep.open(), awake.open())
        asleep.drop()
        began = time.monotonic()
        await _until(lambda: _is_gone(asleep))
        took = time.monotonic() - began
        await asyncio.sleep(2 * CULL_AFTER)  # the open page has had time enough to be culled too
        return {
            "setting": f"idle {CULL_AFTER} s, looked at each {CULL_INTERVAL} s",
            "dropped page's kernel gone after s": took,
            "open page after as long again answers in s": await awake.act(),
            "kernels left": _kernels(served),
            "as it must be": took < 60 and awake.is_connected and _kernels(served) == 1,
        }


async def limit(installation: Installation, viewers_of: MakeViewers) -> Found:
    """Open one page more than a member may have: the idlest ends and says so, all others live."""
    most = installation.settings.kernels_per_member
    with ours(installation) as served:
        make = viewers_of(served)
        mine = [_kernel_viewer(make, 0) for _ in range(most + 1)]
        other = _kernel_viewer(make, 1)
        await other.open()
        for viewer in mine:
            await viewer.open()
        await mine[0].closed()
        statuses = [await viewer.kernel_status() for viewer in mine]
        answers = await asyncio.gather(*(viewer.act() for viewer in (*mine[1:], other)))
        return {
            "setting": f"{most} a member, {most + 1} opened",
            "first page's connection closed with": mine[0].close_code,
            "answers for the kernels": statuses,
            "slowest answer of the others in s": max(answers),
            "kernels left": _kernels(served),
            "as it must be": mine[0].close_code == DISPLACED
            and statuses == [404] + [200] * most
            and _kernels(served) == most + 1,
        }


async def fallback(installation: Installation, viewers_of: MakeViewers) -> Found:
    """Kill the zygote until it is given up: every page comes all the same."""
    found: Found = {}
    with ours(installation) as served:
        make = viewers_of(served)
        before = _kernel_viewer(make, 0)
        await before.open()
        found["page with zygote in s"] = before.finished
        pages = []
        zygote: psutil.Process | None = zygote_of(served)
        while zygote is not None:
            zygote.kill()
            await asyncio.sleep(0.5)
            viewer = _kernel_viewer(make, 1 + len(pages))
            await viewer.open()
            await viewer.act()
            pages.append(viewer.finished)
            await viewer.leave()
            await asyncio.sleep(5)  # a new one imports
            zygote = next(
                (c for c in served.process.children() if "apportion.server.zygote" in c.cmdline()),
                None,
            )
        found["zygotes killed"] = len(pages)
        found["page after each death in s"] = pages
        last = _kernel_viewer(make, 0)
        await last.open()
        found["page when it is given up in s"] = last.finished
        found["answer of that page in s"] = await last.act()
        found["as it must be"] = last.is_connected and len(pages) == 3
    return found


def _kernel_viewer(make: MakeViewer, number: int) -> KernelViewer:
    viewer = make(number)
    assert isinstance(viewer, KernelViewer)
    return viewer


async def _is_gone(viewer: KernelViewer) -> bool:
    return await viewer.kernel_status() == 404


async def _until(is_so: Callable[[], Any], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not await is_so() and time.monotonic() < end:
        await asyncio.sleep(0.25)


def _kernels(served: Served) -> int:
    """Count the kernels: the zygote's children."""
    return len(zygote_of(served).children())
