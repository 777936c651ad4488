"""How fast a page opens: kernels forked from the zygote beside kernels started the ordinary way.

``python benchmarks/serving.py [--tenant SLUG] [--runs N]`` serves a tenant of this installation
that has a trained model (``apportion demo --prepare`` makes two) and opens its media mix page in a
fresh Chromium each time. Figures are medians, in seconds since the address was opened.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from playwright.sync_api import Browser, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PATH = "admin/attribution/mmm"
SERVE = """
import json, sys
from apportion.config import get_settings
from apportion.server.forking import PRELOAD
from apportion.server.pages import APPS
from apportion.server.serving import serve_apps
tenant, is_forked = json.loads(sys.argv[1])
serve_apps(
    get_settings(), APPS, tenant=tenant, host="127.0.0.1", port=0,
    preload=PRELOAD if is_forked else None,
    on_ready=lambda address: print(address, flush=True),
)
"""
DRAWN = """() => {
    const charts = [...document.querySelectorAll('.bqplot.figure')];
    return charts.length > 1 && charts.every((chart) => chart.querySelector('path.line, .bar'));
}"""
PAINT = "performance.getEntriesByType('paint').find((e) => e.name == 'first-contentful-paint')"
Figures = dict[str, float]


@contextmanager
def server(tenant: str, *, is_forked: bool) -> Iterator[tuple[str, psutil.Process, float]]:
    """Start a server; give its address, its process, and how long it took to be ready."""
    began = time.perf_counter()
    popen = subprocess.Popen(
        [sys.executable, "-c", SERVE, json.dumps([tenant, is_forked])],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert popen.stdout is not None
    url = popen.stdout.readline().strip()
    yield url, psutil.Process(popen.pid), time.perf_counter() - began
    popen.terminate()
    popen.wait()


def open_page(browser: Browser, url: str, process: psutil.Process) -> Figures:
    """Open the page in a browser without a cache; give when what was there."""
    others = {child.pid for child in process.children(recursive=True)}
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    began = time.perf_counter()
    page.goto(url + PATH, wait_until="commit")
    page.wait_for_selector(".ap-answer")
    answer = time.perf_counter() - began
    page.wait_for_function(DRAWN)
    charts = time.perf_counter() - began
    paint = page.evaluate(f"({PAINT}).startTime / 1000")
    kernels = [child for child in process.children(recursive=True) if child.pid not in others]
    memory = sum(kernel.memory_full_info().pss for kernel in kernels) / 1e6
    page.goto("about:blank")
    context.close()
    return {
        "first paint": paint,
        "answer": answer,
        "charts": charts,
        "MB sent": sum(sizes) / 1e6,
        "kernel MB": memory,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tenant", default="harbour")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, is_forked in (("forked", True), ("ordinary", False)):
            with server(arguments.tenant, is_forked=is_forked) as (url, process, ready):
                time.sleep(5)  # the zygote's own imports
                runs = [open_page(browser, url, process) for _ in range(arguments.runs)]
            median = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            figures = ", ".join(f"{key} {value:.2f}" for key, value in median.items())
            print(f"{name:9} ready {ready:.2f}, {figures}")
        browser.close()


if __name__ == "__main__":
    main()
