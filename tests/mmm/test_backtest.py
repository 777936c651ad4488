"""A version held against later weeks: the figures worked out the long way, and refusals."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from apportion.errors import DataError
from apportion.mmm import response
from apportion.mmm.backtest import MOST_WEEKS, backtest
from apportion.mmm.posterior import FittedMMM
from mmm.companies import prior_fit

ABOUT = {"model_id": "m", "version": 7, "measured_at": dt.datetime(2026, 11, 23, tzinfo=dt.UTC)}
SEEN, ALL = 80, 104


@pytest.fixture(scope="module")
def whole():
    return prior_fit(3, size=200, weeks=ALL)


@pytest.fixture(scope="module")
def fitted(whole):
    return FittedMMM(whole.draws, whole.data.first(SEEN))


@pytest.fixture(scope="module")
def forecast(whole, fitted):
    data = whole.data
    return response.predict(fitted, data.spend, data.controls, np.random.default_rng(1))


def test_the_error_is_that_of_the_mean_forecast(whole, fitted, forecast):
    outcome = whole.data.outcome[SEEN:]
    expected = forecast.expected[:, SEEN:].mean(0)

    found = backtest(fitted, whole.data, **ABOUT)

    assert found.weeks == ALL - SEEN
    assert found.mape == pytest.approx(np.mean(np.abs(expected - outcome) / outcome))
    assert found.bias == pytest.approx((expected.sum() - outcome.sum()) / outcome.sum())
    assert found.period == whole.data.range_of(SEEN, ALL)
    last_year = whole.data.outcome[SEEN - 52 : ALL - 52]
    assert found.last_year_mape == pytest.approx(np.mean(np.abs(last_year - outcome) / outcome))


def test_a_draw_of_its_own_forecast_is_inside_what_the_model_promised(whole, fitted, forecast):
    inside, covered = [], []
    for draw in range(0, 200, 4):
        outcome = np.r_[whole.data.outcome[:SEEN], forecast.replicated[draw, SEEN:]]
        found = backtest(fitted, replace(whole.data, outcome=outcome), **ABOUT)
        promised = found.promised_mape_interval
        inside.append(promised.lower <= found.mape <= promised.upper)
        covered.append(found.coverage90)

    assert 0.8 <= np.mean(inside) <= 0.98
    assert np.mean(covered) == pytest.approx(0.9, abs=0.04)


def test_an_outcome_that_doubles_is_beyond_what_the_model_promised(whole, fitted):
    outcome = whole.data.outcome * np.where(np.arange(ALL) < SEEN, 1, 2)

    found = backtest(fitted, replace(whole.data, outcome=outcome), **ABOUT)

    assert found.mape > found.promised_mape_interval.upper
    assert found.coverage90 == 0
    assert found.bias < -0.3


def test_channels_and_controls_are_found_by_name(whole, fitted):
    data = whole.data
    turned = replace(
        data,
        channels=data.channels[::-1],
        spend=data.spend[:, ::-1],
        control_names=(*data.control_names[::-1], "new"),
        controls=np.c_[data.controls[:, ::-1], np.arange(ALL)],
    )

    assert backtest(fitted, turned, **ABOUT) == backtest(fitted, data, **ABOUT)


def test_only_the_weeks_after_the_training_are_looked_at(whole, fitted):
    data = whole.data
    later = replace(
        data,
        weeks=data.weeks[60:],
        spend=data.spend[60:],
        outcome=np.r_[np.full(20, 1e9), data.outcome[SEEN:]],
        controls=data.controls[60:],
    )

    assert backtest(fitted, later, **ABOUT) == backtest(fitted, data, **ABOUT)


def test_without_a_new_week_there_is_nothing_to_measure(whole, fitted):
    assert backtest(fitted, whole.data.first(SEEN), **ABOUT) is None


def test_not_more_than_a_year_is_measured():
    whole = prior_fit(3, size=40, weeks=120)
    fitted = FittedMMM(whole.draws, whole.data.first(40))

    found = backtest(fitted, whole.data, **ABOUT)

    assert found.weeks == MOST_WEEKS
    assert found.last_year_mape is None  # 40 weeks seen: last year's first weeks are not there


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome_name": "orders"}, "explains revenue, the data hold orders"),
        ({"channels": ("channel 0", "channel 1", "x")}, "channel 2: in the version, but not"),
        ({"control_names": ("control 0", "x")}, "control 1: in the version, but not"),
        ({"weeks": np.datetime64("2024-01-03") + 7 * np.arange(ALL)}, "another weekday"),
        ({"weeks": np.datetime64("2025-12-29") + 7 * np.arange(ALL)}, "do not follow it directly"),
    ],
    ids=["outcome", "channel", "control", "weekday", "gap"],
)
def test_data_that_do_not_fit_the_version_are_refused(whole, fitted, change, message):
    with pytest.raises(DataError, match=message):
        backtest(fitted, replace(whole.data, **change), **ABOUT)
