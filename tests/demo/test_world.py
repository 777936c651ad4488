"""A world: reproducible, within its contracts, and one story in every frame."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from apportion.demo import HARBOUR, NOVA, Intervention, simulate
from apportion.frames import DATASETS, conform

END = dt.date(2026, 6, 30)


def business_days(world, timestamps):
    return timestamps.dt.tz_convert(world.plan.timezone).dt.tz_localize(None).dt.normalize()


def daily(world, metric):
    outcomes = world.frames["outcomes"]
    return outcomes[outcomes["metric"] == metric].groupby("date")["value"].sum()


def journeys(world):
    """Every order with the touchpoints of the 31 days before it, in order of time."""
    pairs = world.frames["touchpoints"].merge(
        world.frames["conversions"][["order_id", "customer_id", "timestamp", "revenue"]],
        on="customer_id",
        suffixes=("", "_bought"),
    )
    age = pairs["timestamp_bought"] - pairs["timestamp"]
    inside = (age > pd.Timedelta(0)) & (age <= pd.Timedelta(days=31))
    return pairs[inside].sort_values("timestamp", kind="stable")


def test_the_same_seed_gives_the_same_world(nova):
    again = simulate(NOVA, end=END, years=1, seed=3)

    for name, frame in nova.frames.items():
        pd.testing.assert_frame_equal(again.frames[name], frame)
    np.testing.assert_array_equal(again.truth.incremental, nova.truth.incremental)


def test_another_seed_gives_another_world(nova):
    other = simulate(NOVA, end=END, years=1, seed=4)

    assert not daily(other, "revenue").equals(daily(nova, "revenue"))


def test_two_tenants_of_one_seed_share_nothing_by_chance():
    twin = replace(NOVA, slug="twin")
    one, other = (simulate(plan, end=END, years=1, seed=3) for plan in (NOVA, twin))

    assert not daily(one, "revenue").equals(daily(other, "revenue"))


@pytest.mark.parametrize("name", DATASETS)
def test_frames_already_conform(world, name):
    pd.testing.assert_frame_equal(conform(world.frames[name], DATASETS[name]), world.frames[name])


@pytest.mark.parametrize("name", DATASETS)
def test_keys_are_unique_and_rows_are_there(world, name):
    frame = world.frames[name]

    assert len(frame) > 0
    assert not frame.duplicated(list(DATASETS[name].key)).any()


@pytest.mark.parametrize("name", ["spend", "outcomes", "controls"])
def test_daily_frames_cover_every_day_up_to_the_last(world, name):
    dates = world.frames[name]["date"]

    assert dates.min() == pd.Timestamp(world.start)
    assert dates.max() == pd.Timestamp(END)
    assert dates.nunique() == 365


@pytest.mark.parametrize("name", ["touchpoints", "conversions"])
def test_nothing_happens_after_the_last_day(world, name):
    days = business_days(world, world.frames[name]["timestamp"])

    assert days.max() == pd.Timestamp(END)


def test_conversions_cover_the_last_days_of_the_plan(world):
    days = business_days(world, world.frames["conversions"]["timestamp"])

    assert days.nunique() == world.plan.journey_days


def test_conversions_add_up_to_the_outcomes_of_their_days(world):
    conversions = world.frames["conversions"]
    by_day = conversions.groupby(business_days(world, conversions["timestamp"]))["revenue"]

    revenue, orders = (daily(world, metric) for metric in ("revenue", "orders"))
    cents = (100 * by_day.sum()).round().astype("int64")
    assert cents.to_list() == (100 * revenue[cents.index]).round().astype("int64").to_list()
    assert by_day.size().to_list() == orders[cents.index].to_list()


def test_outcomes_have_every_region_and_no_row_for_the_total(world):
    regions = world.frames["outcomes"].groupby("date")["region"].unique()

    assert all(set(found) == set(world.plan.regions) for found in regions)


def test_items_add_up_to_their_orders(world):
    items = world.frames["order_items"]
    value = (items["quantity"] * items["unit_price"]).groupby(items["order_id"]).sum()
    revenue = world.frames["conversions"].set_index("order_id")["revenue"]

    assert set(value.index) == set(revenue.index)
    np.testing.assert_allclose(value[revenue.index].astype(float), revenue, atol=0.001)


def test_a_customer_is_new_once_and_at_the_first_order(world):
    conversions = world.frames["conversions"].sort_values("timestamp", kind="stable")
    later = conversions.duplicated("customer_id")

    assert not conversions.loc[later, "is_new_customer"].any()
    assert 0.3 < conversions["is_new_customer"].mean() < 0.7


def test_a_customer_has_one_address_of_the_example_domain(world):
    conversions = world.frames["conversions"]

    assert (
        len(conversions[["customer_id", "email"]].drop_duplicates())
        == conversions["email"].nunique()
    )
    assert conversions["email"].nunique() == conversions["customer_id"].nunique()
    assert conversions["email"].str.fullmatch(r"[a-z]+\d+@mail\.example").all()


def test_touchpoints_are_of_the_plans_channels_and_sources(world):
    plan = world.plan
    tracked = {channel.name for channel in plan.channels if channel.visits}

    found = set(world.frames["touchpoints"]["channel"])
    assert found == tracked | {source.name for source in plan.sources}


def test_a_touchpoints_campaign_had_spend_on_that_day(world):
    touches, spend = world.frames["touchpoints"], world.frames["spend"]
    paid = touches[touches["campaign"] != ""]
    days = business_days(world, paid["timestamp"])

    met = set(zip(days, paid["channel"], paid["campaign"], strict=True))
    bought = set(zip(spend["date"], spend["channel"], spend["campaign"], strict=True))
    assert met <= bought


def test_every_order_follows_a_touchpoint_while_tracking_works(tracked):
    found = set(journeys(tracked)["order_id"])

    assert found == set(tracked.frames["conversions"]["order_id"])


def test_a_channel_that_caused_an_order_is_in_its_path(tracked):
    causes = tracked.truth.order_causes
    paths = journeys(tracked)
    met = set(zip(paths["order_id"], paths["channel"], strict=True))

    for channel in tracked.truth.channels:
        caused = causes[causes == channel].index
        assert np.mean([(order, channel) in met for order in caused]) > 0.99


def test_some_paths_end_without_a_purchase(world):
    visitors = set(world.frames["touchpoints"]["customer_id"]) - set(
        world.frames["conversions"]["customer_id"]
    )

    assert len(visitors) > 0.3 * len(world.frames["conversions"])


def test_nobody_meets_a_channel_that_is_dark():
    start = END - dt.timedelta(days=59)
    dark = simulate(NOVA, end=END, years=1, seed=3, interventions=[Intervention("meta", 0, start)])
    touches = dark.frames["touchpoints"]
    days = business_days(dark, touches["timestamp"])

    assert not ((touches["channel"] == "meta") & (days >= pd.Timestamp(start))).any()
    assert not (dark.frames["spend"].query("channel == 'meta'")["date"] >= str(start)).any()


def test_an_outage_hides_touchpoints_and_sessions_but_no_order(world):
    outage = next(one for one in world.truth.incidents if "outage" in one.name)
    touches = world.frames["touchpoints"]
    seen = pd.crosstab(business_days(world, touches["timestamp"]), touches["device"])
    device = world.plan.outage.device
    others = [name for name in seen if name != device]
    during = slice(pd.Timestamp(outage.start), pd.Timestamp(outage.end))
    before = slice(
        pd.Timestamp(outage.start) - pd.Timedelta(days=14),
        pd.Timestamp(outage.start) - pd.Timedelta(days=1),
    )

    assert seen[device][during].mean() < 0.4 * seen[device][before].mean()
    assert (seen[others][during].mean() > 0.8 * seen[others][before].mean()).all()
    sessions, orders = daily(world, "sessions"), daily(world, "orders")
    assert orders[during].mean() > 0.85 * orders[before].mean()
    ratio = sessions / orders
    assert ratio[during].mean() < 0.8 * ratio[before].mean()


def test_promotions_are_in_the_calendar_and_in_the_control(world):
    depth = world.frames["controls"].query("name == 'promotion'").set_index("date")["value"]
    for event in world.frames["events"].itertuples():
        inside = depth[event.start : event.end]
        assert (inside > 0).all()
        assert event.expected_effect == pytest.approx(
            world.plan.demand.promotion_effect * inside.max()
        )


@pytest.mark.parametrize(
    ("intervention", "message"),
    [
        (Intervention("radio"), "no channel 'radio'; there are meta"),
        (Intervention("meta", regions=("Mars",)), "no region 'Mars'; there are California"),
        (Intervention("meta", start=dt.date(2020, 1, 1)), "2020-01-01 is outside"),
    ],
    ids=["channel", "region", "day"],
)
def test_an_intervention_on_nothing_is_refused(intervention, message):
    with pytest.raises(ValueError, match=message):
        simulate(NOVA, end=END, years=1, interventions=[intervention])


def test_negative_spend_is_refused():
    with pytest.raises(ValueError, match="factor must not be negative, got -1"):
        Intervention("meta", -1)


def test_a_world_too_short_for_its_experiment_is_refused():
    with pytest.raises(ValueError, match=r"years must be at least 0\.\d\d to hold .* got 0\.4"):
        simulate(HARBOUR, end=END, years=0.4)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"channel": "radio"}, "is on 'radio'"), ({"regions": ("Mars",)}, "is in 'Mars'")],
    ids=["channel", "region"],
)
def test_a_plan_whose_experiment_is_nowhere_is_refused(change, message):
    experiment = replace(NOVA.experiments[0], **change)

    with pytest.raises(ValueError, match=message):
        replace(NOVA, experiments=(experiment,))
