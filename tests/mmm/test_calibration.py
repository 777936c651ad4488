"""Experiments as the model sees them: read for the whole market, week by week, if usable."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from apportion.mmm import calibration, response
from apportion.mmm.posterior import FittedMMM
from apportion.results.base import Interval
from apportion.results.calibration import Direction, LiftTest
from mmm.companies import media_mix_data, prior_draws, with_baseline

WEEKS = 40  # from Monday 2024-01-01


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    spend = rng.uniform(80, 120, (WEEKS, 2))
    return replace(media_mix_data(spend, rng.uniform(900, 1100, WEEKS)), channels=("tv", "search"))


def lift_test(**changes):
    given = {
        "id": "a",
        "name": "Search pause",
        "channel": "search",
        "start": dt.date(2024, 3, 4),  # a Monday, week 9
        "end": dt.date(2024, 3, 31),
        "outcome_share": 0.25,
        "lift": 0.05,
        "lift_interval": Interval(lower=0.01, upper=0.09),
        "incremental_outcome": 100.0,
        "incremental_outcome_interval": Interval(lower=20.0, upper=180.0),
        "direction": Direction.OFF,
    }
    return LiftTest(**given | changes)


def entered(data, test, **options):
    found, (entry,) = calibration.enter(data, [test], **options)
    return found, entry


def test_a_pause_in_a_quarter_of_the_market_is_read_for_all_of_it(data):
    found, entry = entered(data, lift_test())

    (lift,) = found.lifts
    spend = data.spend[:, 1]
    inside = np.zeros(WEEKS, bool)
    inside[9:13] = True
    assert lift is entry.lift
    assert lift.channel == 1
    # What was seen is three quarters of what is usual, because a quarter was dark.
    assert lift.more[inside] == pytest.approx(spend[inside] / 0.75)
    assert lift.less[inside] == pytest.approx(np.zeros(4))
    assert np.array_equal(lift.more[~inside], spend[~inside])
    assert np.array_equal(lift.less[~inside], spend[~inside])
    assert np.array_equal(lift.counted, inside)
    assert lift.estimate == 400
    assert lift.standard_error == pytest.approx(4 * 160 / (2 * 1.64485), rel=1e-4)


def test_more_spend_in_a_quarter_of_the_market_is_read_for_all_of_it(data):
    found, _ = entered(data, lift_test(direction=Direction.ON, spend_factor=2.5))

    (lift,) = found.lifts
    usual = data.spend[9:13, 1] / (0.75 + 0.25 * 2.5)
    assert lift.less[9:13] == pytest.approx(usual)
    assert lift.more[9:13] == pytest.approx(2.5 * usual)


def test_a_channel_that_spends_in_the_test_regions_only(data):
    found, _ = entered(data, lift_test(direction=Direction.ON, spend_factor=None))

    (lift,) = found.lifts
    assert lift.less[9:13] == pytest.approx(np.zeros(4))
    assert lift.more[9:13] == pytest.approx(data.spend[9:13, 1] / 0.25)


def test_a_test_of_the_whole_market_is_taken_as_it_is(data):
    # Nothing was spent while it ran, so what is usual is not in the data: only less is.
    found, _ = entered(data, lift_test(direction=Direction.ON, spend_factor=2.0, outcome_share=1.0))

    (lift,) = found.lifts
    assert lift.more[9:13] == pytest.approx(data.spend[9:13, 1])
    assert lift.less[9:13] == pytest.approx(data.spend[9:13, 1] / 2)


def test_weeks_that_a_test_fills_in_part_count_in_part(data):
    found, _ = entered(data, lift_test(start=dt.date(2024, 3, 6), end=dt.date(2024, 3, 19)))

    assert found.lifts[0].counted[8:13] == pytest.approx([0, 5 / 7, 1, 2 / 7, 0])


@pytest.mark.parametrize(
    ("changes", "options", "reason"),
    [
        ({}, {"off": {"a"}}, "switched off"),
        ({"channel": "radio"}, {}, "radio is not a channel"),
        ({"start": dt.date(2023, 12, 1)}, {}, "not all within the training data, 2024-01-01 to"),
        ({"end": dt.date(2025, 1, 1)}, {}, "not all within the training data"),
    ],
)
def test_a_test_that_cannot_be_used_says_why(data, changes, options, reason):
    found, entry = entered(data, lift_test(**changes), **options)

    assert found.lifts == ()
    assert reason in entry.reason


def test_a_test_without_spend_in_its_weeks_is_not_used(data):
    spend = data.spend.copy()
    spend[9:13, 1] = 0

    found, entry = entered(replace(data, spend=spend), lift_test())

    assert found.lifts == ()
    assert "no spend on search" in entry.reason


def test_what_the_model_says_of_a_test_is_its_outcome_with_and_without_the_spend(data):
    rng = np.random.default_rng(2)
    fitted = FittedMMM(with_baseline(prior_draws(20, 2, rng, beta=0.1), data, rng), data)
    dark = data.spend.copy()
    dark[9:13, 1] = 0
    whole, _ = entered(data, lift_test(outcome_share=1e-9))  # so that what was seen is usual

    found = calibration.modelled(fitted, whole.lifts[0])

    with_it = response.predict(fitted, data.spend, data.controls, rng).expected
    without = response.predict(fitted, dark, data.controls, rng).expected
    assert found == pytest.approx((with_it - without)[:, 9:13].sum(1), rel=1e-6)


def test_a_shorter_history_keeps_only_tests_that_lie_in_it(data):
    found, _ = entered(data, lift_test())

    assert len(found.first(20).lifts[0].more) == 20
    assert found.first(11).lifts == ()


def test_an_experiment_is_part_of_what_a_model_is_made_of(data):
    found, _ = entered(data, lift_test())

    assert found.data_hash != data.data_hash
