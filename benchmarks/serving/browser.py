"""One viewer in Chromium: when what was on screen, as the page itself saw it."""

import base64
import json
import shutil
import statistics
from collections.abc import Sequence
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, CDPSession, Playwright

from serving.servers import Served

FLAGS = [
    *["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
    *["--disable-background-networking", "--disable-component-update", "--disable-sync"],
]
PATIENCE = 90_000

DRAWN = {
    "Streamlit": """() => document.querySelectorAll(
        '[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg.marks'
    ).length""",
    "": """() => [...document.querySelectorAll('.bqplot.figure')].filter(
        (chart) => [...chart.querySelectorAll('path.line')].some((line) => line.getAttribute('d'))
    ).length""",
}
"""How many charts are drawn: by the kind of server, else bqplot's."""

WATCH = """([texts, charts, drawn]) => {
    if (window.top !== window) return;
    const seen = window.benchmarkSeen = {};
    const plain = (text) => text.replace(/\\s+/g, ' ').toLowerCase();
    const wanted = texts.map(plain);
    const look = () => {
        const body = document.body;
        if (body && seen.content === undefined) {
            const shown = plain(body.innerText);
            if (wanted.every((text) => shown.includes(text))) seen.content = performance.now();
        }
        if (seen.finished === undefined && drawn() >= charts) seen.finished = performance.now();
        if (seen.content === undefined || seen.finished === undefined) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
"""Looks in every frame, with the clock that starts when the address is opened."""

PAINT = "performance.getEntriesByType('paint').find((e) => e.name == 'first-contentful-paint')"

Figures = dict[str, float]


def start_browser(playwright: Playwright) -> Browser:
    """Start Debian's Chromium."""
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)


def measure_visits(
    browser: Browser,
    served: Served,
    cookies: dict[str, str],
    texts: Sequence[str],
    charts: int,
    runs: int,
) -> Figures:
    """Open the page `runs` times in a browser without a cache, each time once more with one.

    Returns
    -------
    dict
        Medians: seconds since the address was opened; MB and requests of the first visit.
        ``ws MB`` is before the connection's own compression.
    """
    visits = []
    for _ in range(runs):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE)
        context.add_cookies(
            [{"name": name, "value": value, "url": served.url} for name, value in cookies.items()]
        )
        first = measure_visit(context, served, texts, charts)
        again = measure_visit(context, served, texts, charts)
        visits.append({**first, "content again": again["content"], "charts again": again["charts"]})
        context.close()
    return {key: statistics.median(visit[key] for visit in visits) for key in visits[0]}


def measure_visit(
    context: BrowserContext, served: Served, texts: Sequence[str], charts: int
) -> Figures:
    """Open the page in a new tab, and close it when it is finished."""
    page = context.new_page()
    drawn = DRAWN.get(served.kind, DRAWN[""])
    values = f"[{json.dumps(list(texts))}, {charts}, {drawn}]"
    page.add_init_script(f"({WATCH})({values})")
    traffic = Traffic(context.new_cdp_session(page), served.url)
    page.goto(served.url + served.path, wait_until="commit")
    page.wait_for_function("window.benchmarkSeen.content && window.benchmarkSeen.finished")
    seen = page.evaluate("window.benchmarkSeen")
    paint = page.evaluate(f"({PAINT}).startTime")
    figures = {
        "paint": paint / 1000,
        "content": seen["content"] / 1000,
        "charts": seen["finished"] / 1000,
        "MB": traffic.bytes / 1e6,
        "ws MB": traffic.socket_bytes / 1e6,
        "requests": float(traffic.requests),
        "foreign": float(len(traffic.foreign)),
    }
    page.close(run_before_unload=True)
    return figures


class Traffic:
    """Counts what a page transfers."""

    def __init__(self, session: CDPSession, url: str) -> None:
        self.bytes = self.socket_bytes = self.requests = 0
        self.foreign: set[str] = set()
        self._host = urlsplit(url).netloc
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._loaded)
        session.on("Network.webSocketFrameReceived", self._received)
        session.send("Network.enable")

    def _asked(self, event: dict) -> None:
        address = urlsplit(event["request"]["url"])
        if address.scheme in ("http", "https"):
            self.requests += 1
            if address.netloc != self._host:
                self.foreign.add(address.netloc)

    def _loaded(self, event: dict) -> None:
        self.bytes += int(event["encodedDataLength"])

    def _received(self, event: dict) -> None:
        frame = event["response"]
        data = frame["payloadData"]
        self.socket_bytes += len(base64.b64decode(data)) if frame["opcode"] == 2 else len(data)
