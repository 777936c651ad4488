"""Alerts and schedules: each company's own, for its administrators."""

import re

import pytest

from apportion.results.alerts import AlertEvent, TargetKind
from apportion.workspace import Workspace

ALERTS, SCHEDULES = "/settings/alerts", "/settings/schedules"
ADMIN = {"acme": "ada@acme.example", "birch": "bea@birch.example"}
HOOK = "https://hooks.example.com/{}"
NEVER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def workspaces(house):
    return {slug: Workspace(house.store, slug, house.settings) for slug in ADMIN}


@pytest.fixture
def targets(workspaces):
    """A webhook and an alert of each company."""
    made = {
        slug: workspace.alerts.add_target(
            TargetKind.WEBHOOK, HOOK.format(slug), [AlertEvent.RUN_FAILED]
        )
        for slug, workspace in workspaces.items()
    }
    for slug, workspace in workspaces.items():
        workspace.alerts.raise_alert(AlertEvent.MODEL_REFUSED, f"of {slug}", f"secret of {slug}")
    yield made
    for workspace in workspaces.values():
        for target in workspace.alerts.targets():
            workspace.alerts.remove_target(target.id)


@pytest.mark.parametrize("path", [ALERTS, SCHEDULES])
@pytest.mark.parametrize("email", ["vic@acme.example", "ann@acme.example"])
def test_they_are_for_administrators(people, email, path):
    assert people(email).get(path).status == 403
    assert people(email).post(path, do="add", kind="webhook", address=HOOK).status == 403


@pytest.mark.parametrize("slug", ADMIN)
def test_an_administrator_sees_the_own_targets_and_alerts_only(people, targets, slug):
    other = "birch" if slug == "acme" else "acme"
    page = people(ADMIN[slug]).get(ALERTS).text

    assert HOOK.format(slug) in page
    assert f"secret of {slug}" in page
    assert HOOK.format(other) not in page
    assert f"secret of {other}" not in page


@pytest.mark.parametrize("do", ["remove", "test"])
def test_the_others_target_is_like_one_that_never_was(people, workspaces, targets, do):
    ada = people(ADMIN["acme"])
    theirs = ada.post(ALERTS, do=do, target=targets["birch"].id)
    never = ada.post(ALERTS, do=do, target=NEVER)

    assert theirs.status == never.status == 404
    assert _plain(theirs).replace(targets["birch"].id, NEVER) == _plain(never)
    assert workspaces["birch"].alerts.targets() == [targets["birch"]]


def test_a_webhook_is_added_with_its_secret_shown_once_and_removed(people, workspaces, targets):
    ada, acme = people(ADMIN["acme"]), workspaces["acme"].alerts
    added = ada.post(
        ALERTS, do="add", kind="webhook", address=HOOK.format("new"), model_held_back="yes"
    )
    target = next(each for each in acme.targets() if each.address == HOOK.format("new"))

    assert target.events == (AlertEvent.MODEL_HELD_BACK,)
    assert acme.secret_of(target) in added.text
    assert acme.secret_of(target) not in ada.get(ALERTS).text
    assert "is told nothing any more" in ada.post(ALERTS, do="remove", target=target.id).text
    assert target not in acme.targets()
    trail = ada.get("/settings/audit").text
    assert "Alert target added" in trail
    assert "Alert target removed" in trail


@pytest.mark.parametrize(
    "address", ["http://hooks.example.com", "https://a:b@hooks.example.com", "nonsense"]
)
def test_an_address_that_cannot_be_used_is_refused(people, workspaces, targets, address):
    before = workspaces["acme"].alerts.targets()
    answer = people(ADMIN["acme"]).post(
        ALERTS, do="add", kind="webhook", address=address, run_failed="yes"
    )

    assert answer.status == 422
    assert "an https address" in answer.text
    assert workspaces["acme"].alerts.targets() == before


def test_a_schedule_is_changed_for_the_own_company_and_taken_back(people, workspaces):
    ada = people(ADMIN["acme"])
    [before] = workspaces["birch"].schedules.list()
    about = {"schedule": before.name, "cadence": "5  5 * * 5"}

    assert "Saved." in ada.post(SCHEDULES, do="change", **about, enabled="yes").text
    [own] = workspaces["acme"].schedules.list()

    assert (own.cadence, own.is_changed, own.enabled) == ("5 5 * * 5", True, True)
    assert workspaces["birch"].schedules.list()[0].cadence == before.cadence
    assert "5 5 * * 5" not in people(ADMIN["birch"]).get(SCHEDULES).text
    assert (
        "is switched off"
        in ada.post(SCHEDULES, do="change", schedule=own.name, cadence="5 5 * * 5").text
    )
    assert workspaces["acme"].schedules.list()[0].next_due_at is None
    assert ada.post(SCHEDULES, do="reset", schedule=own.name).status == 200
    assert workspaces["acme"].schedules.list()[0].cadence == before.cadence


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"schedule": "none", "cadence": "5 5 * * 5"}, 404),
        ({"schedule": "media-mix-weekly", "cadence": "soon"}, 422),
        ({"schedule": "media-mix-weekly", "cadence": "5 5 * * 5", "parameters": "nonsense"}, 422),
        ({"schedule": "media-mix-weekly", "cadence": "5 5 * * 5", "parameters": "x = 1"}, 422),
    ],
)
def test_a_bad_schedule_is_refused_and_nothing_changes(people, workspaces, fields, status):
    before = workspaces["acme"].schedules.list()

    answer = people(ADMIN["acme"]).post(SCHEDULES, do="change", **fields)

    assert answer.status == status
    assert [each.cadence for each in workspaces["acme"].schedules.list()] == [
        each.cadence for each in before
    ]


def _plain(answer):
    return re.sub(r'name="_xsrf" value="[^"]+"', "", answer.text)
