"""Debian's Chromium for the tests: a tab that notes what should not have happened."""

import os
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000
expect.set_options(timeout=30_000)  # two cores, and a browser beside the server


@pytest.fixture(scope="session")
def chromium():
    """The path of Debian's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        message = "NOT RUN IN A BROWSER: there is no chromium; install Debian's package."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_tab(browser):
    """Open an address; the tab notes console errors and requests to other hosts."""
    contexts = []

    def open_address(url, path, width=1280, scheme="light", cookies=None, **more):
        is_phone = width < 600
        context = browser.new_context(
            viewport={"width": width, "height": 844},
            is_mobile=is_phone,
            has_touch=is_phone,
            color_scheme=scheme,
            **more,
        )
        contexts.append(context)
        context.add_cookies(
            [{"name": name, "value": text, "url": url} for name, text in (cookies or {}).items()]
        )
        context.set_default_timeout(PATIENCE)
        tab = context.new_page()
        tab.errors, tab.foreign = [], []
        tab.on("pageerror", lambda error: tab.errors.append(str(error)))
        tab.on(
            "console",
            lambda message: (
                tab.errors.append(f"{message.text} ({message.location['url']})")
                if message.type == "error"
                else None
            ),
        )
        tab.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((url, url.replace("http", "ws"), "data:", "blob:"))
                else tab.foreign.append(request.url)
            ),
        )
        tab.goto(url.rstrip("/") + path)
        return tab

    yield open_address
    for context in contexts:
        context.close()
