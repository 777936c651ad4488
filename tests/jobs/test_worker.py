"""Workers: what is asked for is executed once to effect, whatever happens to who executes it."""

import os
import signal

import pytest

from apportion.results.runs import RunStatus
from apportion.workspace.fleet import Fleet
from jobs.fleet import WORK, is_running, starts, until, worker, write_notebook

DATA = (
    "from apportion.errors import NotEnoughDataError\n"
    "raise NotEnoughDataError('9 weeks of spend; the model needs at least 26.')"
)
FLAKY = WORK + "if len(list(mark.iterdir())) < 2: raise ConnectionResetError('by peer')"


@pytest.fixture
def settings(fleet_settings):
    """A notebook that works, one that refuses, one that fails once."""
    for name, cell in (("journeys", WORK), ("incrementality", DATA), ("ai_insights", FLAKY)):
        write_notebook(fleet_settings.notebooks, name, cell)
    return fleet_settings


@pytest.fixture
def acme(settings):
    return Fleet(settings).workspace("acme")


@pytest.fixture
def bolt(settings):
    return Fleet(settings).workspace("bolt")


@pytest.fixture
def log(tmp_path):
    return tmp_path / "worker.log"


def _ask(workspace, number, *, kind="journeys", seconds=0.0):
    parameters = {"number": str(number), "seconds": str(seconds)}
    return workspace.runs.request(kind, parameters).id


def _status(workspace, run_id):
    return workspace.runs.get(run_id).status


@pytest.mark.slow
def test_a_worker_executes_each_tenants_runs_and_ends_at_a_signal(settings, acme, bolt, log):
    asked = [
        (acme, _ask(acme, 1)),
        (bolt, _ask(bolt, 1)),
        (acme, _ask(acme, 2, kind="incrementality")),
        (acme, _ask(acme, 3, kind="ai_insights")),
    ]

    with worker(settings, "--concurrency", 2, log=log) as process:
        until(lambda: all(_status(*each).has_ended for each in asked))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0

    mine, theirs, refused, retried = [each.runs.get(id) for each, id in asked]
    assert (mine.status, theirs.status) == (RunStatus.COMPLETED, RunStatus.COMPLETED)
    assert (mine.progress, mine.attempt) == (1, 1)
    assert f"runs{os.sep}acme{os.sep}" in mine.output_path
    assert (refused.status, refused.attempt) == (RunStatus.FAILED, 1)
    assert refused.message == "9 weeks of spend; the model needs at least 26."
    assert (retried.status, retried.attempt) == (RunStatus.COMPLETED, 2)
    assert len(starts(settings, "acme", 1)) == len(starts(settings, "bolt", 1)) == 1
    assert Fleet(settings).workers() == []


@pytest.mark.slow
def test_a_cancelled_run_stops_within_five_seconds_and_frees_its_process(settings, acme, log):
    run_id = _ask(acme, 1, seconds=600)

    with worker(settings, log=log):
        until(lambda: starts(settings, "acme", 1))
        [kernel] = starts(settings, "acme", 1)
        acme.runs.cancel(run_id)
        took = until(lambda: not is_running(kernel), seconds=20)
        after = _ask(acme, 2)
        until(lambda: _status(acme, after).has_ended)

    assert took < 5
    assert _status(acme, run_id) is RunStatus.CANCELLED
    assert _status(acme, after) is RunStatus.COMPLETED


@pytest.mark.slow
def test_another_worker_takes_over_from_one_that_was_killed(settings, acme, log):
    with worker(settings, "--name", "first", log=log) as first:
        run_id = _ask(acme, 1, seconds=8)
        until(lambda: starts(settings, "acme", 1))
        [kernel] = starts(settings, "acme", 1)
        with worker(settings, "--name", "second", log=log):
            first.kill()
            took = until(lambda: len(starts(settings, "acme", 1)) == 2, seconds=60)
            until(lambda: _status(acme, run_id).has_ended)

    run = acme.runs.get(run_id)
    assert took < 60
    assert not is_running(kernel)
    assert (run.status, run.attempt, run.worker) == (RunStatus.COMPLETED, 2, "second")


@pytest.mark.slow
def test_a_worker_that_is_stopped_gives_its_run_back(settings, acme, log):
    with worker(settings, "--grace", 0, log=log) as process:
        run_id = _ask(acme, 1, seconds=600)
        until(lambda: starts(settings, "acme", 1))
        [kernel] = starts(settings, "acme", 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0

    run = acme.runs.get(run_id)
    assert not is_running(kernel)
    assert (run.status, run.worker) == (RunStatus.QUEUED, None)
    assert run.message == "Its worker was stopped; it waits for another."


@pytest.mark.slow
def test_what_was_admitted_and_never_reached_the_engine_is_executed(settings, acme, log):
    run_id = _ask(acme, 1)
    assert acme.runs.admit(run_id) == 1  # by a worker that died in this moment, or lost its tables

    with worker(settings, log=log):
        until(lambda: _status(acme, run_id).has_ended)

    assert _status(acme, run_id) is RunStatus.COMPLETED
    assert len(starts(settings, "acme", 1)) == 1
