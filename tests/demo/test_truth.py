"""The truth is the difference between worlds, and attribution by last touch misses it."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from apportion.demo import NOVA, Intervention, simulate
from apportion.demo.baskets import baskets
from apportion.demo.calendar import calendar
from apportion.demo.truth import BASELINE, Direction

END = dt.date(2026, 6, 30)
WINDOW = dt.date(2025, 10, 6), dt.date(2025, 11, 30)
CHANNELS = NOVA.channel_names


def rerun(*interventions, plan=NOVA):
    return simulate(plan, end=END, years=1, seed=3, interventions=interventions).truth


def test_baseline_and_channels_add_up_to_expected_revenue(world):
    truth = world.truth

    assert truth.by_day().to_numpy().sum() == pytest.approx(truth.expected.sum())
    parts = truth.baseline.sum() + sum(map(truth.contribution, truth.channels))
    assert truth.revenue() == pytest.approx(parts)


def test_realised_revenue_by_cause_adds_up_to_the_outcomes(world):
    outcomes = world.frames["outcomes"].query("metric == 'revenue'")
    by_day = outcomes.groupby("date")["value"].sum()

    realised = world.truth.realised_by_day().sum(axis=1)
    np.testing.assert_allclose(realised, by_day, atol=0.001)


def test_orders_are_drawn_around_their_expectation(world):
    goods = baskets(world.plan)
    second_moment = goods.chances @ (goods.cents / 100) ** 2
    expected, realised = world.truth.by_day().sum(), world.truth.realised_by_day().sum()

    error = np.sqrt(expected / goods.mean_value * second_moment)
    assert (np.abs(realised - expected) < 4 * error).all()


def test_exported_orders_have_their_causes(world):
    revenue = world.frames["conversions"].set_index("order_id")["revenue"]
    by_cause = revenue.groupby(world.truth.order_causes.to_dict()).sum()

    realised = world.truth.realised_by_day().tail(world.plan.journey_days).sum()
    np.testing.assert_allclose(by_cause[realised.index], realised, atol=0.01)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_world_without_the_channel_earns_less_by_its_contribution(nova, channel):
    without = rerun(Intervention(channel))

    assert nova.truth.revenue() - without.revenue() == pytest.approx(
        nova.truth.contribution(channel), rel=1e-9
    )
    assert without.contribution(channel) == 0
    others = [BASELINE, *(name for name in CHANNELS if name != channel)]
    pd.testing.assert_frame_equal(
        without.realised_by_day()[others], nova.truth.realised_by_day()[others]
    )


@pytest.mark.parametrize("channel", CHANNELS)
def test_roi_of_a_window_is_what_a_world_dark_in_it_loses(nova, channel):
    without = rerun(Intervention(channel, 0, *WINDOW))

    lost = nova.truth.revenue() - without.revenue()
    spared = nova.truth.spent(channel) - without.spent(channel)
    assert nova.truth.roi(channel, *WINDOW) == pytest.approx(lost / spared, rel=1e-6)


@pytest.mark.parametrize("channel", CHANNELS)
def test_marginal_roi_is_what_a_little_more_spend_earns(nova, channel):
    truth = nova.truth
    nudge = 1e-4
    gain = truth.window_revenue(channel, *WINDOW, multiplier=1 + nudge) - truth.window_revenue(
        channel, *WINDOW
    )

    earned = gain / (nudge * truth.spent(channel, *WINDOW))
    assert truth.marginal_roi(channel, *WINDOW) == pytest.approx(earned, rel=1e-3)


@pytest.mark.parametrize("channel", CHANNELS)
def test_more_spend_never_earns_less_and_none_earns_nothing(nova, channel):
    curve = [nova.truth.window_revenue(channel, *WINDOW, multiplier=m) for m in (0, 0.5, 1, 2, 4)]

    assert curve[0] == 0
    assert (np.diff(curve) >= 0).all()


def test_carry_over_after_the_last_day_counts_towards_the_roi(nova):
    last_week = END - dt.timedelta(days=6), END

    counted = nova.truth.window_revenue("meta", *last_week)
    seen = nova.truth.revenue() - rerun(Intervention("meta", 0, *last_week)).revenue()
    assert counted > 1.2 * seen > 0


@pytest.mark.parametrize("channel", NOVA.channels, ids=lambda channel: channel.name)
def test_without_experiments_a_channel_has_the_roi_of_its_plan(channel):
    truth = rerun(plan=replace(NOVA, experiments=()))

    roi = truth.contribution(channel.name) / truth.spent(channel.name)
    assert roi == pytest.approx(channel.roi, rel=1e-9)
    assert truth.spent(channel.name) / 365 == pytest.approx(channel.daily_spend, rel=1e-3)


@pytest.mark.parametrize("number", range(len(NOVA.experiments)))
def test_an_experiment_records_the_lift_against_a_world_without_it(nova, number):
    experiments = NOVA.experiments
    plan = replace(NOVA, experiments=experiments[:number] + experiments[number + 1 :])
    record, without = nova.truth.experiments[number], rerun(plan=plan)
    where = record.start, record.end, record.changed_regions

    change = nova.truth.revenue(*where) / without.revenue(*where)
    lift = change - 1 if record.direction is Direction.ON else 1 / change - 1
    assert record.lift_percent == pytest.approx(100 * lift, rel=1e-9)
    assert record.lift_percent > 3
    assert record.incremental_revenue == pytest.approx(
        abs(nova.truth.revenue(*where) - without.revenue(*where)), rel=1e-9
    )
    assert record.spend_change == pytest.approx(
        abs(nova.truth.spent(record.channel) - without.spent(record.channel)), rel=1e-9
    )


def test_an_experiment_splits_the_regions_and_is_over(world):
    for record in world.truth.experiments:
        assert {*record.test_regions, *record.control_regions} == set(world.plan.regions)
        assert not {*record.test_regions} & {*record.control_regions}
        assert record.end < END
        assert (record.end - record.start).days == 27


def test_a_dark_region_has_no_spend_during_the_test(world):
    record = next(one for one in world.truth.experiments if one.direction is Direction.OFF)
    spend = world.frames["spend"].query("channel == @record.channel")
    during = spend[spend["date"].between(str(record.start), str(record.end))]

    assert set(during["region"]) == set(record.test_regions)


def test_last_touch_flatters_the_harvester_and_wrongs_the_upper_funnel(tracked):
    touches = tracked.frames["touchpoints"].sort_values("timestamp", kind="stable")
    conversions = tracked.frames["conversions"].sort_values("timestamp", kind="stable")
    last = pd.merge_asof(
        conversions, touches[["customer_id", "timestamp", "channel"]],
        on="timestamp", by="customer_id",
    )  # fmt: skip
    start = END - dt.timedelta(days=NOVA.journey_days - 1)
    credit = last.groupby("channel")["revenue"].sum()

    assert credit["brand_search"] > 10 * tracked.truth.contribution("brand_search", start)
    assert credit["tiktok"] < 0.5 * tracked.truth.contribution("tiktok", start)


def test_advertising_causes_a_quarter_to_two_fifths_of_revenue(world):
    truth = world.truth

    assert 0.25 < truth.incremental.sum() / truth.revenue() < 0.4


def test_contribution_percents_sum_to_100(world):
    percents = [world.truth.contribution_percent(name) for name in world.truth.channels]

    assert sum(percents) == pytest.approx(100)
    assert min(percents) > 0


def test_incidents_are_within_the_world(world):
    days = calendar(world.plan, end=END, years=1)

    for incident in world.truth.incidents:
        assert days.index(incident.start) <= days.index(incident.end)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (lambda truth: truth.roi("radio"), "no channel 'radio'; there are meta"),
        (lambda truth: truth.revenue(regions=["Mars"]), "no region 'Mars'; there are California"),
        (lambda truth: truth.revenue(END, WINDOW[0]), "ends on 2025-10-06, before it starts"),
        (lambda truth: truth.spent("meta", dt.date(2020, 1, 1)), "2020-01-01 is outside"),
    ],
    ids=["channel", "region", "backwards", "outside"],
)
def test_a_question_about_nothing_is_refused(nova, question, message):
    with pytest.raises(ValueError, match=message):
        question(nova.truth)


def test_a_window_without_spend_has_no_roi(nova):
    dark = rerun(Intervention("meta", 0, *WINDOW))

    assert dark.roi("meta", *WINDOW) == 0
    assert dark.marginal_roi("meta", *WINDOW) == 0
