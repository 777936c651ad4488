"""Experiments over HTTP: SPEC's structure, its statuses, refusals, and two tenants apart."""

import datetime as dt

import numpy as np
import pytest

from api.people import EXPERIMENTS as PATH
from api.people import Client, someone
from incrementality.panels import of, outcome_frame

REGIONS = [f"r{number:02d}" for number in range(20)]
FIRST, DAYS = dt.date(2026, 3, 2), 140
NEW = {
    "name": "Both have one",
    "platform": "meta",
    "testRegions": REGIONS[:4],
    "controlRegions": REGIONS[4:],
    "startDate": "2026-07-06",
    "endDate": "2026-07-19",
}
SPECIFIED = {
    "id",
    "name",
    "platform",
    "status",
    "testRegions",
    "controlRegions",
    "startDate",
    "endDate",
    "preTestDays",
    "budgetEstimate",
    "results",
}
RESULTS = {
    "incrementalLiftPercent",
    "incrementalRevenue",
    "pValue",
    "isSignificant",
    "confidenceInterval",
    "recommendation",
}


@pytest.fixture
def clients(app, two_tenants):
    for seed, tenant in enumerate(two_tenants, start=1):
        rng = np.random.default_rng(seed)
        values = np.exp(rng.normal(6, 0.3, 20)) * np.exp(rng.normal(0, 0.02, (DAYS, 20)))
        values[-14:, :4] *= 1 + 0.1 * seed
        tenant.write("outcomes", [outcome_frame(of(values, FIRST))])
    return [Client(app, someone(tenant.tenant, "analyst")) for tenant in two_tenants]


@pytest.fixture
def acme(clients):
    return clients[0]


def put(client, found, **change):
    return client.request("PUT", f"{PATH}/{found['id']}", json=change)


def test_experiment_has_the_fields_of_the_specification_from_draft_to_read_out(acme):
    created = acme.post(PATH, json=NEW)
    found = created.json()

    assert created.status_code == 201
    assert found.keys() >= SPECIFIED
    assert found["status"] == "draft"
    assert found["results"] is None
    assert acme.get(PATH).json()["experiments"] == [found]
    assert put(acme, found, status="running").json()["status"] == "running"
    done = put(acme, found, status="completed").json()
    assert done["status"] == "completed"
    assert done["results"].keys() >= RESULTS
    interval = done["results"]["confidenceInterval"]
    assert interval["lower"] < 10 < interval["upper"]
    assert interval["level"] == 0.9
    assert acme.get(f"{PATH}/{found['id']}").json() == done
    certificate = acme.get(f"{PATH}/{found['id']}/certificate").json()
    assert certificate["dataHash"] == done["results"]["dataHash"]


def test_draft_is_changed_cancelled_and_deleted(acme):
    found = acme.post(PATH, json=NEW).json()

    changed = put(acme, found, name="Other", budgetEstimate=1200.5).json()
    cancelled = put(acme, found, status="cancelled", reason="Stock ran out").json()
    deleted = acme.request("DELETE", f"{PATH}/{found['id']}")

    assert (changed["name"], changed["budgetEstimate"]) == ("Other", 1200.5)
    assert changed["testRegions"] == NEW["testRegions"]
    assert (cancelled["status"], cancelled["reason"]) == ("cancelled", "Stock ran out")
    assert deleted.status_code == 204
    assert acme.get(f"{PATH}/{found['id']}").status_code == 404


def test_running_experiment_is_monitored_without_a_verdict(acme):
    found = acme.post(PATH, json=NEW | {"weeklyLooks": True}).json()
    put(acme, found, status="running")

    seen = acme.get(f"{PATH}/{found['id']}/monitoring")

    assert seen.json()["day"] == 14
    assert seen.json()["trajectory"]["cumulative"] == []
    assert "pValue" not in seen.text
    assert "lift" not in seen.text.lower()


def test_design_is_found_drawn_and_used(acme):
    asked = {"startDate": "2026-07-06", "minimumEffectPercent": 5}

    found = acme.post(f"{PATH}/designs", json=asked).json()
    option = found["options"][0]
    draw = asked | {"size": option["size"], "days": option["days"], "drawSeed": 3}
    drawn = acme.post(f"{PATH}/designs/draw", json=draw).json()
    tests = [drawn["regions"][place] for place in drawn["pool"][drawn["drawn"]]]
    others = [region for region in REGIONS if region not in tests]
    created = acme.post(
        PATH, json=NEW | {"testRegions": tests, "controlRegions": others, "design": drawn}
    )

    assert len(tests) == option["size"]
    assert created.status_code == 201
    assert created.json()["design"] == drawn


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"platform": "radio"}, "platform"),
        ({"preTestDays": 14}, "preTestDays"),
        ({"testRegions": ["Atlantis"]}, "testRegions"),
        ({"controlRegions": REGIONS}, "controlRegions"),
        ({"endDate": "2026-07-01"}, "endDate"),
        ({"name": ""}, "name"),
        ({"budgetEstimate": "much"}, "budgetEstimate"),
        ({"tenantId": "bolt"}, "tenantId"),
    ],
)
def test_bad_field_is_named_with_what_is_allowed(acme, change, field):
    answer = acme.post(PATH, json=NEW | change)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert error["allowed"]
    assert acme.get(PATH).json() == {"experiments": []}


def test_too_little_power_is_refused_and_overridden_with_a_reason(acme):
    found = acme.post(PATH, json=NEW | {"minimumEffectPercent": 0.2}).json()

    refused = put(acme, found, status="running")
    started = put(acme, found, status="running", overrideReason="Known to be weak")

    assert refused.status_code == 422
    assert "needs 80%" in refused.json()["detail"]
    assert started.json()["overrideReason"] == "Known to be weak"


def test_status_that_cannot_follow_is_a_conflict(acme):
    found = acme.post(PATH, json=NEW).json()

    assert put(acme, found, status="completed").status_code == 409
    put(acme, found, status="cancelled")
    assert put(acme, found, status="running").status_code == 409
    assert put(acme, found, status="draft").status_code == 422
    assert put(acme, found, name="Other").status_code == 409


def test_viewer_reads_and_writes_nothing(acme):
    found = acme.post(PATH, json=NEW).json()
    viewer = acme.as_role("viewer")

    assert viewer.get(PATH).json()["experiments"] == [found]
    assert viewer.post(PATH, json=NEW).status_code == 403
    assert put(viewer, found, status="running").status_code == 403
    assert viewer.request("DELETE", f"{PATH}/{found['id']}").status_code == 403


def test_another_tenants_experiment_is_like_one_that_does_not_exist(clients):
    acme, bolt = clients
    theirs = bolt.post(PATH, json=NEW).json()
    never = {"id": "00000000-0000-0000-0000-000000000004"}
    acme.post(PATH, json=NEW)

    for ask in (
        lambda of: acme.get(f"{PATH}/{of['id']}"),
        lambda of: acme.get(f"{PATH}/{of['id']}/certificate"),
        lambda of: acme.get(f"{PATH}/{of['id']}/monitoring"),
        lambda of: put(acme, of, status="running"),
        lambda of: put(acme, of, name="Mine"),
        lambda of: acme.request("DELETE", f"{PATH}/{of['id']}"),
    ):
        found, none = ask(theirs), ask(never)
        assert found.status_code == none.status_code == 404
        assert found.text.replace(theirs["id"], never["id"]) == none.text
    assert bolt.get(f"{PATH}/{theirs['id']}").json() == theirs
    assert theirs["id"] not in acme.get(PATH).text
