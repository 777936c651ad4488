"""The versions on the page: who trained them on what, one to look at, two side by side."""

from uuid import UUID

import pytest

from apportion.config import CHECKOUT, Settings
from apportion.results.accounts import ActingMember, Role
from apportion.views.mmm import MMMDashboard
from apportion.workspace import Workspace
from views.example import SHOP, example_results
from views.test_learning import text


@pytest.fixture
def open_for(store, two_tenants, tmp_path):
    settings = Settings(_env_file=None, home=tmp_path, notebooks=CHECKOUT / "notebooks")
    member = ActingMember(id=str(UUID(int=7)), name="ann@acme.example", role=Role.VIEWER)
    return lambda slug="acme": Workspace(store, slug, settings, member)


def add(tenant, made, run_id=None):
    model = tenant.start_model(
        channels=[effect.channel for effect in made.channels],
        start=made.date_range.start,
        end=made.date_range.end,
        run_id=run_id,
    )
    return tenant.complete_model(model.model_id, made, b"posterior")


@pytest.fixture
def page(two_tenants, open_for):
    """Acme's page with two versions and one that failed; bolt has one of its own."""
    acme, bolt = two_tenants
    me = {"host": "elsewhere", "pid": 1, "process_started": 1.0}
    run = acme.start_run("mmm", {}, **me)
    add(acme, example_results(SHOP), run.id)
    refused = acme.start_model(channels=["meta"], start=None, end=None)
    acme.fail_model(refused.model_id, "The chains disagree.")
    add(acme, example_results(SHOP[:5], seed=9))
    add(bolt, example_results(SHOP[:2]))
    workspace = open_for()
    results = workspace.mmm.latest()
    return MMMDashboard(results, workspace.mmm.versions(), workspace.tenant, workspace)


def test_every_version_is_listed_with_its_fit_its_data_and_its_author(page, two_tenants):
    [author] = {run.requested_by for run in two_tenants[0].runs()}

    shown = text(page.tabs.look_at("versions"))

    assert "Current" in shown
    assert "The chains disagree." in shown
    assert "0.93" in shown
    assert "27 November 2023 to 22 November 2026" in shown
    assert author in shown
    assert [each.trained_by for each in page.versions] == ["", "", author]


def test_two_versions_stand_side_by_side(page, open_for):
    versions = page.tabs.look_at("versions")

    found = open_for().versions.compare(1, 3)

    shown = versions.comparison.value
    assert (versions.earlier.value, versions.later.value) == ("1", "3")
    assert shown.count("<tr>") == 1 + len(SHOP)
    assert "not in it" in shown
    assert f"{found.channels[0].roi_before:.1f}" in shown
    assert shown.count("ap-iv") >= len(SHOP) + 5


def test_the_same_version_twice_is_not_compared(page):
    versions = page.tabs.look_at("versions")

    versions.later.value = "1"

    assert "The same version twice" in versions.comparison.value


def test_another_version_can_be_shown_on_the_page(page):
    page.tabs.look_at("versions").shown.value = "1"

    assert page.results.version == 1
    assert len(page.results.channels) == len(SHOP)
    assert page.tabs.look_at("versions").shown.value == "1"


def test_only_ones_own_versions_can_be_picked(page, open_for):
    options = [value for value, _ in page.tabs.look_at("versions").shown.options]

    assert options == ["3", "1"]
    other = open_for("bolt")
    theirs = MMMDashboard(other.mmm.latest(), other.mmm.versions(), other.tenant, other)
    assert [value for value, _ in theirs.tabs.look_at("versions").shown.options] == ["1"]
