"""The journeys that a page lists: what they hold, and that credit sums to 100."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from apportion import frames
from apportion.journeys.detail import customer_journeys, journey_credit
from apportion.results.journeys import AttributionModel, AttributionSettings
from journeys.slow_paths import slow_paths
from journeys.tables import NOON, conversions, days, random_world, records, touchpoints

SETTINGS = AttributionSettings(window_days=7)
ITEMS = frames.conform(
    pd.DataFrame(
        {
            "order_id": ["o1", "o1"],
            "product": ["cup", "mug"],
            "quantity": [1, 2],
            "unit_price": [4, 3],
        }
    ),
    frames.ORDER_ITEMS,
)


def journeys(touched, bought, *order_ids, settings=SETTINGS):
    return customer_journeys(
        order_ids,
        conversions=records(bought),
        touchpoints=records(touched),
        order_items=records(ITEMS),
        settings=settings,
        weights=None,
    )


def test_journey_holds_the_conversion_its_touchpoints_and_its_products():
    touched = touchpoints(
        ("t1", "ann", NOON, "meta"), campaign="spring", device="mobile", ad_set="a", platform="ig"
    )
    bought = conversions(("o1", "ann", NOON + days(1), 10))

    (journey,) = journeys(touched, bought, "o1")

    assert journey.conversion_id == journey.order_id == "o1"
    assert journey.order_total == 10
    assert journey.customer_email == "ann@example.com"
    assert journey.is_new_customer
    assert journey.conversion_date == NOON + days(1)
    assert [one.product for one in journey.products] == ["cup", "mug"]
    (one,) = journey.touchpoints
    assert (one.id, one.timestamp, one.channel) == ("t1", NOON, "meta")
    assert (one.campaign, one.device, one.ad_set, one.platform) == ("spring", "mobile", "a", "ig")
    assert one.ad is None
    assert one.credit_by_model == dict.fromkeys(list(AttributionModel)[:5], 100)


def test_conversion_without_a_touchpoint_is_direct():
    touched = touchpoints(("t1", "ann", NOON - days(8), "meta"))
    bought = conversions(("o1", "ann", NOON, 10))

    (journey,) = journeys(touched, bought, "o1")

    assert journey.touchpoint_count == 1
    (one,) = journey.touchpoints
    assert (one.channel, one.timestamp) == ("direct", NOON)
    assert set(one.credit_by_model.values()) == {100}


def test_journey_begins_after_the_conversion_before():
    touched = touchpoints(("t1", "ann", NOON, "meta"), ("t2", "ann", NOON + days(2), "email"))
    bought = conversions(("o1", "ann", NOON + days(1), 10), ("o2", "ann", NOON + days(3), 10))

    second, first = journeys(touched, bought, "o2", "o1")

    assert [one.id for one in first.touchpoints] == ["t1"]
    assert [one.id for one in second.touchpoints] == ["t2"]


@pytest.mark.parametrize("window_days", [7, 30])
@pytest.mark.parametrize("grain", [60, 12 * 3600], ids=["minutes", "many ties"])
def test_journeys_are_those_of_plain_loops(window_days, grain):
    touched, bought = random_world(seed=9, grain=grain)
    expected = {path.order: path for path in slow_paths(touched, bought, window_days)}

    found = journeys(
        touched, bought, *bought["order_id"], settings=AttributionSettings(window_days=window_days)
    )

    for journey in found:
        path = expected[journey.order_id]
        assert tuple(one.channel for one in journey.touchpoints) == path.channels
        assert journey.touchpoint_count == len(path.channels)


def test_credit_of_each_model_sums_to_100_over_a_journey():
    credit = journey_credit(
        ["meta", "email", "meta"], np.array([70.0, 20.0, 0.5]), settings=SETTINGS, weights=None
    )

    assert {model: shares.sum() for model, shares in credit.items()} == pytest.approx(
        dict.fromkeys(credit, 100)
    )


def test_journey_survives_json_with_the_specifications_names():
    touched = touchpoints(("t1", "ann", NOON, "meta"))
    (journey,) = journeys(
        touched, conversions(("o1", "ann", NOON + dt.timedelta(hours=1), 10)), "o1"
    )

    text = journey.model_dump(mode="json")

    assert set(text) >= {
        "conversionId",
        "orderId",
        "orderTotal",
        "customerEmail",
        "isNewCustomer",
        "conversionDate",
        "touchpointCount",
        "touchpoints",
    }
    assert text["touchpoints"][0]["creditByModel"]["last_touch"] == 100
