"""The media mix page in a real browser: sliders, training, downloads, by mouse, key and finger."""

import io
import re
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from apportion.config import CHECKOUT, Settings
from apportion.mmm import summary
from apportion.mmm.learned import learned
from apportion.mmm.posterior import FittedMMM
from apportion.results.accounts import Role
from apportion.results.mmm import HowSure
from apportion.results.runs import RunStatus
from apportion.server.forking import PRELOAD
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import open_workspace
from apportion.workspace.accounts import Accounts
from jobs.fleet import family, is_kernel, until, worker
from mmm.companies import company, prior_fit
from mmm.frames_of import dates, outcomes_of, spend_of
from server.process import MMM, PASSWORD, running
from views.example import example_results

pytestmark = pytest.mark.browser

NAMES = ("google", "meta", "tv")
SURE = (HowSure.VERY_SURE, HowSure.FAIRLY_SURE, HowSure.CANNOT_TELL)
FINGER = 44
BEA = "bea@bolt.example"
PEOPLE = {Role.ANALYST: "ann@acme.example", Role.VIEWER: "vic@acme.example"}


def trained_model():
    """Give a version and its posterior without sampling; TV cannot be told."""
    from dataclasses import replace

    drawn = prior_fit(3, size=80, weeks=104, channels=3)
    fitted = FittedMMM(drawn.draws, replace(drawn.data, channels=NAMES))
    effects = summary.effects(fitted)
    sure = zip(effects.channels, SURE, strict=True)
    made = example_results().model_copy(
        update={
            "date_range": fitted.data.date_range,
            "estimate_window": fitted.data.range_of(52, 104),
            "channels": tuple(each.model_copy(update={"how_sure": how}) for each, how in sure),
            "saturation_curves": effects.curves,
            "learned": learned(fitted),
            "decomposition": None,
        }
    )
    return made, fitted


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Settings of an installation with one company that has data and a model."""
    folder = tmp_path_factory.mktemp("mmm-page")
    settings = Settings(_env_file=None, home=folder, notebooks=CHECKOUT / "notebooks")
    migrate(settings)
    store = Store(settings.database_url)
    store.add_tenant("acme", name="Acme", currency="EUR", timezone="Europe/Berlin")
    tenant = store.for_tenant("acme")
    days = dates(104, start="2024-01-01")
    tenant.write("spend", [spend_of(days, google=900.0, meta=700.0, tv=300.0)])
    tenant.write("outcomes", [outcomes_of(days)])
    made, fitted = trained_model()
    model = tenant.start_model(channels=NAMES, start=None, end=None)
    tenant.complete_model(model.model_id, made, fitted.to_bytes())
    store.add_tenant("bolt", name="Bolt", currency="EUR", timezone="UTC")
    known, bolt = company(2, weeks=104, channels=2).data, store.for_tenant("bolt")
    bolt.write("spend", [spend_of(days, google=known.spend[:, 0], meta=known.spend[:, 1])])
    bolt.write("outcomes", [outcomes_of(days, known.outcome)])
    accounts = Accounts(settings)
    accounts.administer_as_operator("bolt").add_user(
        BEA, Role.ANALYST, name="Bea", password=PASSWORD
    )
    for role, email in PEOPLE.items():
        accounts.administer_as_operator("acme").add_user(
            email, role, name=role.title(), password=PASSWORD
        )
    accounts.close()
    return settings


@pytest.fixture(scope="module")
def served(home, tmp_path_factory):
    with running(home, tmp_path_factory.mktemp("log") / "log", preload=PRELOAD) as started:
        yield started


@pytest.fixture(scope="module")
def people(served):
    return {role: served.signed_in(email) for role, email in PEOPLE.items()}


@pytest.fixture
def open_page(people, open_tab):
    def open_it(tab_name, width=1280, scheme="light", role=Role.ANALYST):
        who = people[role]
        page = open_tab(who.url, MMM, width, scheme, cookies=who.cookies)
        page.get_by_role("tab", name=tab_name, exact=True).click()
        return page

    return open_it


@pytest.fixture
def workspace(home):
    return open_workspace("acme", settings=home)


def cents(text):
    return int(re.sub(r"[^0-9]", "", text))


def amounts(page):
    boxes = page.locator(".ap-al-rows > li > .ap-al-amount").all()
    return [cents(box.input_value()) for box in boxes]


def total(page):
    return cents(page.locator(".ap-al-side .ap-al-amount").first.input_value())


def assert_sound(page):
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]
    assert page.errors == []
    assert page.foreign == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_slider_keeps_the_total_and_says_what_it_brings(open_page, width, scheme):
    page = open_page("Budget", width, scheme)
    slider = page.get_by_role("slider", name="Meta")
    expect(slider).to_be_visible()
    before, whole = amounts(page), total(page)

    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")

    after = amounts(page)
    assert after[1] > before[1] or after[0] > before[0]
    assert after != before
    assert sum(after) == sum(before) == whole
    expect(page.locator(".ap-al-gain")).to_contain_text("better than now with")
    assert_sound(page)


def test_the_outcome_at_rest_is_that_of_the_api(open_page, workspace):
    page = open_page("Budget")
    expect(page.get_by_role("button", name="Auto-optimise")).to_be_visible()

    page.get_by_role("button", name="Auto-optimise").click()
    expect(page.locator(".ap-al-side .ap-foot")).to_contain_text("no split")

    made = workspace.mmm.optimise(total(page) / 100)
    texts = page.locator(".ap-al-bars b").all_inner_texts()
    assert texts[1] == f"€{made.projected_revenue:,.0f}"
    assert texts[0] == f"€{made.current_revenue:,.0f}"
    assert sorted(amounts(page)) == pytest.approx(
        sorted(round(100 * each.optimal_spend) for each in made.allocation), abs=1
    )
    assert_sound(page)


def test_a_locked_channel_stays_and_the_others_make_up(open_page):
    page = open_page("Budget")
    expect(page.get_by_role("slider", name="TV")).to_be_disabled()
    page.get_by_role("button", name="Lock TV").click()
    page.get_by_role("button", name="Lock Meta").click()
    before = amounts(page)
    names = page.locator(".ap-al-rows .ap-ch").all_inner_texts()

    box = page.get_by_label("TV, exact amount")
    box.fill("1")
    box.press("Tab")

    after = amounts(page)
    meta, tv = names.index("Meta"), names.index("TV")
    assert after[meta] == before[meta]
    assert after[tv] < before[tv]
    assert sum(after) == sum(before)


def test_fingers_find_their_targets(open_page):
    page = open_page("Budget", 390)
    expect(page.get_by_role("slider", name="Meta")).to_be_visible()

    controls = page.locator(".ap-al :is(button,summary,select,input:not([type=checkbox]))")
    boxes = [each.bounding_box() for each in controls.all() if each.is_visible()]

    assert len(boxes) > 10
    assert [box for box in boxes if box["height"] < FINGER] == []


def look_at(page, tab):
    page.get_by_role("tab", name=tab, exact=True).click()
    selected = page.get_by_role("tab", name=tab, exact=True, selected=True)
    expect(selected).to_be_visible()
    expect(page.locator(".ap-tabpanel .ap-card h2").first).to_be_visible()


def test_every_tab_is_accessible_and_sound(open_page):
    page = open_page("Budget")

    for tab in ("Budget", "Plan ahead", "Versions", "Train"):
        look_at(page, tab)
        found = Axe().run(page, context=".ap-tabbed").response["violations"]
        assert [(tab, each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
        assert_sound(page)


def test_every_tab_fits_a_phone(open_page):
    page = open_page("Plan ahead", 390, "dark")

    for tab in ("Plan ahead", "Versions", "Train", "What the data taught"):
        look_at(page, tab)
        assert_sound(page)


def saved(page, button):
    """Press a button that saves a file, and give it."""
    with page.expect_download() as waiting:
        button.click()
    return waiting.value


def pixels_of(download):
    with Image.open(download.path()) as picture:
        return np.asarray(picture.convert("RGB"))


def test_figures_and_pictures_are_handed_out(open_page, workspace):
    page = open_page("Saturation")
    expect(page.locator(".bqplot.figure path.line").first).to_be_attached()
    curves_card = page.locator(".ap-tabpanel")

    csv = saved(page, curves_card.get_by_role("button", name="Download the figures as CSV"))
    charts = pixels_of(
        saved(page, curves_card.get_by_role("button", name="Download this chart as PNG"))
    )
    table = pixels_of(saved(page, page.get_by_role("button", name="Download this table as PNG")))

    read = pd.read_csv(io.StringIO(csv.path().read_text(encoding="utf-8")))
    curves = workspace.mmm.latest().saturation_curves
    assert csv.suggested_filename == "apportion-curves.csv"
    assert read["spend"].to_list() == pytest.approx([p.spend for c in curves for p in c.curve])
    assert read["revenue"].to_list() == pytest.approx([p.revenue for c in curves for p in c.curve])
    box = page.locator(".ap-frame .ap-card").first.bounding_box()
    assert table.shape[:2] == pytest.approx((2 * box["height"], 2 * box["width"]), abs=2)
    assert charts.shape[0] > 400
    assert charts.shape[1] > 1600
    for drawn in (charts, table):
        assert len(np.unique(drawn.reshape(-1, 3), axis=0)) > 50
    assert_sound(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_channel_table_is_sorted_by_its_reader(open_page, workspace, width):
    page = open_page("Saturation", width)
    table = page.locator(".ap-frame table.ap-table").first
    shown = {each.channel: each.current_spend for each in workspace.mmm.latest().channels}
    by_spend = sorted(shown, key=shown.get, reverse=True)

    if width < 600:
        page.get_by_label("Sort by").select_option(label="Spend now")
    else:
        page.get_by_role("button", name="Spend now").click()
        expect(table.locator("th[aria-sort=descending]")).to_contain_text("Spend now")

    names = [text.lower() for text in table.locator("tbody .ap-ch").all_inner_texts()]
    assert [name.strip() for name in names] == by_spend
    assert_sound(page)


def test_a_test_run_elsewhere_is_entered_and_removed(open_page, workspace):
    page = open_page("Train")
    page.get_by_text("Enter a test that was run elsewhere").click()
    form = page.locator(".ap-ls")
    form.get_by_label("Name of the test").fill("Meta off in two regions")
    form.get_by_label("Channel", exact=True).select_option("meta")
    form.get_by_label("First day").fill("2025-03-03")
    form.get_by_label("Last day").fill("2025-03-30")
    form.get_by_label("Share of the outcome, %").fill("20")
    form.get_by_label("Lift, %").fill("9")
    form.get_by_label("90% interval from, %").fill("2")
    form.get_by_label("to, %", exact=True).fill("8")

    form.get_by_role("button", name="Enter the test").click()
    expect(form.get_by_role("alert")).to_contain_text("outside of its own interval")
    assert workspace.mmm.settings.lift_tests() == []

    form.get_by_label("Lift, %").fill("5")
    form.get_by_role("button", name="Enter the test").click()
    expect(page.get_by_role("checkbox", name="Meta off in two regions")).to_be_checked()
    [test] = workspace.mmm.settings.lift_tests()
    assert (test.channel, test.lift, test.outcome_share) == ("meta", 0.05, 0.2)

    page.get_by_role("button", name="Remove Meta off in two regions").click()
    expect(page.get_by_role("checkbox", name="Meta off in two regions")).to_have_count(0)
    assert workspace.mmm.settings.lift_tests() == []
    assert_sound(page)


def test_a_worker_trains_what_the_page_asks_for_and_stops_what_it_cancels(
    served, home, open_tab, tmp_path, record_property
):
    bea = served.signed_in(BEA)
    workspace = open_workspace("bolt", settings=home)

    def train():
        page = open_tab(bea.url, MMM, 1280, "light", cookies=bea.cookies)
        if workspace.mmm.versions():
            page.get_by_role("tab", name="Train", exact=True).click()
        page.get_by_role("button", name="Train the model").click()
        expect(page.get_by_text("Chain 1")).to_be_visible(timeout=90_000)
        return page

    with worker(home, log=tmp_path / "worker.log") as process:
        train().close()  # nobody looks, and it goes on
        until(lambda: all(run.status.has_ended for run in workspace.runs.list()), seconds=180)
        assert workspace.mmm.latest().version == 1
        assert workspace.mmm.latest().channels

        page = train()
        kernels = [each for each in family(process.pid) if is_kernel(each)]
        assert kernels
        page.get_by_role("button", name="Cancel").click()
        stopped = until(lambda: not any(each.is_running() for each in kernels))

        expect(page.get_by_text("The training was cancelled")).to_be_visible()
        record_property("seconds from the click to the end of its process", stopped)
    assert stopped < 10
    assert [run.status for run in workspace.runs.list()] == [
        RunStatus.CANCELLED,
        RunStatus.COMPLETED,
    ]
    assert workspace.mmm.latest().version == 1


def test_a_training_is_asked_for_survives_the_page_and_is_cancelled(open_page, workspace):
    page = open_page("Train")
    expect(page.get_by_role("button", name="Train the model")).to_be_enabled()
    page.get_by_label("Channels, comma-separated").fill("google, meta")
    page.get_by_role("button", name="Train the model").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.close()
    [run] = [each for each in workspace.runs.list() if not each.status.has_ended]
    assert run.parameters["channels"] == "google, meta"
    assert run.requested_by == "ann@acme.example"

    again = open_page("Train", 390)
    expect(again.get_by_role("progressbar")).to_be_visible()
    again.get_by_role("button", name="Cancel").click()

    expect(again.get_by_text("The training was cancelled")).to_be_visible()
    assert workspace.runs.get(run.id).status is RunStatus.CANCELLED
    assert_sound(again)


def test_a_viewer_is_offered_no_training_and_no_saving(open_page):
    page = open_page("Plan ahead", role=Role.VIEWER)
    expect(page.locator(".bqplot.figure path.line").first).to_be_attached()

    assert "Train" not in page.get_by_role("tab").all_inner_texts()
    expect(page.get_by_role("button", name="Save the plan")).to_have_count(0)


def test_a_plan_is_saved_by_its_name_and_stands_beside_others(open_page, workspace):
    page = open_page("Plan ahead")
    names = [f"plan {uuid4().hex[:6]}" for _ in "ab"]

    for name, spread in zip(names, ("last_year", "even"), strict=True):
        page.get_by_label("Spread over the weeks").select_option(spread)
        page.get_by_label("Name of the plan").fill(name)
        page.get_by_role("button", name="Save the plan").click()
        expect(page.locator(".ap-table", has_text=name).first).to_be_visible()

    saved = {each.name: each for each in workspace.scenarios.list()}
    assert [saved[name].plan.flighting.value for name in names] == ["last_year", "even"]
    assert saved[names[0]].created_by == "ann@acme.example"
