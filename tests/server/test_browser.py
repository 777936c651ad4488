"""The pages in a real browser, at both widths and in both themes."""

import os
import signal

import psutil
import pytest
from playwright.sync_api import expect

from apportion.config import CHECKOUT
from apportion.server.forking import PRELOAD
from server.process import MMM, running, wait_until

pytestmark = pytest.mark.browser

FINGER = 44


@pytest.fixture(scope="module")
def real_server(installation, tmp_path_factory):
    """A server of the checkout's own notebooks."""
    settings = installation.model_copy(update={"notebooks": CHECKOUT / "notebooks"})
    with running(settings, tmp_path_factory.mktemp("real") / "log", preload=PRELOAD) as started:
        yield started


def assert_clean(tab):
    width = tab.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")

    assert tab.errors == []
    assert tab.foreign == []
    assert width[0] <= width[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_home_is_clean_at_both_widths_and_in_both_themes(real_server, open_tab, width, scheme):
    tab = open_tab(real_server.url, "/", width, scheme, cookies=real_server.cookies)

    expect(tab.locator("h1")).to_contain_text("Ads brought")
    assert_clean(tab)
    assert is_dark(tab) is (scheme == "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_media_mix_page_is_clean(real_server, open_tab, width, scheme):
    tab = open_tab(real_server.url, MMM, width, scheme, cookies=real_server.cookies)

    expect(tab.locator(".ap-answer").first).to_contain_text("Put the next euro into")
    expect(tab.locator("#loading")).to_have_count(0)
    expect(tab.locator(".bqplot.figure path.line").first).to_be_attached()
    expect(tab.locator("#ap-status")).to_be_hidden()
    assert_clean(tab)


@pytest.mark.parametrize("path", ["/", MMM])
def test_on_a_phone_navigation_is_at_the_bottom_and_made_for_fingers(server, open_tab, path):
    tab = open_tab(server.url, path, 390, cookies=server.cookies)
    boxes = [link.bounding_box() for link in tab.locator(".ap-nav a").all()]

    assert len(boxes) == 2
    assert all(box["height"] >= FINGER and box["width"] >= FINGER for box in boxes)
    assert all(box["y"] + box["height"] == pytest.approx(844, abs=1) for box in boxes)


def test_a_click_reaches_the_kernel_and_comes_back(server, open_tab):
    tab = open_tab(server.url, MMM, cookies=server.cookies)

    tab.get_by_role("button", name="Count").click()

    expect(tab.get_by_text("clicked 1 times")).to_be_visible()


def test_dollars_are_amounts_and_not_formulas(serve_page, open_tab):
    with serve_page("from IPython.display import HTML\nHTML('<p>$1 to $2 a day</p>')") as server:
        tab = open_tab(server.url, MMM, cookies=server.cookies)

        expect(tab.get_by_text("$1 to $2 a day")).to_be_visible()
        tab.wait_for_load_state("networkidle")
        assert_clean(tab)


def test_leaving_a_page_ends_its_kernel(server, open_tab):
    tab = open_tab(server.url, MMM, cookies=server.cookies)
    expect(tab.get_by_role("button", name="Count")).to_be_visible()
    kernel = kernel_of(tab)
    assert server.kernel_status(kernel) == 200

    tab.goto(server.url)

    assert wait_until(lambda: server.kernel_status(kernel) == 404)


def test_a_page_whose_kernel_ended_says_so_and_loads_again(server, open_tab):
    before = {child.pid for child in server.children()}
    tab = open_tab(server.url, MMM, cookies=server.cookies)
    expect(tab.get_by_role("button", name="Count")).to_be_visible()
    expect(tab.get_by_text("clicked 0 times")).to_be_visible()
    kernel = kernel_of(tab)
    [process] = [child for child in server.children() if child.pid not in before]

    os.kill(process.pid, signal.SIGKILL)

    expect(tab.locator("#ap-status")).to_contain_text("This page has ended")
    tab.get_by_role("button", name="Load again").click()
    expect(tab.get_by_text("clicked 0 times")).to_be_visible()
    assert kernel_of(tab) != kernel


def test_a_lost_connection_is_told(serve_page, open_tab):
    with serve_page("import ipywidgets\nipywidgets.HTML('<p>shown</p>')") as server:
        tab = open_tab(server.url, MMM, cookies=server.cookies)
        expect(tab.get_by_text("shown")).to_be_visible()
        server.stop()

    expect(tab.locator("#ap-status")).to_contain_text("Connection lost")


def test_a_failed_page_says_so_with_its_reference(serve_page, open_tab):
    with serve_page("raise ValueError('planted')") as server:
        tab = open_tab(server.url, MMM, cookies=server.cookies)
        expect(tab.locator("#ap-status")).to_contain_text("could not be prepared. (reference ")
        reference = kernel_of(tab)[:8]

        expect(tab.locator("#ap-status")).to_contain_text(reference)
        expect(tab.get_by_role("button", name="Try again")).to_be_visible()
        assert "planted" not in tab.content()
        assert psutil.pid_exists(server.popen.pid)


def kernel_of(tab):
    return tab.evaluate(
        "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
    )


def is_dark(tab):
    colour = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(int, colour.removeprefix("rgb(").rstrip(")").split(","))) < 3 * 128
