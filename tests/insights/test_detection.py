"""Deviations: what was planted is found, what was not is not; the calendar and late data count."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from apportion.insights.calendar import Occasion, occasions_of
from apportion.insights.detection import Detected, Shape, detect
from apportion.insights.metrics import METRICS
from apportion.insights.series import MetricSeries, Scope
from insights.simulated import Labelled, tenant

DAY = np.timedelta64(1, "D")


def found_in(drawn: list[Labelled], n_days: int = 30) -> Detected:
    days = drawn[0].series.days
    return detect([one.series for one in drawn], days[-n_days], days[-1])


def with_values(one: Labelled, values: np.ndarray) -> MetricSeries:
    return replace(one.series, numerator=values)


def calm(seed: int = 0, n_days: int = 200, level: float = 100.0) -> MetricSeries:
    rng = np.random.default_rng(seed)
    days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-01-01") + n_days * DAY, DAY)
    values = level * np.exp(rng.normal(0, 0.1, n_days))
    return MetricSeries(METRICS["revenue"], Scope(), days, values, worth=np.ones(n_days))


@pytest.mark.parametrize("back", [0, 1, 10], ids=["last day", "day before", "earlier"])
@pytest.mark.parametrize("sign", [1, -1], ids=["spike", "drop"])
def test_a_clear_day_is_found_wherever_it_is(back, sign):
    series = calm()
    at = series.days.size - 1 - back
    values = series.numerator.copy()
    values[at] *= np.exp(sign * 0.8)

    found = detect([replace(series, numerator=values)], series.days[-30], series.days[-1])

    assert [(one.start, one.end, one.sign) for one in found.deviations] == [(at, at, sign)]


def test_clean_metrics_give_hardly_an_alarm():
    alarms = [len(found_in(tenant(seed)).deviations) for seed in range(200, 206)]

    assert sum(alarms) <= 6


def test_a_new_level_is_one_pattern_break_from_its_first_day():
    series = calm()
    values = series.numerator.copy()
    values[-20:] *= 0.6

    found = detect([replace(series, numerator=values)], series.days[-30], series.days[-1])

    assert len(found.deviations) == 1
    shift = found.deviations[0]
    assert shift.shape is Shape.SHIFT
    assert abs(shift.start - (values.size - 20)) <= 1
    assert shift.relative == pytest.approx(-0.4, abs=0.06)


def test_a_trend_that_bends_is_a_pattern_break():
    series = calm(n_days=365)
    values = series.numerator * np.exp(-0.45 * np.clip(np.arange(-300, 65) / 45, 0, 1))

    found = detect([replace(series, numerator=values)], series.days[-90], series.days[-1])

    [bend] = [one for one in found.deviations if one.shape is Shape.SHIFT]
    assert bend.sign == -1
    assert 300 <= bend.start <= 345
    assert bend.end == series.days.size - 1


def test_a_restless_series_has_no_pattern_to_break():
    series = calm(n_days=280)
    steps = np.repeat([1.0, 1.8] * 4, 35)

    found = detect(
        [replace(series, numerator=series.numerator * steps)], series.days[-30], series.days[-1]
    )

    assert [one for one in found.deviations if one.shape is Shape.SHIFT] == []


def test_a_returning_event_is_expected_as_it_was():
    series = calm()
    values = series.numerator.copy()
    for start in (60, 120, 185):
        values[start : start + 4] *= 2
    events = pd.DataFrame(
        {
            "start": series.days[[60, 120, 185]],
            "end": series.days[[63, 123, 188]],
            "name": "Sale",
            "expected_effect": np.nan,
        }
    )
    sold = replace(series, numerator=values)

    without = detect([sold], series.days[-30], series.days[-1])
    known = detect([sold], series.days[-30], series.days[-1], occasions_of(events))

    assert len(without.deviations) == 1
    assert known.deviations == []
    assert known.explained == 1


def test_an_event_that_fails_is_noticed():
    series = calm()
    values = series.numerator.copy()
    for start in (60, 120):
        values[start : start + 4] *= 2
    spans = tuple((series.days[k], series.days[k + 3]) for k in (60, 120, 185))

    found = detect(
        [replace(series, numerator=values)],
        series.days[-30],
        series.days[-1],
        [Occasion("Sale", spans)],
    )

    assert len(found.deviations) == 1
    assert found.deviations[0].sign == -1


def test_an_occasion_of_one_series_says_nothing_of_another():
    series = calm()
    values = series.numerator.copy()
    values[-3] *= 2
    spiked = replace(series, numerator=values)
    other = replace(spiked, metric=METRICS["spend"])
    mine = Occasion("known", ((series.days[-3], series.days[-3]),), frozenset({spiked.key}))

    found = detect([spiked, other], series.days[-30], series.days[-1], [mine])

    assert [one.series.key for one in found.deviations] == [other.key]


def test_what_comes_after_the_range_is_not_looked_at():
    series = calm()
    values = series.numerator.copy()
    before = detect([series], series.days[-60], series.days[-31])
    values[-30:] = 1e6

    after = detect([replace(series, numerator=values)], series.days[-60], series.days[-31])

    assert len(after.deviations) == len(before.deviations)


def test_less_than_four_weeks_are_not_judged():
    series = calm(n_days=27)

    assert detect([series], series.days[0], series.days[-1]).watched == []


def test_a_small_deviation_is_not_worth_a_word():
    series = calm()
    values = np.full(series.days.size, 1000.0) + np.random.default_rng(1).normal(
        0, 1, series.days.size
    )
    values[-2] = 1020.0

    found = detect([replace(series, numerator=values)], series.days[-30], series.days[-1])

    assert found.deviations == []
