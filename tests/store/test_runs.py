"""Background runs: claimed once, ended once, and failed when their process is gone."""

import datetime as dt

import pytest

from apportion.errors import ConflictError, NotFoundError
from apportion.results.mmm import ModelStatus
from apportion.results.runs import RunStatus
from apportion.store import runs as runs_module
from apportion.store.runs import ABANDONED
from store.examples import results

ME = {"host": "here", "pid": 41, "process_started": 1.5}


def _start(tenant):
    return tenant.start_run("mmm", {"channels": "meta", "refresh": True}, **ME)


def _train(tenant, run):
    return tenant.start_model(channels=["meta"], start=None, end=None, run_id=run.id)


def test_a_run_with_a_process_is_running_and_one_without_is_queued(tenant):
    running, queued = _start(tenant), tenant.start_run("mmm", {})

    assert (running.status, queued.status) == (RunStatus.RUNNING, RunStatus.QUEUED)
    assert running.parameters == {"channels": "meta", "refresh": True}
    assert running.started_at is not None
    assert queued.started_at is None
    assert tenant.run(running.id) == running


def test_a_process_without_its_id_or_start_is_refused(tenant):
    with pytest.raises(ValueError, match="host, pid and process_started together"):
        tenant.start_run("mmm", {}, host="here")


def test_a_queued_run_is_claimed_once(tenant):
    queued = tenant.start_run("mmm", {})

    claimed = tenant.claim_run(queued.id, **ME)

    assert claimed.status is RunStatus.RUNNING
    with pytest.raises(ConflictError, match="is running; it would have to be queued"):
        tenant.claim_run(queued.id, **ME)


def test_progress_is_kept(tenant):
    run = _start(tenant)

    tenant.report_progress(run.id, 0.25, "sampling")

    assert (tenant.run(run.id).progress, tenant.run(run.id).message) == (0.25, "sampling")


@pytest.mark.parametrize("progress", [-0.1, 1.1, float("nan")])
def test_progress_beyond_its_range_is_refused(tenant, progress):
    with pytest.raises(ValueError, match="progress must be from 0 to 1"):
        tenant.report_progress(_start(tenant).id, progress, "")


def test_a_completed_run_keeps_where_its_output_is(tenant):
    run = tenant.finish_run(_start(tenant).id, RunStatus.COMPLETED, "done", output_path="a.ipynb")

    assert (run.status, run.progress, run.output_path) == (RunStatus.COMPLETED, 1, "a.ipynb")
    assert run.finished_at is not None


def test_an_ended_run_cannot_go_on(tenant):
    run = tenant.finish_run(_start(tenant).id, RunStatus.FAILED, "no data")

    for attempt in (
        lambda: tenant.report_progress(run.id, 0.5, ""),
        lambda: tenant.heartbeat(run.id),
        lambda: tenant.finish_run(run.id, RunStatus.COMPLETED),
        lambda: tenant.claim_run(run.id, **ME),
    ):
        with pytest.raises(ConflictError, match="is failed"):
            attempt()

    assert tenant.run(run.id) == run


def test_a_run_does_not_finish_as_running(tenant):
    with pytest.raises(ValueError, match="completed or failed, got running"):
        tenant.finish_run(_start(tenant).id, RunStatus.RUNNING)


@pytest.mark.parametrize("status", [RunStatus.COMPLETED, RunStatus.FAILED])
def test_a_run_that_ends_leaves_no_model_in_training(tenant, status):
    run = _start(tenant)
    _train(tenant, run)

    tenant.finish_run(run.id, status, "the kernel died")

    assert tenant.latest_model().status is ModelStatus.FAILED
    assert tenant.latest_model().reason == "the kernel died"


def test_a_run_that_ends_leaves_its_completed_model_alone(tenant):
    run = _start(tenant)
    model = tenant.complete_model(_train(tenant, run).model_id, results(), b"")

    tenant.finish_run(run.id, RunStatus.FAILED, "the last cell failed")

    assert tenant.model() == model


def test_a_run_whose_process_is_gone_fails_with_its_model_and_the_previous_stays(tenant):
    before = tenant.complete_model(_train(tenant, _start(tenant)).model_id, results(), b"")
    run = _start(tenant)
    _train(tenant, run)
    asked = []

    failed = tenant.fail_abandoned_runs(host="here", is_alive=lambda *who: asked.append(who))

    assert failed == 2
    assert asked == [(41, 1.5), (41, 1.5)]
    assert (tenant.run(run.id).status, tenant.run(run.id).message) == (RunStatus.FAILED, ABANDONED)
    assert [(each.status, each.reason) for each in tenant.models()] == [
        (ModelStatus.FAILED, ABANDONED),
        (ModelStatus.COMPLETED, None),
    ]
    assert tenant.model() == before


def test_a_run_whose_process_lives_goes_on(tenant):
    run = _start(tenant)

    assert tenant.fail_abandoned_runs(host="here", is_alive=lambda pid, started: True) == 0
    assert tenant.run(run.id) == run


@pytest.mark.parametrize(("silent", "failed"), [(119, 0), (121, 1)], ids=["recent", "long ago"])
def test_a_run_elsewhere_fails_after_two_silent_minutes(tenant, monkeypatch, silent, failed):
    _start(tenant)
    later = runs_module.now() + dt.timedelta(seconds=silent)
    monkeypatch.setattr(runs_module, "now", lambda: later)

    assert tenant.fail_abandoned_runs(host="there", is_alive=lambda pid, started: True) == failed


def test_a_heartbeat_keeps_a_run_elsewhere_alive(tenant, monkeypatch):
    run = _start(tenant)
    later = runs_module.now() + dt.timedelta(minutes=5)
    monkeypatch.setattr(runs_module, "now", lambda: later)

    tenant.heartbeat(run.id)

    assert tenant.fail_abandoned_runs(host="there", is_alive=lambda pid, started: False) == 0


def test_a_queued_run_is_not_abandoned(tenant):
    tenant.start_run("mmm", {})

    assert tenant.fail_abandoned_runs(host="here", is_alive=lambda pid, started: False) == 0


def test_runs_come_newest_first(tenant):
    runs = [_start(tenant) for _ in range(3)]

    assert [run.id for run in tenant.runs(limit=2)] == [runs[2].id, runs[1].id]


@pytest.mark.parametrize("at_once", [True, False], ids=["at one moment", "one by one"])
def test_pages_of_runs_are_the_list(tenant, monkeypatch, at_once):
    if at_once:
        moment = runs_module.now()
        monkeypatch.setattr(runs_module, "now", lambda: moment)
    for _ in range(5):
        _start(tenant)
    whole = [run.id for run in tenant.runs()]

    pages = [tenant.runs(2), tenant.runs(2, after=whole[1]), tenant.runs(2, after=whole[3])]

    assert [run.id for page in pages for run in page] == whole
    assert tenant.runs(after=whole[4]) == []


@pytest.mark.parametrize("run_id", ["", "1", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_run_is_not_found(tenant, run_id):
    with pytest.raises(NotFoundError, match="There is no run"):
        tenant.run(run_id)
    with pytest.raises(NotFoundError, match="There is no run"):
        tenant.heartbeat(run_id)
