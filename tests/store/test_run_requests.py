"""Runs that are asked for: stored with their place in the queue, once, and taken back."""

import pytest

from apportion.errors import AlreadyRequestedError, ConflictError
from apportion.results.accounts import COMMAND_LINE, Actor, AuditAction
from apportion.results.mmm import ModelStatus
from apportion.results.runs import RunOrigin, RunStatus
from store.examples import results

ANN = Actor(name="ann@acme.example")
ME = {"host": "here", "pid": 41, "process_started": 1.5}


def test_a_request_is_a_queued_run_of_whoever_asked(tenant):
    run = tenant.request_run("mmm", {"channels": "meta"}, by=ANN)

    assert (run.status, run.origin, run.requested_by) == (
        RunStatus.QUEUED,
        RunOrigin.PERSON,
        "ann@acme.example",
    )
    assert run.parameters == {"channels": "meta"}
    assert tenant.runs() == [run]
    (event,) = tenant.events_page().events
    assert (event.action, event.subject, event.actor) == (AuditAction.RUN_REQUESTED, "mmm", ANN)


def test_what_waits_or_runs_already_is_not_asked_for_twice(tenant):
    run = tenant.request_run("journeys", {"window": 7}, by=ANN)

    with pytest.raises(AlreadyRequestedError, match="'journeys' is queued already") as waiting:
        tenant.request_run("journeys", {"window": 7}, by=COMMAND_LINE)
    tenant.claim_run(run.id, **ME)
    with pytest.raises(AlreadyRequestedError, match="is running already") as running:
        tenant.request_run("journeys", {"window": 7}, by=COMMAND_LINE)

    assert waiting.value.run_id == running.value.run_id == run.id
    assert tenant.runs() == [tenant.run(run.id)]


def test_other_parameters_another_notebook_or_an_ended_run_are_no_obstacle(tenant):
    ended = tenant.request_run("journeys", {"window": 7}, by=ANN)
    tenant.finish_run(ended.id, RunStatus.FAILED, "no data")

    for kind, parameters in (("journeys", {"window": 7}), ("journeys", {}), ("mmm", {})):
        assert tenant.request_run(kind, parameters, by=ANN).status is RunStatus.QUEUED


def test_an_exclusive_request_stands_back_whatever_the_parameters(tenant):
    run = tenant.request_run("mmm", {"channels": "meta"}, by=ANN)

    with pytest.raises(AlreadyRequestedError) as refused:
        tenant.request_run("mmm", {"channels": "google"}, by=ANN, exclusive=True)

    assert refused.value.run_id == run.id


def test_another_tenants_request_is_no_obstacle(two_tenants):
    acme, bolt = two_tenants
    acme.request_run("mmm", {}, by=ANN, exclusive=True)

    assert bolt.request_run("mmm", {}, by=ANN, exclusive=True).status is RunStatus.QUEUED


def test_cancelling_ends_a_queued_run(tenant):
    run = tenant.cancel_run(tenant.request_run("mmm", {}, by=ANN).id, by=ANN)

    assert (run.status, run.message) == (RunStatus.CANCELLED, "Cancelled by ann@acme.example.")
    assert run.finished_at is not None
    assert tenant.events_page().events[0].action == AuditAction.RUN_CANCELLED


def test_cancelling_ends_a_training_and_the_previous_version_stays_current(tenant):
    before = tenant.start_model(channels=["meta"], start=None, end=None)
    tenant.complete_model(before.model_id, results(), b"")
    run = tenant.request_run("mmm", {}, by=ANN)
    tenant.claim_run(run.id, **ME)
    model = tenant.start_model(channels=["meta"], start=None, end=None, run_id=run.id)

    tenant.cancel_run(run.id, by=ANN)

    assert tenant.model(2).status is ModelStatus.FAILED
    assert tenant.model(2).reason == "Cancelled by ann@acme.example."
    assert tenant.model().version == 1
    for late in (
        lambda: tenant.complete_model(model.model_id, results(), b""),
        lambda: tenant.report_progress(run.id, 0.9, "late"),
        lambda: tenant.finish_run(run.id, RunStatus.COMPLETED),
        lambda: tenant.cancel_run(run.id, by=ANN),
    ):
        with pytest.raises(ConflictError):
            late()


def test_a_version_has_the_id_of_the_run_that_trains_it(tenant):
    run = tenant.request_run("mmm", {}, by=ANN)
    tenant.claim_run(run.id, **ME)

    model = tenant.start_model(channels=["meta"], start=None, end=None, run_id=run.id)

    assert model.model_id == run.id
    assert tenant.training().run_id == run.id


def test_a_run_that_is_started_again_goes_on_with_its_version(tenant):
    run = tenant.request_run("mmm", {}, by=ANN)
    tenant.claim_run(run.id, **ME)
    first = tenant.start_model(channels=["meta"], start=None, end=None, run_id=run.id)

    again = tenant.start_model(channels=["meta", "google"], start=None, end=None, run_id=run.id)

    assert (again.model_id, again.version) == (first.model_id, first.version)
    assert len(tenant.models()) == 1


def test_a_run_knows_the_version_that_it_completed(tenant):
    run = tenant.request_run("mmm", {}, by=ANN)
    tenant.claim_run(run.id, **ME)
    model = tenant.start_model(channels=["meta"], start=None, end=None, run_id=run.id)
    assert tenant.model_of_run(run.id) is None

    tenant.complete_model(model.model_id, results(), b"")

    assert tenant.model_of_run(run.id) == tenant.model()


def test_a_second_version_of_one_run_gets_an_id_of_its_own(tenant):
    run = tenant.request_run("mmm", {}, by=ANN)
    tenant.claim_run(run.id, **ME)
    first = tenant.start_model(channels=["meta"], start=None, end=None, run_id=run.id)
    tenant.fail_model(first.model_id, "The connection was lost.")

    second = tenant.start_model(channels=["meta"], start=None, end=None, run_id=run.id)

    assert second.version == 2
    assert second.model_id != first.model_id


def test_a_training_that_waits_is_told_as_a_draft(tenant):
    run = tenant.request_run("mmm", {}, by=ANN)

    training = tenant.training()

    assert (training.model_id, training.version, training.status) == (run.id, 1, ModelStatus.DRAFT)
