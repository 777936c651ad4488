"""The incrementality page in a real browser: every state, the dialog, a design, a certificate."""

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from apportion.config import CHECKOUT, Settings
from apportion.incrementality.certificate import recompute
from apportion.results.accounts import Role
from apportion.results.incrementality import Certificate, ExperimentStatus, NewExperiment
from apportion.server.forking import PRELOAD
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import open_workspace
from apportion.workspace.accounts import Accounts
from incrementality.panels import of, outcome_frame, spend_frame
from server.process import PASSWORD, running

pytestmark = pytest.mark.browser

PAGE = "/admin/attribution/incrementality"
PEOPLE = {Role.ANALYST: "ann@acme.example", Role.VIEWER: "vic@acme.example"}
STATES = (
    *("Alabama", "Arizona", "California", "Colorado", "Florida", "Georgia", "Illinois", "Iowa"),
    *("Kansas", "Maine", "Michigan", "Nevada", "New York", "Ohio", "Oregon", "Texas", "Utah"),
    *("Virginia", "Washington", "Wyoming"),
)
CHANGED = STATES[3:7]
DAYS = 150
TODAY = dt.datetime.now(dt.UTC).date()
FIRST = TODAY - dt.timedelta(days=DAYS)
LIFT = 0.1
COMBINATIONS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]


def planned(name, first_day, days, **settings):
    """Give a pause of Meta in four states; the first day counts from the first one of the data."""
    start = FIRST + dt.timedelta(days=first_day)
    values = {
        "name": name,
        "platform": "meta",
        "direction": "off",
        "test_regions": tuple(state for state in STATES if state not in CHANGED),
        "control_regions": CHANGED,
        "start_date": start,
        "end_date": start + dt.timedelta(days=days - 1),
    }
    return NewExperiment.model_validate({**values, **settings})


def written(tenant):
    """Store revenue and spend of 20 states, with a pause that has ended and one that runs."""
    rng = np.random.default_rng(1)
    week = 1 + 0.2 * np.sin(2 * np.pi * np.arange(DAYS) / 7)[:, None]
    revenue = np.exp(rng.normal(6, 0.5, 20)) * week * np.exp(rng.normal(0, 0.02, (DAYS, 20)))
    spend = np.full((DAYS, 20), 10.0)
    for paused in (slice(110, 124), slice(141, DAYS)):
        revenue[paused, 3:7] /= 1 + LIFT
        spend[paused, 3:7] = 0.0
    named = [replace(of(values, FIRST), regions=STATES) for values in (revenue, spend)]
    tenant.write_all([("outcomes", [outcome_frame(named[0])]), ("spend", [spend_frame(named[1])])])


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Settings of an installation whose company has an experiment of every state."""
    folder = tmp_path_factory.mktemp("incrementality-page")
    settings = Settings(_env_file=None, home=folder, notebooks=CHECKOUT / "notebooks")
    migrate(settings)
    store = Store(settings.database_url)
    store.add_tenant("acme", name="Acme", currency="USD", timezone="UTC")
    written(store.for_tenant("acme"))
    experiments = open_workspace("acme", settings=settings).experiments
    done, runs, off, _ = (
        experiments.create(new)
        for new in (
            planned("Spring pause", 110, 14),
            planned("Autumn pause", 141, 28),
            planned("Called off", 124, 14),
            planned("Winter pause", 180, 28),
        )
    )
    experiments.start(done.id, override_reason="to be sure")
    experiments.read_out(done.id)
    experiments.start(runs.id, override_reason="The agency had begun it")
    experiments.cancel(off.id, reason="Stock ran out")
    accounts = Accounts(settings)
    for role, email in PEOPLE.items():
        accounts.administer_as_operator("acme").add_user(
            email, role, name=role.title(), password=PASSWORD
        )
    accounts.close()
    return settings


@pytest.fixture(scope="module")
def served(home, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "log"
    with running(home, log, who=None, preload=PRELOAD) as started:
        yield started


@pytest.fixture(scope="module")
def people(served):
    return {role: served.signed_in(email) for role, email in PEOPLE.items()}


@pytest.fixture
def open_page(people, open_tab):
    def open_it(width=1280, scheme="light", role=Role.ANALYST):
        who = people[role]
        page = open_tab(who.url, PAGE, width, scheme, cookies=who.cookies, accept_downloads=True)
        # The page stands before its kernel does; buttons come with the kernel.
        expect(page.locator(".ap-exp h2")).to_be_visible()
        return page

    return open_it


@pytest.fixture
def experiments(home):
    return open_workspace("acme", settings=home).experiments


def opened(page, name):
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.locator(".ap-exp h2")).to_have_text(name)


def assert_sound(page):
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]
    assert page.errors == []
    assert page.foreign == []


def assert_accessible(page, context):
    found = Axe().run(page, context=context).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []


@pytest.mark.parametrize(("width", "scheme"), COMBINATIONS)
def test_every_state_is_shown_and_sound(open_page, experiments, width, scheme):
    page = open_page(width, scheme)
    done = next(each for each in experiments.list() if each.name == "Spring pause")

    opened(page, "Spring pause")
    expect(page.locator(".ap-note", has_text="Recommendation")).to_be_visible()
    expect(page.locator(".bqplot.figure path.line").first).to_be_attached()
    lift = f"{done.results.incremental_lift_percent:+.1f}%".replace("-", "\N{MINUS SIGN}")
    expect(page.locator(".ap-kpis")).to_contain_text(lift)
    assert_accessible(page, ".ap-page")
    assert_sound(page)

    opened(page, "Autumn pause")
    expect(page.get_by_text("No verdict yet")).to_be_visible()
    expect(page.get_by_text("9 days of 28 days are in the data")).to_be_visible()
    expect(page.locator(".ap-kpis")).to_have_count(0)
    assert_sound(page)

    opened(page, "Called off")
    expect(page.locator(".ap-note", has_text="Stock ran out")).to_be_visible()
    assert_sound(page)

    opened(page, "Winter pause")
    expect(page.locator("svg.ap-power")).to_be_visible()
    assert_accessible(page, ".ap-page")
    assert_sound(page)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_dialog_finds_a_design_and_its_curve_moves(open_page, width, scheme):
    page = open_page(width, scheme)
    page.get_by_role("button", name="New experiment").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("svg.ap-map path.control")).to_have_count(20)

    dialog.get_by_role("button", name="Find designs").click()
    dialog.get_by_role("button", name=re.compile("Draw 4 regions")).first.click()

    expect(dialog.get_by_text(re.compile(r"Drawn at random, seed \d+"))).to_be_visible()
    expect(dialog.locator("svg.ap-map path.test")).to_have_count(4)
    before = dialog.locator("svg.ap-power").get_attribute("aria-label")
    assert_accessible(page, ".ap-modal")
    dialog.get_by_label("Smallest lift that matters, %").fill("2")
    dialog.get_by_label("Smallest lift that matters, %").press("Tab")
    curve = dialog.locator("svg.ap-power")
    expect(curve).to_have_attribute("aria-label", re.compile("lift of 2% in"))
    assert curve.get_attribute("aria-label") != before
    box = dialog.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert_sound(page)


def test_a_field_that_cannot_be_used_is_said_beside_it(open_page):
    page = open_page(390)
    page.get_by_role("button", name="New experiment").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Ohio: control region").last.click()

    dialog.get_by_label("Baseline days before the test").fill("12")
    dialog.get_by_label("Baseline days before the test").press("Tab")

    expect(dialog.locator("#ap-m-baseline")).to_contain_text("Found 12; allowed: 21")
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert_sound(page)


def test_an_experiment_is_made_started_and_cancelled_on_the_page(open_page, experiments):
    page = open_page()
    page.get_by_role("button", name="New experiment").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Made here")
    dialog.get_by_role("radio", name="Google").check()
    dialog.get_by_label("Smallest lift that matters, %").fill("10")
    later = TODAY + dt.timedelta(days=40)  # when the one that runs has ended
    dialog.get_by_label("End", exact=True).fill(str(later + dt.timedelta(days=20)))
    dialog.get_by_label("Start", exact=True).fill(str(later))
    dialog.get_by_role("button", name="Find designs").click()
    dialog.get_by_role("button", name=re.compile("Draw 4 regions")).first.click()
    expect(dialog.get_by_text("This test would find the lift that matters")).to_be_visible()
    dialog.get_by_role("button", name="Save as draft").click()
    expect(page.locator(".ap-exp h2")).to_have_text("Made here")

    page.get_by_role("button", name="Start the test").click()

    expect(page.locator(".ap-exp")).to_contain_text("Running")
    made = next(each for each in experiments.list() if each.name == "Made here")
    assert made.status is ExperimentStatus.RUNNING
    assert made.design is not None
    assert set(made.test_regions) == {
        made.design.regions[p] for p in made.design.pool[made.design.drawn]
    }
    page.get_by_role("button", name="Cancel the test").click()
    expect(page.locator(".ap-exp")).to_contain_text("Cancelled")
    assert experiments.get(made.id).status is ExperimentStatus.CANCELLED
    experiments.delete(made.id)
    assert_sound(page)


def test_the_certificate_of_the_page_gives_its_figures_again(open_page, experiments):
    page = open_page()
    opened(page, "Spring pause")

    with page.expect_download() as waiting:
        page.get_by_role("button", name="Certificate (JSON)").click()

    certificate = Certificate.model_validate_json(waiting.value.path().read_bytes())
    results = experiments.get(certificate.experiment.id).results
    assert recompute(certificate).p_value == results.p_value
    assert recompute(certificate).lift_percent == pytest.approx(results.incremental_lift_percent)
    assert results.incremental_lift_percent == pytest.approx(100 * LIFT, abs=2)


def test_a_viewer_is_offered_nothing_to_change(open_page):
    page = open_page(role=Role.VIEWER)
    opened(page, "Winter pause")

    for name in ("New experiment", "Start the test", "Edit", "Delete"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
