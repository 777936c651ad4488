"""What follows the end of a run: who is told of what, what is kept, what is counted."""

import json

import pytest

from apportion.errors import RunFailedError
from apportion.jobs.aftermath import after_run, deliver_everybodys
from apportion.jobs.runner import run_notebook
from apportion.results.alerts import AlertEvent, TargetKind
from apportion.results.insights import Severity
from apportion.results.mmm import DateRange
from apportion.store import Store
from apportion.telemetry import metrics
from apportion.workspace import open_workspace
from apportion.workspace.alerts import EVENTS
from apportion.workspace.fleet import Fleet
from store.examples import results, rows
from views.test_insights import anomaly, insights
from workspace.receivers import http_receiver


@pytest.fixture
def told(settings):
    """A workspace whose alerts go to a receiver, and what that has got."""
    with http_receiver() as received:
        allowed = settings.model_copy(update={"alert_hosts": "127.0.0.1"})
        workspace = open_workspace("acme", settings=allowed)
        address = f"http://127.0.0.1:{received.port}/"
        workspace.alerts.add_target(TargetKind.WEBHOOK, address, EVENTS)
        yield workspace, lambda: [json.loads(body) for _, _, body in received.got]


def _train(workspace, *, held_back=None, refused=None, ends=None):
    """Record a training that ended so; give its run."""
    store, runs = workspace._store, workspace.runs
    run = runs.start("mmm", {})
    model = store.start_model(channels=["meta"], start=None, end=None, run_id=run.id)
    if refused is None:
        store.complete_model(model.model_id, results(), b"x", held_back=held_back)
        return runs.complete(run.id)
    store.fail_model(model.model_id, refused)
    return runs.fail(run.id, ends or refused)


@pytest.mark.parametrize(
    ("how", "event", "title", "path"),
    [
        ({"held_back": "It jumps."}, "model_held_back", "Model version 1 is held back",
         "/runs/versions"),
        ({"refused": "The chains disagree."}, "model_refused", "Model version 1 was refused",
         "/runs/{}"),
        ({"refused": "It was broken off by KeyError: 'x'", "ends": "KeyError: 'x'"},
         "run_failed", "Media mix failed", "/runs/{}"),
    ],
    ids=["held back", "refused", "a bug"],
)  # fmt: skip
def test_people_are_told_how_a_training_ended(told, how, event, title, path):
    workspace, got = told
    run = _train(workspace, **how)

    after_run(workspace, run.id)

    [said] = got()
    assert (said["event"], said["title"]) == (event, title)
    assert workspace.alerts.recent()[0].path == path.format(run.id)


def test_nobody_is_told_of_what_went_well_or_was_cancelled(told):
    workspace, got = told
    after_run(workspace, _train(workspace).id)
    waiting = workspace.runs.start("journeys", {})
    after_run(workspace, waiting.id)
    workspace.runs.cancel(waiting.id)
    after_run(workspace, waiting.id)

    assert got() == []
    assert workspace.alerts.recent() == []


def test_a_run_that_fails_tells_people_and_is_counted(told, write_notebook):
    workspace, got = told
    write_notebook("journeys", "raise ValueError('planted')")
    failed = {"kind": "journeys", "status": "failed"}
    before = metrics.REGISTRY.get_sample_value("apportion_run_seconds_count", failed) or 0

    with pytest.raises(RunFailedError, match="planted"):
        run_notebook(workspace, "journeys")

    [said] = got()
    assert (said["event"], said["title"]) == (AlertEvent.RUN_FAILED, "Journeys failed")
    assert "planted" in said["message"]
    after = metrics.REGISTRY.get_sample_value("apportion_run_seconds_count", failed)
    assert after == before + 1


def test_a_run_keeps_its_notebook_at_the_address_of_the_settings(
    settings, write_notebook, tmp_path
):
    write_notebook("journeys", "print('kept elsewhere')")
    elsewhere = settings.model_copy(update={"runs_url": f"file://{tmp_path}/elsewhere"})
    workspace = open_workspace("acme", settings=elsewhere)

    run = run_notebook(workspace, "journeys")

    assert run.output_path.startswith(f"file://{tmp_path}/elsewhere/{workspace.tenant.id}/")
    assert "kept elsewhere" in workspace.outputs.read(run)
    assert list((settings.home / "runs").rglob("*.ipynb")) == []


def test_a_receiver_that_is_away_does_not_change_how_a_run_ended(settings, write_notebook):
    allowed = settings.model_copy(update={"alert_hosts": "127.0.0.1"})
    workspace = open_workspace("acme", settings=allowed)
    workspace.alerts.add_target(TargetKind.WEBHOOK, "http://127.0.0.1:9/", EVENTS)
    run = _train(workspace, held_back="It jumps.")

    after_run(workspace, run.id)

    [alert] = workspace.alerts.recent()
    assert (alert.delivered, alert.waiting) == (0, 1)
    assert "cannot be reached" in alert.problem
    assert workspace.runs.get(run.id).status == "completed"


def test_what_waits_to_be_told_is_told_to_every_tenants_own_people(told, settings):
    workspace, got = told
    Store(settings.database_url).add_tenant("bolt", name="Bolt", currency="EUR", timezone="UTC")
    for each in (workspace, open_workspace("bolt", settings=settings)):
        each.alerts.raise_alert(AlertEvent.RUN_FAILED, f"{each.tenant.name} failed", "Look.")

    deliver_everybodys(Fleet(workspace._settings))
    deliver_everybodys(Fleet(workspace._settings))

    assert [said["title"] for said in got()] == ["Acme failed"]


def test_people_are_told_once_of_each_critical_anomaly(told):
    workspace, got = told
    store = workspace._store
    store.write("spend", [rows()["spend"]])
    first, last = workspace.insights.range_of()
    found = insights(
        "Meta",
        anomaly("Meta", id="A1"),
        anomaly("TV", id="A2", severity=Severity.WARNING),
    )
    store.store_insights(found.model_copy(update={"date_range": DateRange(start=first, end=last)}))

    for _ in range(2):
        run = workspace.runs.start("ai_insights", {})
        after_run(workspace, workspace.runs.complete(run.id).id)

    [said] = got()
    assert (said["event"], said["title"]) == (
        "critical_anomaly", "Critical: Revenue of Meta, 41% below normal"
    )  # fmt: skip
    assert workspace.alerts.recent()[0].path == "/admin/attribution/ai-insights#A1"
