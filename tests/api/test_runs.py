"""Asking for a training and cancelling a run over HTTP."""

import pytest

from api.people import MMM, RUNS, TRAIN
from apportion.results.accounts import Actor
from apportion.results.runs import RunStatus
from mmm.frames_of import dates, outcomes_of, spend_of

NEVER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def trainable(empty, tenant):
    """A client of a tenant with enough weeks for a model."""
    days = dates(104)
    frames = {"spend": spend_of(days, tv=500, search=300), "outcomes": outcomes_of(days)}
    tenant.write_all((name, [frame]) for name, frame in frames.items())
    return empty


def test_a_training_is_accepted_with_the_id_of_its_version(trainable):
    client = trainable.as_role("analyst")

    answer = client.post(TRAIN, json={"channels": ["tv", "search"]})

    assert answer.status_code == 202
    made = answer.json()
    assert made == {"modelId": made["modelId"], "status": "draft", "runId": made["modelId"]}
    run = client.get(f"{RUNS}/{made['runId']}").json()
    assert (run["kind"], run["status"], run["parameters"]) == (
        "mmm",
        "queued",
        {"channels": "tv,search"},
    )
    assert run["requestedBy"] == client.member.email
    assert client.get(MMM).json()["training"]["modelId"] == made["modelId"]


def test_a_second_training_is_a_conflict_with_the_id_of_the_first(trainable):
    client = trainable.as_role("analyst")
    first = client.post(TRAIN, json={}).json()["modelId"]

    second = client.post(TRAIN, json={"start": "2023-01-09"})

    assert second.status_code == 409
    assert (second.json()["modelId"], second.json()["runId"]) == (first, first)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"channels": ["radio"]}, "radio"),
        ({"start": "soon"}, "start"),
        ({"weeks": 9}, "weeks"),
        ({"start": "2030-01-01"}, "2030"),
    ],
    ids=["no such channel", "no date", "no such field", "no data"],
)
def test_what_cannot_be_trained_is_refused_at_once(trainable, asked, says):
    answer = trainable.as_role("analyst").post(TRAIN, json=asked)

    assert answer.status_code == 422
    assert says in answer.text
    assert "queued" not in trainable.get(RUNS).text


def test_a_viewer_may_neither_train_nor_cancel(trainable, tenant):
    run = tenant.request_run("journeys", {}, by=Actor(name="ann"))

    assert trainable.post(TRAIN, json={}).status_code == 403
    assert trainable.post(f"{RUNS}/{run.id}/cancel").status_code == 403
    assert tenant.run(run.id) == run


def test_a_cancelled_run_says_by_whom_and_stays_cancelled(acme):
    client = acme.client.as_role("analyst")
    run = acme.store.request_run("journeys", {}, by=Actor(name="ann"))

    answer = client.post(f"{RUNS}/{run.id}/cancel")

    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"
    assert answer.json()["message"] == f"Cancelled by {client.member.email}."
    again = client.post(f"{RUNS}/{run.id}/cancel")
    assert again.status_code == 409
    assert "is cancelled" in again.json()["detail"]


def test_another_tenants_run_cannot_be_cancelled_and_is_like_none(acme, bolt):
    run = bolt.store.request_run("journeys", {}, by=Actor(name="ann"))
    client = acme.client.as_role("admin")

    theirs = client.post(f"{RUNS}/{run.id}/cancel")
    never = client.post(f"{RUNS}/{NEVER}/cancel")

    assert theirs.status_code == never.status_code == 404
    assert theirs.text.replace(run.id, NEVER) == never.text
    assert bolt.store.run(run.id).status is RunStatus.QUEUED
