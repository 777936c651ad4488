"""The journeys page in a real browser: list, search, panel, timeline; by mouse and by keyboard."""

import json
from pathlib import Path

import axe_playwright_python
import nbformat
import pytest
from playwright.sync_api import expect

from apportion.config import CHECKOUT, Settings
from apportion.jobs.runner import run_notebook
from apportion.results.accounts import ActingMember, Role
from apportion.results.journeys import TrueShare, TrueShares
from apportion.server.forking import PRELOAD
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import Workspace, open_workspace
from apportion.workspace.accounts import Accounts
from journeys.tables import random_world
from server.process import PASSWORD, running

pytestmark = pytest.mark.browser

JOURNEYS = "/admin/attribution/journeys"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WORLDS = {"acme": random_world(1, size=600, orders=90, customers=60), "birch": random_world(2)}
PEOPLE = {
    "ann": ("acme", Role.ANALYST),
    "vic": ("acme", Role.VIEWER),
    "ben": ("birch", Role.ANALYST),
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """An installation of two tenants with the same order ids, of which acme's are analysed."""
    home = tmp_path_factory.mktemp("journeys")
    settings = Settings(_env_file=None, home=home, notebooks=CHECKOUT / "notebooks")
    migrate(settings)
    store = Store(settings.database_url)
    for slug, (touched, bought) in WORLDS.items():
        store.add_tenant(slug, name=slug.title(), currency="EUR", timezone="Europe/Berlin")
        tenant = store.for_tenant(slug)
        tenant.write("touchpoints", [touched.assign(campaign="Spring <b>sale</b>")])
        emails = bought["customer_id"] + f"@{slug}.example"
        tenant.write("conversions", [bought.assign(email=emails)])
    workspace = open_workspace("acme", settings=settings)
    workspace.journeys.record_truth(
        TrueShares(
            start="2026-03-01",
            end="2026-05-29",
            channels=(TrueShare(channel="meta", revenue=1.0, percent=3.0),),
            baseline_percent=80.0,
        )
    )
    accounts = Accounts(settings)
    for name, (slug, role) in PEOPLE.items():
        administration = accounts.administer_as_operator(slug)
        administration.add_user(f"{name}@mail.example", role, name=name, password=PASSWORD)
    accounts.close()
    return settings


@pytest.fixture(scope="module")
def executed(settings):
    """The notebook of a scheduled run, which analyses acme's journeys."""
    run = run_notebook(open_workspace("acme", settings=settings), "journeys")
    return Path(run.output_path)


@pytest.fixture(scope="module")
def server(settings, executed, tmp_path_factory):
    log = tmp_path_factory.mktemp("server") / "log"
    with running(settings, log, who=None, preload=PRELOAD) as started:
        yield started


@pytest.fixture(scope="module")
def signed_in(server):
    """Everybody, signed in once."""
    return {name: server.signed_in(f"{name}@mail.example") for name in PEOPLE}


@pytest.fixture
def open_page(server, signed_in, open_tab):
    """Open the page as somebody, and wait until the widgets are there."""

    def open_as(name="ann", width=1280, scheme="light", **more):
        cookies = signed_in[name].cookies
        tab = open_tab(server.url, JOURNEYS, width, scheme, cookies=cookies, **more)
        expect(tab.locator("#loading")).to_have_count(0)
        expect(tab.locator(".ap-browser")).to_be_visible()
        return tab

    return open_as


def rows(tab):
    return tab.locator(".ap-browser button[data-open]")


def open_first(tab):
    rows(tab).first.click()
    panel = tab.get_by_role("dialog")
    expect(panel).to_be_visible()
    return panel


def violations(tab):
    tab.evaluate(AXE)
    found = tab.evaluate("tags => axe.run(document, {runOnly: tags})", WCAG)
    return [
        (each["id"], node["html"], node["failureSummary"])
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_and_its_panel_are_clean_and_accessible(open_page, width, scheme):
    tab = open_page(width=width, scheme=scheme)
    expect(rows(tab)).to_have_count(10)
    expect(tab.locator(".bqplot.figure rect.bar").first).to_be_attached()
    assert violations(tab) == []

    panel = open_first(tab)
    panel.locator("button.ap-tl-touch").first.click()
    tab.wait_for_timeout(400)  # the panel fades in; axe would see the colours between

    assert violations(tab) == []
    assert (tab.errors, tab.foreign) == ([], [])
    assert tab.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_search_filter_and_window_change_the_list(open_page):
    tab = open_page()

    tab.get_by_role("searchbox").fill("O11")
    expect(rows(tab)).to_have_count(1)
    expect(rows(tab)).to_have_text("o11")
    tab.get_by_role("searchbox").fill("nothing")
    expect(tab.locator(".ap-empty")).to_contain_text("No order matches “nothing”")
    tab.get_by_role("searchbox").fill("")
    expect(rows(tab)).to_have_count(10)
    tab.get_by_role("button", name="Returning").click()
    expect(tab.locator(".ap-browser .ap-chip").first).to_have_text("Returning")
    tab.get_by_role("button", name="7 days").click()
    expect(tab.locator(".ap-facts")).to_contain_text("7 days before each")
    expect(tab.get_by_role("button", name="7 days")).to_have_attribute("aria-pressed", "true")


def test_all_fifty_are_shown_on_request(open_page):
    tab = open_page()

    tab.get_by_role("button", name="Show all 50").click()

    expect(rows(tab)).to_have_count(50)


def test_a_journey_is_read_by_keyboard_alone(open_page):
    tab = open_page()
    rows(tab).first.focus()

    tab.keyboard.press("ArrowDown")
    second = rows(tab).nth(1)
    expect(second).to_be_focused()
    tab.keyboard.press("Enter")
    panel = tab.get_by_role("dialog")
    expect(panel.get_by_role("button", name="Close")).to_be_focused()
    tab.keyboard.press("Tab")
    first = panel.locator("button.ap-tl-touch").first
    expect(first).to_be_focused()
    tab.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-expanded", "true")
    expect(panel.locator(".ap-tl-detail")).to_contain_text("Spring <b>sale</b>")
    tab.keyboard.press("Escape")
    expect(panel.locator(".ap-tl-detail")).to_have_count(0)
    tab.keyboard.press("Tab")
    expect(panel.get_by_role("tab", name="Shapley")).to_be_focused()
    tab.keyboard.press("ArrowRight")
    expect(panel.get_by_role("tab", name="Markov")).to_have_attribute("aria-selected", "true")
    tab.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(rows(tab).nth(1)).to_be_focused()


def test_focus_stays_inside_the_panel(open_page):
    tab = open_page()
    panel = open_first(tab)

    tab.keyboard.press("Shift+Tab")
    assert panel.evaluate("panel => panel.contains(document.activeElement)")
    tab.keyboard.press("Tab")
    expect(panel.get_by_role("button", name="Close")).to_be_focused()


def test_a_tab_per_model_shows_its_credit(open_page):
    tab = open_page()
    panel = open_first(tab)

    tabs = panel.get_by_role("tab")
    expect(tabs).to_have_count(7)
    for number in range(7):
        tabs.nth(number).click()
        expect(tabs.nth(number)).to_have_attribute("aria-selected", "true")
        shares = panel.locator(".ap-credit .track i").evaluate_all(
            "bars => bars.map(bar => Number(bar.style.getPropertyValue('--p')))"
        )
        assert sum(shares) == pytest.approx(100, abs=0.01)


def test_the_timeline_lies_on_a_screen_and_stands_on_a_phone(open_page):
    for width, axis, orientation in ((1280, "x", "horizontal"), (390, "y", "vertical")):
        tab = open_page(width=width)
        tab.get_by_role("searchbox").fill(longest_order())
        expect(rows(tab)).to_have_count(1)
        panel = open_first(tab)
        boxes = [dot.bounding_box() for dot in panel.locator(".ap-tl-dot").all()]

        places = [box[axis] for box in boxes]
        assert places == sorted(places)
        assert places[-1] - places[0] > 200
        expect(panel.get_by_role("toolbar")).to_have_attribute("aria-orientation", orientation)


def longest_order():
    """Give the order of the customer with the most touchpoints in the days before it."""
    touched, bought = WORLDS["acme"]
    counts = {
        order["order_id"]: (
            (touched["customer_id"] == order["customer_id"])
            & (touched["timestamp"] <= order["timestamp"])
            & ((order["timestamp"] - touched["timestamp"]).dt.days < 30)
        ).sum()
        for order in bought.to_dict("records")
    }
    # The search is by prefix: of an order that no other begins with.
    unique = {one: n for one, n in counts.items() if sum(o.startswith(one) for o in counts) == 1}
    return max(unique, key=unique.__getitem__)


def test_an_analyst_sets_the_half_life_and_a_viewer_is_not_offered_it(open_page, settings):
    journeys = open_workspace("acme", settings=settings).journeys
    before = journeys.settings()
    tab = open_page()
    field = tab.get_by_label("Time decay: half-life in days")

    field.fill("soon")
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.get_by_text("Found “soon”; allowed is")).to_be_visible()
    assert violations(tab) == []
    field.fill("3.5")
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.get_by_text("Stored", exact=True)).to_be_visible()
    expect(tab.get_by_text("Data or settings have changed since")).to_be_visible()

    assert journeys.settings() == before.model_copy(update={"half_life_days": 3.5})
    journeys.change_settings(before)
    expect(open_page("vic").get_by_text("How credit is shared out")).to_have_count(0)


def test_truth_stands_beside_credit_on_a_simulated_tenant(open_page):
    tab = open_page()

    expect(tab.get_by_text("This company is simulated", exact=False)).to_be_visible()


def test_viewers_see_masked_addresses_everywhere(signed_in, open_page):
    tab = open_page("vic")
    panel = open_first(tab)

    expect(panel).to_contain_text("c•••@•••.example")
    assert "@acme.example" not in tab.content()
    first = signed_in["vic"].get(JOURNEYS).text
    assert "@acme.example" not in first


def test_the_first_response_has_figures_and_list(signed_in):
    page = signed_in["ann"].get(JOURNEYS).text

    assert "conversions" in page
    assert page.index("ap-kpis") < page.index("ap-link")
    assert "@acme.example" in page


def test_another_tenants_member_sees_their_own_orders(open_page):
    tab = open_page("ben")

    expect(tab.locator(".ap-answer").first).to_have_text("Nothing has been analysed yet")
    assert "@birch.example" in tab.content()
    assert "@acme.example" not in tab.content()


def test_a_runs_notebook_holds_results_and_no_address(executed):
    text = executed.read_text()

    assert "example" not in text.replace("•••.example", "")
    errors = [
        output
        for cell in nbformat.reads(text, as_version=4).cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
    assert errors == []
    assert json.loads(text)["metadata"]["papermill"]["exception"] is None


def test_no_address_is_in_a_log_or_a_page_address(server, signed_in, open_page):
    tab = open_page()
    address = WORLDS["acme"][1]["customer_id"][0]

    tab.get_by_role("searchbox").fill(f"{address}@acme.example")
    expect(rows(tab)).not_to_have_count(10)
    signed_in["ann"].get(f"/api/admin/attribution/journeys?search={address}@acme.example")

    assert "acme.example" not in tab.url
    assert "acme.example" not in server.log.read_text()


def test_whole_addresses_need_an_analyst(settings, executed):
    store = Store(settings.database_url)
    seen = {
        role: Workspace(store, "acme", settings, ActingMember(id="x", name="x", role=role))
        .journeys.recent(limit=1)[0]
        .customer_email
        for role in (Role.VIEWER, Role.ANALYST)
    }

    assert "•••" in seen[Role.VIEWER]
    assert seen[Role.ANALYST].endswith("@acme.example")
