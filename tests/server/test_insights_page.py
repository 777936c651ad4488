"""The insights page in a real browser: opened, answered, written again; by mouse and finger."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from apportion.config import CHECKOUT, Settings
from apportion.results.accounts import Role
from apportion.results.insights import Verdict
from apportion.results.runs import RunStatus
from apportion.server.forking import PRELOAD
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import open_workspace
from apportion.workspace.accounts import Accounts
from narration.fake_claude import fake_claude
from server.process import PASSWORD, running
from workspace.test_ask import call
from workspace.test_insights import frames

pytestmark = pytest.mark.browser

INSIGHTS = "/admin/attribution/ai-insights"
FINGER = 44
KEY = "planted-secret"
"""Of Claude, in the surroundings of the server."""
PEOPLE = {Role.ANALYST: "ann@acme.example", Role.VIEWER: "vic@acme.example"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Settings of an installation with one company that has data and stored insights."""
    folder = tmp_path_factory.mktemp("insights-page")
    settings = Settings(_env_file=None, home=folder, notebooks=CHECKOUT / "notebooks")
    migrate(settings)
    store = Store(settings.database_url)
    store.add_tenant("acme", name="Acme", currency="EUR", timezone="Europe/Berlin")
    tenant = store.for_tenant("acme")
    tenant.write_all((name, [frame]) for name, frame in frames().items())
    open_workspace("acme", settings=settings).insights.refresh()
    accounts = Accounts(settings)
    for role, email in PEOPLE.items():
        accounts.administer_as_operator("acme").add_user(
            email, role, name=role.title(), password=PASSWORD
        )
    accounts.close()
    return settings


@pytest.fixture(scope="module")
def claude():
    with fake_claude() as serving:
        yield serving


@pytest.fixture(scope="module")
def people(home, claude, tmp_path_factory):
    settings = home.model_copy(update={"claude_base_url": claude.url})
    with running(settings, tmp_path_factory.mktemp("log") / "log", preload=PRELOAD) as served:
        yield {role: served.signed_in(email) for role, email in PEOPLE.items()}


@pytest.fixture
def open_page(people, open_tab):
    def open_it(width=1280, scheme="light", role=Role.ANALYST):
        who = people[role]
        page = open_tab(who.url, INSIGHTS, width, scheme, cookies=who.cookies)
        expect(page.locator(".ap-anom").first).to_be_visible()
        expect(page.locator("#loading")).to_have_count(0)
        return page

    return open_it


@pytest.fixture
def workspace(home):
    return open_workspace("acme", settings=home)


def assert_sound(page):
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]
    assert page.errors == []
    assert page.foreign == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_clean_and_accessible_with_everything_open(open_page, width, scheme):
    page = open_page(width, scheme)
    expect(page.locator("table.dataframe").last).to_be_visible()
    page.evaluate("document.querySelectorAll('details:not(.ap-pop)').forEach(d => d.open = true)")

    found = Axe().run(page).response["violations"]

    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
    assert_sound(page)


def test_fingers_find_their_targets(open_page):
    page = open_page(390)
    page.evaluate("document.querySelectorAll('details:not(.ap-pop)').forEach(d => d.open = true)")

    controls = page.locator(".ap-page :is(button,summary,input,a.ap-btn)")
    boxes = [each.bounding_box() for each in controls.all() if each.is_visible()]

    assert len(boxes) > 10
    assert [box for box in boxes if box["height"] < FINGER] == []


def test_a_click_opens_what_moved_an_anomaly_and_what_to_do(open_page):
    page = open_page()
    card = page.locator(".ap-anom", has_text="Revenue, ").first

    card.get_by_text("What moved it").click()
    expect(card.locator(".ap-fall").first).to_be_visible()

    advice = page.locator("details.ap-rec").first
    advice.locator("summary").click()
    expect(advice.get_by_text("Steps")).to_be_visible()
    expect(advice.get_by_role("link")).to_have_attribute("href", INSIGHTS)


def test_the_days_are_changed_by_preset(open_page):
    page = open_page()

    page.locator("summary", has_text="1 to 30 June").click()
    page.get_by_role("button", name="Last 90 days").click()

    expect(page.locator(".ap-facts").first).to_contain_text("2 April 2026 to 30 June 2026")
    assert_sound(page)


def test_what_is_said_of_an_anomaly_is_stored_and_taken_back(open_page, workspace):
    page = open_page()
    said = page.locator(".ap-anom").first.get_by_role("button", name="Useful")

    said.click()
    expect(said).to_have_attribute("aria-pressed", "true")
    assert list(workspace.insights.feedback().values()) == [Verdict.USEFUL]

    said.click()
    expect(said).to_have_attribute("aria-pressed", "false")
    assert workspace.insights.feedback() == {}


def test_writing_again_is_a_run_that_blocks_nothing(open_page, workspace, home):
    page = open_page(390)
    before = workspace.insights.stored()
    page.get_by_role("button", name="Write again").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    [run] = [each for each in workspace.runs.list() if not each.status.has_ended]
    assert (run.kind, run.requested_by) == ("ai_insights", "ann@acme.example")

    card = page.locator(".ap-anom").first
    card.get_by_role("button", name="Useful").click()
    expect(card.get_by_role("button", name="Useful")).to_have_attribute("aria-pressed", "true")
    assert workspace.insights.stored() == before

    workspace.runs.admit(run.id)
    taken = workspace.runs.take(run.id, worker="here")
    workspace.runs.report(run.id, 0.7, "Writing the summary")
    expect(page.get_by_text("70%")).to_be_visible()
    worker = open_workspace("acme", settings=home.model_copy(update={"run_id": run.id}))
    worker.insights.refresh(run.parameters["start"], run.parameters["end"], force=True)
    workspace.runs.end(taken, None)

    expect(page.get_by_text("Written again")).to_be_visible()
    expect(page.get_by_role("button", name="Write again")).to_be_enabled()
    assert workspace.insights.stored().generated_at > before.generated_at
    assert workspace.runs.get(run.id).status is RunStatus.COMPLETED
    assert_sound(page)


def test_a_question_is_answered_with_sources_and_nothing_shows_the_key(open_page, people, claude):
    june = {"metric": "revenue", "start": "2026-06-01", "end": "2026-06-30"}
    claude.steps = [call("metrics", **june), call("answer", findings=["Q1"])]
    page = open_page()

    page.get_by_label("For example").fill("How much revenue did we make in June?")
    page.get_by_role("button", name="Ask", exact=True).click()

    answers = page.locator(".ap-answers")
    expect(answers).to_contain_text("from 1 June 2026 to 30 June 2026")
    expect(answers).to_contain_text("Source: Imported data of 1 June 2026 to 30 June 2026")
    assert KEY in str(claude.headers)
    served = people[Role.ANALYST]
    kernel = page.evaluate(
        "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
    )
    with ThreadPoolExecutor(1) as elsewhere:  # Playwright has this thread's loop
        states = elsewhere.submit(served.widget_states, kernel).result()
    said = f"{page.content()} {states} {served.log.read_text()}"
    assert "Source: Imported data" in said
    assert KEY not in said
    assert_sound(page)


def test_a_viewer_is_offered_nothing_that_writes_or_spends(open_page):
    page = open_page(role=Role.VIEWER)

    for name in ("Write again", "Useful", "Expected", "Mute this metric", "Ask"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    assert_sound(page)
