"""The one script that starts Voilà and the widgets: whole, and asked for once."""

import gzip
import re
from importlib.resources import files

import pytest
from playwright.sync_api import expect

from apportion.server.application import Server
from apportion.server.front_end import IMPATIENT, PATIENT, SOURCE_MAP, FrontEnd
from apportion.server.pages import APPS
from apportion.server.services import open_services
from apportion.server.site import Site
from server.process import MMM


@pytest.fixture(scope="module")
def front_end(installation):
    """The script that a server serves."""
    return Server(open_services(installation, Site(), APPS)).front_end


def address_in(page):
    return re.search(r'apportionStart\("([^"]+)"\)', page)[1]


def test_every_file_of_the_list_is_installed(front_end):
    names = (files("apportion.server") / "front_end.txt").read_text().split()

    assert [name for name in names if front_end._find(name) is None] == []
    assert len(set(names)) == len(names)


def test_it_ends_with_voilas_own_script_and_holds_no_source_map(front_end):
    assert front_end.body.endswith(front_end._find("static/voila.js").read_bytes())
    assert not SOURCE_MAP.search(front_end.body)


def test_a_widget_may_take_longer_than_two_seconds_to_load(front_end):
    assert PATIENT in front_end.body
    assert IMPATIENT not in front_end.body


def test_a_file_that_is_not_there_is_left_to_be_loaded_singly(front_end):
    voila = front_end._folders["static"][0]

    assert FrontEnd(voila, []).body.endswith(front_end._find("static/voila.js").read_bytes())


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_it_is_served_under_the_address_that_the_page_names(server, front_end, encoding):
    address = address_in(server.get(MMM).text)
    answer = server.get(address, Accept_Encoding=encoding)
    is_packed = answer.headers.get("content-encoding") == "gzip"

    assert is_packed == (encoding == "gzip")
    assert (gzip.decompress(answer.body) if is_packed else answer.body) == front_end.body
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.browser
def test_a_page_loads_no_script_singly_that_the_list_could_hold(server, open_tab):
    tab = open_tab(server.url, "/login", cookies=server.cookies)
    asked = []
    tab.on("request", lambda request: asked.append(request.url.partition("?")[0]))
    tab.goto(server.url.rstrip("/") + MMM)
    expect(tab.locator(".bqplot.figure path.line").first).to_be_attached()

    scripts = [url for url in asked if "/voila/" in url and url.endswith(".js")]
    assert sum(url.endswith("/apportion.js") for url in scripts) == 1
    assert [
        u for u in scripts if not u.endswith("/apportion.js") and "/remoteEntry." not in u
    ] == []


@pytest.mark.browser
def test_the_browser_starts_the_front_end_while_the_cells_run(serve_page, open_tab):
    slow = "import time, ipywidgets\ntime.sleep(4)\nipywidgets.HTML('<p>drawn</p>')"
    with serve_page(slow) as server:
        tab = open_tab(server.url, "/login", cookies=server.cookies)
        tab.goto(server.url.rstrip("/") + MMM, wait_until="commit")
        tab.wait_for_function("window._JUPYTERLAB?.bqplot")

        assert tab.evaluate("document.readyState") == "loading"
        expect(tab.get_by_text("drawn")).to_be_visible()
        assert tab.errors == []
