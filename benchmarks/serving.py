"""How fast pages open, for how many at once, at what cost: ours, stock Voilà and Streamlit.

Run by hand, on the demo's data (``apportion demo --prepare`` makes them)::

    python benchmarks/serving.py [--streamlit PYTHON] [--viewers 1,10,40] [--soak 10] [--json FILE]

Everything is served on loopback from a copy of the database with viewers of its own. All servers
show the media mix page of one tenant with the same key figures and charts. *Paint* is the first
contentful paint, *content* the moment from which the page's answer and its first key figure can be
read, *charts* the moment from which every chart is drawn: medians of visits in Chromium, in seconds
since the address was opened; ``again`` with a filled browser cache. The crowd are clients without
a browser, see `serving/viewers.py`; they run on the same processors. Memory is PSS of the server's
whole process tree, less what it was when idle.
"""

import argparse
import asyncio
import json
import os
import platform
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table
from serving import ends
from serving.browser import measure_visits, start_browser
from serving.crowd import MakeViewer, measure_crowd
from serving.installation import Installation, copy_installation, sign_in
from serving.servers import Served, ours, stock_voila, streamlit
from serving.soak import soak
from serving.viewers import KernelViewer, StreamlitViewer

from apportion.config import get_settings

PAGES_PER_PERSON = 4
out = Console(width=140)


def main() -> None:
    """Measure what the arguments ask for."""
    arguments = parse_arguments()
    figures: dict[str, Any] = {
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "load average before": os.getloadavg(),
    }
    with tempfile.TemporaryDirectory() as folder:
        people = -(-max([40, *arguments.viewers]) // PAGES_PER_PERSON)
        installation = copy_installation(get_settings(), Path(folder), arguments.tenant, people)
        print(f"{installation.charts} charts, {people} people, load {os.getloadavg()[0]:.1f}")
        kinds = kinds_of(arguments, installation)
        if not arguments.streamlit:
            print("Streamlit is not measured: --streamlit names a Python that has it.")
        if arguments.runs:
            figures["visits"] = visits(kinds, installation, arguments.runs)
        if arguments.viewers:
            figures["crowd"] = crowds(kinds, installation, arguments.viewers)
        if arguments.ends:
            figures["ends"] = run_ends(installation)
        if arguments.soak:
            figures["soak"] = run_soak(installation, arguments.soak)
    figures["load average after"] = os.getloadavg()
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tenant", default="harbour")
    parser.add_argument("--runs", type=int, default=5, help="visits of each kind; 0: none")
    parser.add_argument("--viewers", default="1,10,40", help="at once; empty: none")
    parser.add_argument("--only", default="", help="kinds of server, as 'ours+stock Voilà'")
    parser.add_argument("--streamlit", metavar="PYTHON", help="a Python that has Streamlit")
    parser.add_argument("--no-ends", dest="ends", action="store_false", help="no culling, limit, …")
    parser.add_argument("--soak", type=float, default=0, metavar="MINUTES")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    arguments.viewers = [int(number) for number in arguments.viewers.split(",") if number]
    return arguments


def kinds_of(arguments: argparse.Namespace, installation: Installation) -> dict[str, Any]:
    """Give what starts each kind of server that is asked for."""
    kinds = {
        "ours": partial(ours, installation),
        "ours, cold": partial(ours, installation, is_forked=False),
        "stock Voilà": partial(stock_voila, installation),
    }
    if arguments.streamlit:
        kinds["Streamlit"] = partial(streamlit, installation, arguments.streamlit)
    only = [name.strip() for name in arguments.only.split("+") if name]
    return {name: start for name, start in kinds.items() if not only or name in only}


def cookies_of(served: Served, installation: Installation) -> list[dict[str, str]]:
    """Sign everybody in; where there is no sign-in, everybody is nobody."""
    if not served.kind.startswith("ours"):
        return [{} for _ in installation.people]
    return [sign_in(served.url, person) for person in installation.people]


def viewers_of(served: Served, installation: Installation) -> MakeViewer:
    """Give what makes the n-th viewer; the people share the viewers evenly."""
    cookies = cookies_of(served, installation)
    kind = StreamlitViewer if served.kind == "Streamlit" else KernelViewer
    figure = installation.texts[1]
    return lambda number: kind(served, cookies[number % len(cookies)], figure)


def visits(kinds: dict[str, Any], installation: Installation, runs: int) -> list[dict[str, Any]]:
    """Measure single visits in a browser."""
    rows = []
    with sync_playwright() as playwright:
        browser = start_browser(playwright)
        for name, start in kinds.items():
            with start() as served:
                cookies = cookies_of(served, installation)[0]
                load = os.getloadavg()[0]
                measured = measure_visits(
                    browser, served, cookies, installation.texts, installation.charts, runs
                )
            rows.append({"server": name, **measured, "load": load})
        browser.close()
    show("One viewer in Chromium", rows)
    return rows


def crowds(
    kinds: dict[str, Any], installation: Installation, sizes: list[int]
) -> list[dict[str, Any]]:
    """Measure viewers who come at once."""
    rows = []
    for name, start in kinds.items():
        with start() as served:
            make = viewers_of(served, installation)
            for size in sizes:
                load = os.getloadavg()[0]
                measured = asyncio.run(measure_crowd(served, make, size))
                rows.append({"server": name, **measured, "load": load})
    show("Viewers at once", rows)
    return rows


def run_ends(installation: Installation) -> dict[str, Any]:
    """Run culling, the limit per member and the fallback without a zygote to their ends."""
    found = {}
    make = partial(viewers_of, installation=installation)
    for name in ("culling", "limit", "fallback"):
        found[name] = asyncio.run(getattr(ends, name)(installation, make))
        out.print(f"[b]{name}[/b]")
        for what, value in found[name].items():
            out.print(f"  {what}: {rounded(value)}", highlight=False)
    return found


def run_soak(installation: Installation, minutes: float) -> dict[str, Any]:
    """Let forty viewers use our server for a while."""
    with ours(installation) as served:
        make = viewers_of(served, installation)
        found = asyncio.run(soak(served, make, 40, minutes))
        log = served.log.read_text()
    found["warnings in the log"] = [
        line for line in log.splitlines() if line.startswith(("WARNING", "ERROR"))
    ][:20]
    out.print(f"[b]40 viewers, {minutes:g} minutes[/b]")
    for what, value in found.items():
        out.print(f"  {what}: {rounded(value)}", highlight=False)
    return found


def rounded(value: Any) -> Any:
    """Give figures with as many digits as mean something."""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() or value >= 100 else f"{value:.2f}"
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return value


def show(title: str, rows: list[dict[str, Any]]) -> None:
    """Print a table."""
    table = Table(*rows[0], title=title, title_justify="left", box=None)
    for row in rows:
        table.add_row(*(str(rounded(value)) for value in row.values()))
    out.print(table)


if __name__ == "__main__":
    main()
