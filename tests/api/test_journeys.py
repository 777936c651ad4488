"""Journeys over HTTP: list, search, one of them, paths, settings; who sees whole addresses."""

from dataclasses import dataclass

import pandas as pd
import pytest

from api.people import CREDIT, CREDIT_SETTINGS, JOURNEYS, PATHS
from apportion.frames import CONVERSIONS, conform
from apportion.results.journeys import AttributionModel
from apportion.store import TenantStore

RULES = [model for model in AttributionModel if model not in ("markov", "shapley")]


@dataclass
class Untrained:
    """A tenant with nothing but orders."""

    store: TenantStore


def ids(answer):
    return [journey["orderId"] for journey in answer.json()["journeys"]]


def add_orders(side, count, first=2):
    """Add orders o2, o3, … an hour apart, every other one of a new customer."""
    numbers = pd.Series(range(first, first + count))
    frame = {
        "order_id": "o" + numbers.astype(str),
        "customer_id": "c" + numbers.astype(str),
        "timestamp": pd.Timestamp("2024-04-01T12:00Z") + pd.to_timedelta(numbers, unit="h"),
        "revenue": 5.0,
        "email": "Person" + numbers.astype(str) + "@mail.example",
        "is_new_customer": numbers % 2 == 0,
    }
    side.store.write("conversions", [conform(pd.DataFrame(frame), CONVERSIONS)])


def test_a_journey_has_its_touchpoints_its_products_and_credit_of_every_model(acme):
    (journey,) = acme.client.get(JOURNEYS).json()["journeys"]

    assert (journey["conversionId"], journey["orderTotal"]) == ("o1", 1.0)
    (touchpoint,) = journey["touchpoints"]
    assert (touchpoint["id"], touchpoint["channel"]) == ("t1", "meta")
    assert touchpoint["creditByModel"] == dict.fromkeys(map(str, AttributionModel), 100.0)
    assert journey["products"] == [{"product": "p1", "quantity": 1, "unitPrice": 1.0}]
    assert acme.client.get(f"{JOURNEYS}/o1").json() == journey


def test_no_more_than_fifty_conversions_are_listed(acme):
    add_orders(acme, 60)

    assert ids(acme.client.get(JOURNEYS)) == [f"o{number}" for number in range(61, 11, -1)]
    assert len(ids(acme.client.get(JOURNEYS, params={"limit": 7}))) == 7
    assert acme.client.get(JOURNEYS, params={"limit": 51}).status_code == 422


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"search": "O3"}, ["o3"]),
        ({"search": "person4"}, ["o4"]),
        ({"search": "nobody"}, []),
        ({"customer": "new"}, ["o4", "o2", "o1"]),
        ({"customer": "returning"}, ["o3"]),
        ({"customer": "new", "search": "o"}, ["o4", "o2", "o1"]),
    ],
)
def test_an_analyst_searches_and_filters(acme, params, found):
    add_orders(acme, 3)

    assert ids(acme.client.as_role("analyst").get(JOURNEYS, params=params)) == found


def test_addresses_are_whole_for_analysts_and_masked_for_viewers(acme):
    add_orders(acme, 1)
    shown = {
        role: acme.client.as_role(role).get(f"{JOURNEYS}/o2").json()["customerEmail"]
        for role in ("viewer", "analyst", "admin")
    }

    assert shown == {
        "viewer": "P•••@•••.example",
        "analyst": "Person2@mail.example",
        "admin": "Person2@mail.example",
    }


@pytest.mark.parametrize(
    ("search", "found"), [("person", []), ("Person2@mail.example", ["o2"]), ("O2", ["o2"])]
)
def test_a_viewers_search_completes_no_address(acme, search, found):
    add_orders(acme, 2)

    assert ids(acme.client.get(JOURNEYS, params={"search": search})) == found


@pytest.mark.parametrize(("window", "channels"), [("7", ["direct"]), ("30", ["meta"])])
def test_the_window_says_how_far_to_look_back(acme, window, channels):
    later = conform(
        pd.DataFrame(
            [
                {
                    "order_id": "o1",
                    "customer_id": "text 1",
                    "timestamp": "2024-03-11T12:00Z",
                    "revenue": 1.0,
                    "email": "a@mail.example",
                    "is_new_customer": True,
                }
            ]
        ),
        CONVERSIONS,
    )
    acme.store.write("conversions", [later])

    journey = acme.client.get(f"{JOURNEYS}/o1", params={"window": window}).json()

    assert [touchpoint["channel"] for touchpoint in journey["touchpoints"]] == channels
    assert journey["windowDays"] == int(window)


def test_a_journey_of_another_tenant_is_like_one_that_does_not_exist(acme, bolt):
    add_orders(bolt, 1)

    theirs, never = (acme.client.get(f"{JOURNEYS}/{name}") for name in ("o2", "o9"))

    assert theirs.status_code == never.status_code == 404
    assert theirs.text.replace("o2", "o9") == never.text
    assert ids(acme.client.get(JOURNEYS, params={"search": "o"})) == ["o1"]


def test_an_order_id_may_hold_a_slash(acme):
    add_orders(acme, 1)
    order = acme.store.order("o2") | {"order_id": "a/b?c"}
    acme.store.write("conversions", [conform(pd.DataFrame([order]), CONVERSIONS)])

    assert acme.client.get(f"{JOURNEYS}/a%2Fb%3Fc").json()["orderId"] == "a/b?c"


def test_paths_and_credit_are_the_stored_analysis(acme):
    stored = acme.store.journey_results(30)

    assert acme.client.get(PATHS).text == stored.paths.model_dump_json()
    assert acme.client.get(CREDIT, params={"window": "30"}).text == stored.model_dump_json()


@pytest.mark.parametrize("address", [PATHS, CREDIT])
def test_without_an_analysis_there_is_none(empty, address):
    assert empty.get(address).status_code == 404


def test_without_a_trained_model_a_journey_has_the_rules_credit(empty, tenant):
    add_orders(Untrained(tenant), 1)

    (touchpoint,) = empty.get(f"{JOURNEYS}/o2").json()["touchpoints"]

    assert touchpoint["creditByModel"] == dict.fromkeys(map(str, RULES), 100.0)


def test_settings_are_changed_by_analysts_and_hold_for_the_next_answer(acme):
    wanted = {"windowDays": 7, "halfLifeDays": 2.5, "endpointShare": 0.3, "markovOrder": 2}

    assert acme.client.request("PUT", CREDIT_SETTINGS, json=wanted).status_code == 403
    changed = acme.client.as_role("analyst").request("PUT", CREDIT_SETTINGS, json=wanted)

    assert changed.json() == acme.client.get(CREDIT_SETTINGS).json() == wanted
    assert acme.client.get(f"{JOURNEYS}/o1").json()["windowDays"] == 7


@pytest.mark.parametrize(
    "wrong",
    [{"windowDays": 8}, {"halfLifeDays": 0}, {"endpointShare": 0.6}, {"markovOrder": 3}, {"x": 1}],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(acme, wrong):
    answer = acme.client.as_role("analyst").request("PUT", CREDIT_SETTINGS, json=wrong)

    assert answer.status_code == 422


@pytest.mark.parametrize(
    "wrong", [{"window": "8"}, {"customer": "old"}, {"limit": "0"}, {"search": "a" * 201}], ids=str
)
def test_questions_that_cannot_be_are_refused(acme, wrong):
    assert acme.client.get(JOURNEYS, params=wrong).status_code == 422
