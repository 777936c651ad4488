"""What each route gives, to each role."""

import socket
from dataclasses import replace

import pytest

from api.people import DATA, MMM, OPTIMIZE, READS, ROLES, RUNS, VERSIONS, Client
from apportion.frames import DATASETS


@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_read_everything_there_is(acme, role):
    client = acme.client.as_role(role)
    addresses = [*READS, f"{MMM}?version=1", f"{RUNS}/{acme.run_id}"]

    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(
        addresses, 200
    )
    budget = sum(acme.current_spend.values())
    assert client.post(OPTIMIZE, json={"totalBudget": budget}).status_code == 200


def test_whoever_must_change_their_password_may_read_nothing_before(acme):
    member = replace(acme.client.member, must_change_password=True)
    client = Client(acme.client.app, member)

    refused = [client.get(address) for address in (*READS, f"{RUNS}/{acme.run_id}")]
    refused.append(client.post(OPTIMIZE, json={"totalBudget": 1}))

    assert {answer.status_code for answer in refused} == {403}
    assert "one-time password" in refused[0].json()["detail"]


def test_the_model_is_the_stored_result_word_by_word(acme):
    stored = acme.store.model()

    answer = acme.client.get(MMM)

    assert answer.headers["content-type"] == "application/json"
    assert answer.text == stored.model_dump_json()
    assert answer.json()["modelFit"]["bayesianR2"] == stored.model_fit.bayesian_r2


def test_the_current_model_is_the_newest_completed_one(acme):
    found = acme.client.get(MMM).json()

    assert (found["version"], found["status"], found["training"]) == (2, "completed", None)


def test_a_version_that_failed_comes_with_its_reason_and_no_channels(acme):
    found = acme.client.get(MMM, params={"version": 3}).json()

    assert (found["status"], found["reason"], found["channels"]) == ("failed", "text 1", [])


def test_training_stands_beside_the_current_model(acme):
    run = acme.store.start_run("mmm", {}, host="elsewhere", pid=1, process_started=1.0)
    model = acme.store.start_model(channels=["meta"], start=None, end=None, run_id=run.id)
    acme.store.report_progress(run.id, 0.25, "Sampling")

    found = acme.client.get(MMM).json()

    assert found["version"] == 2
    assert found["training"] == {
        "modelId": model.model_id,
        "version": 4,
        "status": "running",
        "progress": 0.25,
        "runId": run.id,
        "message": "Sampling",
        "remainingSeconds": None,
    }


def test_without_a_completed_model_the_newest_is_given_with_its_reason(empty, tenant):
    model = tenant.start_model(channels=["meta"], start=None, end=None)
    tenant.fail_model(model.model_id, "The chains disagree.")

    found = empty.get(MMM).json()

    assert (found["status"], found["reason"]) == ("failed", "The chains disagree.")


def test_without_any_model_there_is_an_empty_draft(empty):
    found = empty.get(MMM).json()

    assert (found["status"], found["version"], found["channels"]) == ("draft", 0, [])


def test_versions_are_listed_newest_first_without_their_heavy_parts(acme):
    found = acme.client.get(VERSIONS).json()

    assert [(each["version"], each["status"]) for each in found["versions"]] == [
        (3, "failed"),
        (2, "completed"),
        (1, "failed"),
    ]
    assert found["nextCursor"] is None
    assert "saturationCurves" not in found["versions"][1]


def test_a_run_says_how_it_ended_and_not_where_its_notebook_lies(acme):
    found = acme.client.get(f"{RUNS}/{acme.run_id}").json()

    assert (found["kind"], found["status"], found["message"]) == ("mmm", "failed", "text 1")
    assert found == acme.client.get(RUNS).json()["runs"][0]
    assert "away.ipynb" not in str(found)


def test_a_run_whose_process_has_ended_is_not_running_for_ever(empty, tenant):
    started = tenant.start_run(
        "mmm", {}, host=socket.gethostname(), pid=2**22 + 1, process_started=1.0
    )

    assert empty.get(f"{RUNS}/{started.id}").json()["status"] == "failed"


@pytest.mark.parametrize(
    "address",
    [
        f"{MMM}?version={2**31 - 1}",
        f"{RUNS}/00000000-0000-0000-0000-000000000000",
        f"{RUNS}/ffffffff-ffff-ffff-ffff-ffffffffffff",
        f"{RUNS}/urn:uuid:00000000-0000-4000-8000-000000000000",
    ],
)
def test_what_could_be_there_and_is_not_is_not_found(empty, address):
    assert empty.get(address).status_code == 404


def test_no_version_lies_beyond_the_last_page(acme):
    last = {"cursor": str(2**31 - 1), "limit": 100}

    assert len(acme.client.get(VERSIONS, params=last).json()["versions"]) == 3


def test_coverage_names_every_dataset(acme, empty):
    found = {each["dataset"]: each for each in acme.client.get(DATA).json()["datasets"]}

    assert list(found) == list(DATASETS)
    assert found["spend"] == {
        "dataset": "spend",
        "rows": 1,
        "firstDay": "2024-03-01",
        "lastDay": "2024-03-01",
    }


def test_coverage_of_nothing_has_no_days(empty):
    found = empty.get(DATA).json()["datasets"]

    assert {(each["rows"], each["firstDay"], each["lastDay"]) for each in found} == {
        (0, None, None)
    }
