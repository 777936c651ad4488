"""Plans for the weeks to come over HTTP: price, save, compare; each tenant's are its own."""

from uuid import UUID

import pytest

from api.people import Client, someone
from api.test_problems import assert_is_problem
from apportion.results.accounts import Role

BASE = "/api/admin/attribution/mmm"
SCENARIOS = f"{BASE}/scenarios"


def save(side, name, **plan):
    return analyst(side).post(SCENARIOS, json={"name": name, **plan})


def delete(side, key):
    return analyst(side).request("DELETE", f"{SCENARIOS}/{key}")


def analyst(side):
    return side.client.as_role(Role.ANALYST)


def test_a_plan_is_forecast_and_nothing_stored(acme):
    answer = acme.client.post(f"{BASE}/forecast", json={"weeks": 4, "flighting": "even"})

    told = answer.json()
    assert answer.status_code == 200
    assert len(told["weeks"]) == len(told["expected"]) == 4
    assert told["totalInterval"]["lower"] < told["total"] < told["totalInterval"]["upper"]
    assert (told["modelId"], told["version"]) == (acme.model_id, 2)
    assert acme.client.get(SCENARIOS).json() == {"scenarios": []}


def test_plans_are_saved_named_read_and_deleted(acme):
    saved = save(acme, "  Less   TV ", spend={next(iter(acme.current_spend)): 10.0})

    made = saved.json()
    assert saved.status_code == 201
    assert made["name"] == "Less TV"
    assert made["createdBy"]
    assert acme.client.get(f"{SCENARIOS}/{made['id']}").json() == made
    assert acme.client.get(SCENARIOS).json()["scenarios"] == [made]
    assert delete(acme, made["id"]).status_code == 204
    assert_is_problem(acme.client.get(f"{SCENARIOS}/{made['id']}"), 404)


def test_named_plans_are_compared_with_the_first(acme):
    channel, now = next(iter(acme.current_spend.items()))
    ids = [
        save(acme, name, spend={channel: factor * now}).json()["id"]
        for name, factor in (("now", 1), ("more", 1.5))
    ]

    answer = acme.client.get(f"{SCENARIOS}/compare", params={"id": ids})

    first, second = answer.json()["outcomes"]
    assert first["difference"] == 0
    assert second["difference"] == pytest.approx(
        second["forecast"]["total"] - first["forecast"]["total"]
    )
    assert second["differenceInterval"]["lower"] > 0


def test_a_name_is_given_once(acme):
    save(acme, "Spring")

    assert "There is a scenario 'Spring' already" in save(acme, "Spring").json()["detail"]
    assert_is_problem(save(acme, "Spring"), 409)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a", "weeks": 0}, "weeks"),
        ({"name": "a", "weeks": 27}, "weeks"),
        ({"name": "a", "spend": {"nope": 1}}, "spend.nope"),
        ({"name": "a", "flighting": "random"}, "flighting"),
    ],
    ids=["no name", "no weeks", "too many", "channel", "flighting"],
)
def test_what_cannot_be_planned_is_refused_by_its_field(acme, asked, field):
    problem = assert_is_problem(analyst(acme).post(SCENARIOS, json=asked), 422)

    assert [wrong["field"] for wrong in problem["errors"]] == [field]
    assert acme.client.get(SCENARIOS).json() == {"scenarios": []}


def test_another_tenants_plan_is_like_one_that_does_not_exist(acme, bolt):
    theirs = save(bolt, "theirs").json()["id"]
    mine = save(acme, "mine").json()["id"]
    never = str(UUID(int=4))

    for key in (theirs, never):
        assert_is_problem(acme.client.get(f"{SCENARIOS}/{key}"), 404)
        assert_is_problem(delete(acme, key), 404)
        assert_is_problem(acme.client.get(f"{SCENARIOS}/compare", params={"id": [mine, key]}), 404)

    assert [each["name"] for each in acme.client.get(SCENARIOS).json()["scenarios"]] == ["mine"]
    assert [each["name"] for each in bolt.client.get(SCENARIOS).json()["scenarios"]] == ["theirs"]


def test_a_viewer_forecasts_and_reads_but_neither_saves_nor_deletes(acme, app, two_tenants):
    made = save(acme, "kept").json()
    viewer = Client(app, someone(two_tenants[0].tenant, Role.VIEWER))

    assert viewer.post(f"{BASE}/forecast", json={}).status_code == 200
    assert viewer.get(SCENARIOS).json()["scenarios"] == [made]
    assert_is_problem(viewer.post(SCENARIOS, json={"name": "mine"}), 403)
    assert_is_problem(viewer.request("DELETE", f"{SCENARIOS}/{made['id']}"), 403)
    assert acme.client.get(SCENARIOS).json()["scenarios"] == [made]


def test_without_a_model_there_is_nothing_to_plan_with(empty):
    assert_is_problem(empty.post(f"{BASE}/forecast", json={}), 404)
    assert_is_problem(empty.as_role(Role.ANALYST).post(SCENARIOS, json={"name": "a"}), 404)
