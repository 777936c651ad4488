"""Signing in and every page in a real browser: both widths, both themes, for everybody."""

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import expect

from apportion.config import CHECKOUT
from server.conftest import IMPORTS, WIDGETS, installation, write_page  # noqa: F401  a fixture
from server.process import MMM, PASSWORD, running
from server.test_browser import assert_clean, is_dark

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = [
    "/",
    MMM,
    "/data",
    "/settings",
    "/settings/users",
    "/settings/tokens",
    "/settings/audit",
    "/password",
]
LONGEST_SHIFT = 3
"""Pixels by which the page may move when the widgets take over."""


@pytest.fixture(scope="module")
def sqlite_settings(installation):  # noqa: F811
    """An installation of the tests of the server, with the checkout's own notebooks."""
    return installation.model_copy(update={"notebooks": CHECKOUT / "notebooks"})


@pytest.fixture(scope="module")
def shown(sqlite_settings, tmp_path_factory):
    """A server whose administrator of acme is signed in."""
    log = tmp_path_factory.mktemp("shown") / "log"
    with running(sqlite_settings, log, who="ada@acme.example") as server:
        yield server


def settle(tab, path):
    """Wait until a page is finished."""
    if path == MMM:
        expect(tab.locator("#loading")).to_have_count(0)
        expect(tab.locator(".bqplot.figure path.line").first).to_be_attached()
    tab.wait_for_load_state("networkidle")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_clean_and_accessible(shown, open_tab, path, width, scheme):
    tab = open_tab(shown.url, path, width, scheme, cookies=shown.cookies, bypass_csp=True)
    settle(tab, path)

    assert violations(tab) == []
    assert_clean(tab)
    assert is_dark(tab) is (scheme == "dark")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_keeps_to_its_own_policy(shown, open_tab, path):
    tab = open_tab(shown.url, path, cookies=shown.cookies)
    settle(tab, path)

    assert_clean(tab)  # what the policy forbids is an error in the console


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_somebody_signs_in_and_out(shown, open_tab, width, scheme):
    tab = open_tab(shown.url, MMM, width, scheme, bypass_csp=True)
    assert tab.url.endswith("/login?next=%2Fadmin%2Fattribution%2Fmmm")
    assert violations(tab) == []
    assert is_dark(tab) is (scheme == "dark")

    tab.get_by_label("E-mail address").fill("ann@acme.example")
    tab.get_by_label("Password").fill("wrong password it is")
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("alert")).to_contain_text("is not right")
    assert violations(tab) == []
    tab.errors.clear()  # the browser notes that the answer was 401
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()

    expect(tab.locator(".ap-answer").first).to_contain_text("Put the next euro into")
    settle(tab, MMM)
    tab.locator("#ap-menu summary").click()
    expect(tab.locator(".ap-menu-pop")).to_contain_text("ann@acme.example")
    expect(tab.get_by_role("link", name="Settings")).to_have_count(0)
    assert violations(tab) == []
    assert_clean(tab)
    tab.get_by_role("button", name="Sign out").click()
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    tab.goto(shown.url)
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()


def test_somebody_with_two_companies_chooses_and_changes(shown, open_tab):
    tab = open_tab(shown.url, "/login", 390, bypass_csp=True)
    tab.get_by_label("E-mail address").fill("dan@both.example")
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()

    expect(tab.get_by_role("heading", name="Choose a company")).to_be_visible()
    assert violations(tab) == []
    tab.get_by_role("button", name="Birch").click()
    expect(tab.locator("#ap-menu summary")).to_contain_text("Birch")
    tab.locator("#ap-menu summary").click()
    tab.get_by_role("link", name="Another company").click()
    tab.get_by_role("button", name="Acme").click()
    expect(tab.locator("#ap-menu summary")).to_contain_text("Acme")
    assert_clean(tab)


@pytest.mark.parametrize("path", ["/", MMM])
def test_the_theme_is_the_systems_until_somebody_chooses(shown, open_tab, path):
    tab = open_tab(shown.url, path, scheme="light", cookies=shown.cookies)
    settle(tab, path)
    tab.locator("#ap-menu summary").click()
    tab.get_by_label("Dark").check()
    assert is_dark(tab)

    tab.reload()
    settle(tab, path)
    assert is_dark(tab)
    tab.locator("#ap-menu summary").click()
    tab.get_by_label("System").check()
    assert not is_dark(tab)
    tab.get_by_label("Light").check()
    tab.emulate_media(color_scheme="dark")
    assert not is_dark(tab)
    assert_clean(tab)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_stored_figures_come_first_and_do_not_move(shown, open_tab, width):
    tab = open_tab(shown.url, "/password", width, cookies=shown.cookies)
    tab.goto(f"{shown.url.rstrip('/')}{MMM}", wait_until="commit")
    first = tab.locator("#loading .ap-kpis")
    expect(first).to_be_visible()
    text, places = first.inner_text(), boxes(tab, "#loading")

    settle(tab, MMM)

    assert tab.locator("#rendered_cells .ap-kpis").inner_text() == text
    for before, after in zip(places, boxes(tab, "#rendered_cells"), strict=True):
        assert after == pytest.approx(before, abs=LONGEST_SHIFT)
    assert_clean(tab)


def boxes(tab, inside):
    """Give where the answer, the figures and the table are."""
    found = (tab.locator(f"{inside} {what}").first for what in (".ap-answer", ".ap-kpis", "table"))
    return [(box["x"], box["y"], box["width"]) for box in (one.bounding_box() for one in found)]


def test_a_page_whose_session_ended_asks_to_sign_in_and_comes_back(
    sqlite_settings, open_tab, tmp_path
):
    write_page(tmp_path, IMPORTS, WIDGETS)
    settings = sqlite_settings.model_copy(update={"notebooks": tmp_path})
    with running(settings, tmp_path / "log") as server:
        tab = open_tab(server.url, MMM, cookies=server.cookies)
        expect(tab.get_by_text("clicked 0 times")).to_be_visible()

        server.post("/logout")

        expect(tab.locator("#ap-status")).to_contain_text("You are no longer signed in")
        tab.get_by_role("button", name="Sign in").click()
        tab.get_by_label("E-mail address").fill("ann@acme.example")
        tab.get_by_label("Password").fill(PASSWORD)
        tab.get_by_role("button", name="Sign in").click()
        expect(tab.get_by_text("clicked 0 times")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_somebody_imports_a_file(shown, open_tab, tmp_path, width):
    file = tmp_path / f"spend{width}.csv"
    file.write_text(f"day,where,spend\n2019-01-01,radio{width},5\n2019-01-02,radio{width},6\n")
    tab = open_tab(shown.url, "/data", width, cookies=shown.cookies, bypass_csp=True)
    tab.get_by_label("What do they hold?").select_option("spend")
    tab.get_by_label("Files").set_input_files(file)
    tab.get_by_role("button", name="Upload and check").click()

    expect(tab.get_by_role("heading", level=1)).to_have_text("This cannot be imported yet")
    assert violations(tab) == []
    tab.get_by_label("date").select_option("day")
    tab.get_by_label("channel").select_option("where")
    tab.get_by_role("button", name="Check again").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("All rows are good")
    assert violations(tab) == []
    tab.get_by_role("button", name="Import 2 rows").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Imported")
    assert violations(tab) == []
    tab.get_by_role("link", name="Back to the data").click()
    expect(tab.get_by_text(file.name)).to_be_visible()
    assert_clean(tab)


@pytest.mark.parametrize("width", [1280, 390])
def test_an_administrator_adds_somebody_and_makes_a_token(shown, open_tab, width):
    tab = open_tab(shown.url, "/settings/users", width, cookies=shown.cookies, bypass_csp=True)
    tab.get_by_label("E-mail address").fill(f"new{width}@acme.example")
    tab.get_by_role("button", name="Add").click()
    expect(tab.locator(".ap-note.good")).to_contain_text(f"Added new{width}@acme.example")
    assert violations(tab) == []
    row = tab.locator(".ap-people li").filter(has_text=f"new{width}@acme.example")
    row.locator("summary").click()
    assert violations(tab) == []
    assert_clean(tab)
    row.get_by_role("button", name="Remove for good").click()
    expect(row).to_have_count(0)

    tab.goto(f"{shown.url.rstrip('/')}/settings/tokens")
    tab.get_by_label("What is it for?").fill(f"nightly {width}")
    tab.get_by_role("button", name="Make it").click()
    expect(tab.locator(".ap-secret")).to_contain_text("apt_")
    assert violations(tab) == []
    tab.get_by_role("button", name=f"Revoke nightly {width}").click()
    expect(tab.get_by_text("Revoked", exact=True).first).to_be_visible()
    assert violations(tab) == []
    assert_clean(tab)


def violations(tab):
    """Give what axe finds against WCAG 2.2, level AA."""
    tab.evaluate(AXE)
    found = tab.evaluate("tags => axe.run(document, {runOnly: tags})", WCAG)
    return [
        (violation["id"], [node["html"][:200] for node in violation["nodes"][:3]])
        for violation in found["violations"]
    ]
