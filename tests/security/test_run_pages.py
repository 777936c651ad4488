"""The pages of background work in a real browser: live progress, both widths, both themes."""

import pytest
from playwright.sync_api import expect

from apportion.config import CHECKOUT
from apportion.results.backtest import BackTest
from apportion.results.base import Interval
from apportion.results.mmm import DateRange
from apportion.results.runs import ChainProgress, RunStatus
from apportion.store import Store
from security.test_browser import AXE, WCAG
from server.conftest import add_model, installation  # noqa: F401  a fixture
from server.process import running
from server.test_browser import assert_clean

pytestmark = pytest.mark.browser

PAGES = ["/runs", "/runs/versions?before=1&after=2", "/settings/alerts", "/settings/schedules"]


@pytest.fixture(scope="module")
def store(installation):  # noqa: F811
    opened = Store(installation.database_url)
    yield opened.for_tenant("acme")
    opened.close()


@pytest.fixture(scope="module")
def shown(installation, store, tmp_path_factory):  # noqa: F811
    """A server whose administrator is signed in; with two versions, one measured, and a failure."""
    add_model(_Opened(store), "acme")
    model = store.model()
    day = model.date_range.end if model.date_range else None
    store.record_backtest(
        BackTest(
            model_id=model.model_id, version=model.version, period=DateRange(start=day, end=day),
            weeks=3, mape=0.07, promised_mape=0.05,
            promised_mape_interval=Interval(lower=0.03, upper=0.06), last_year_mape=0.1,
            bias=-0.01, coverage90=0.66, measured_at=model.last_run_at,
        )
    )  # fmt: skip
    failed = store.start_run("mmm", {}, host="elsewhere", pid=1, process_started=1.0)
    store.finish_run(failed.id, RunStatus.FAILED, "Too few weeks.")
    settings = installation.model_copy(
        update={"schedules": CHECKOUT / "scheduled" / "schedule.toml"}
    )
    log = tmp_path_factory.mktemp("shown") / "log"
    with running(settings, log, who="ada@acme.example") as server:
        yield server


class _Opened:
    """A store that opens the one tenant that is at hand."""

    def __init__(self, tenant):
        self.tenant = tenant

    def for_tenant(self, slug):
        assert slug == self.tenant.tenant.slug
        return self.tenant


@pytest.fixture
def at_work(store):
    """A run that is at work elsewhere; it has failed afterwards, unless it has ended."""
    run = store.start_run("journeys", {}, host="elsewhere", pid=1, process_started=1.0)
    store.report_progress(run.id, 0.25, "Reading orders", remaining_seconds=61)
    yield run
    if not store.run(run.id).status.has_ended:
        store.finish_run(run.id, RunStatus.FAILED, "over")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "light"), (1280, "dark")])
@pytest.mark.parametrize("path", [*PAGES, "/runs/{}"])
def test_a_page_is_clean_and_accessible(shown, open_tab, at_work, path, width, scheme):
    address = path.format(at_work.id)
    tab = open_tab(shown.url, address, width, scheme, cookies=shown.cookies, bypass_csp=True)

    tab.evaluate(AXE)
    found = tab.evaluate("tags => axe.run({runOnly: tags})", WCAG)
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_clean(tab)


def test_progress_is_live_and_the_end_is_shown_without_a_reload_by_hand(
    shown, open_tab, store, at_work
):
    tab = open_tab(shown.url, f"/runs/{at_work.id}", cookies=shown.cookies)
    expect(tab.locator("[data-k=share]")).to_have_text("25%")

    chains = [ChainProgress(chain=1, draws=300, total=2000, divergences=1)]
    store.report_progress(at_work.id, 0.75, "Sampling", remaining_seconds=20, chains=chains)

    expect(tab.locator("[data-k=share]")).to_have_text("75%")
    expect(tab.locator("[data-k=message]")).to_have_text("Sampling")
    expect(tab.locator("[data-k=left]")).to_have_text("about 20 s left")
    expect(tab.locator("[data-k=chains]")).to_contain_text("300 of 2,000 draws, 1 divergence")

    store.finish_run(at_work.id, RunStatus.FAILED, "It broke.")

    expect(tab.locator("h1")).to_have_text("Journeys failed")
    expect(tab.locator("main")).to_contain_text("It broke.")
    assert_clean(tab)


def test_progress_is_there_again_in_a_new_browser_and_without_scripts(
    shown, open_tab, store, at_work
):
    store.report_progress(at_work.id, 0.5, "Counting paths")

    for more in ({}, {"java_script_enabled": False}):
        tab = open_tab(shown.url, "/runs", 390, cookies=shown.cookies, **more)
        live = tab.locator(f"[data-run='{at_work.id}']")
        expect(live).to_contain_text("Counting paths")
        expect(live).to_contain_text("50%")


def test_a_run_is_cancelled_by_its_button(shown, open_tab, store, at_work):
    tab = open_tab(shown.url, f"/runs/{at_work.id}", 390, cookies=shown.cookies)

    tab.get_by_role("button", name="Cancel this run").click()

    expect(tab.locator("h1")).to_have_text("Journeys was cancelled")
    assert store.run(at_work.id).status is RunStatus.CANCELLED


def test_going_back_to_a_version_needs_a_reason(shown, open_tab, store):
    tab = open_tab(shown.url, "/runs/versions", cookies=shown.cookies)
    tab.get_by_role("button", name="Make it current").click()
    assert store.model().version == 2

    tab.get_by_label("Why?").fill("The new one is off.")
    tab.get_by_role("button", name="Make it current").click()

    expect(tab.locator("h1")).to_contain_text("Version 1 is current")
    assert store.model().version == 1
    store.make_current(2, reason="again", at=store.model().last_run_at, by=_someone())


def _someone():
    from apportion.results.accounts import COMMAND_LINE

    return COMMAND_LINE
