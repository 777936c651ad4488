"""The event calendar: what is expected of holidays, tests and events, and what is said of them."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from apportion.errors import ParameterError
from apportion.insights.calendar import causes, experiments_of, holidays_of, occasions_of
from apportion.insights.detection import detect
from apportion.insights.metrics import METRICS
from apportion.insights.outlook import outlook
from apportion.insights.reports import Context, report
from apportion.insights.series import TOTAL, MetricSeries, Scope
from apportion.results.incrementality import Direction, ExperimentStatus
from store.examples import experiment

DAY = np.timedelta64(1, "D")
LAST = np.datetime64("2026-05-20")
DAYS = np.arange(LAST - 399 * DAY, LAST + DAY, DAY)


def sales(scope: Scope = TOTAL, seed: int = 1) -> MetricSeries:
    values = 100 * np.exp(np.random.default_rng(seed).normal(0, 0.08, DAYS.size))
    return MetricSeries(METRICS["revenue"], scope, DAYS, values, worth=np.ones(DAYS.size))


def times(series: MetricSeries, factor: float, *spans: tuple[str, str]) -> MetricSeries:
    values = series.numerator.copy()
    for first, last in spans:
        values[(np.datetime64(first) <= DAYS) & (np.datetime64(last) >= DAYS)] *= factor
    return replace(series, numerator=values)


def found_in(series, occasions=()):
    return detect(series, DAYS[-60], LAST, occasions)


def geo_test(status=ExperimentStatus.RUNNING, start="2026-04-25", end="2026-05-22"):
    return experiment("Pause").model_copy(
        update={
            "status": status,
            "direction": Direction.OFF,
            "test_regions": ("South",),
            "control_regions": ("North",),
            "channel": "meta",
            "start_date": dt.date.fromisoformat(start),
            "end_date": dt.date.fromisoformat(end),
        }
    )


def test_a_holiday_is_expected_as_it_was_and_without_the_calendar_it_is_told():
    quiet = times(sales(), 0.4, ("2025-05-29", "2025-05-29"), ("2026-05-14", "2026-05-14"))
    calendar = holidays_of("DE", dt.date(2025, 4, 1), dt.date(2026, 5, 20))

    plain = found_in([quiet])
    knowing = found_in([quiet], calendar)

    assert [str(DAYS[one.start]) for one in plain.deviations] == ["2026-05-14"]
    assert knowing.deviations == []
    assert knowing.explained >= 1


def test_a_holiday_that_went_otherwise_than_last_year_is_told_with_the_holiday():
    broken = times(sales(), 0.05, ("2026-05-14", "2026-05-14"))
    calendar = holidays_of("DE", dt.date(2025, 4, 1), dt.date(2026, 5, 20))

    found = found_in([broken], calendar)
    [told], _ = report(found, {}, [], Context("EUR", DAYS.size - 1, calendar))

    assert told.date_range.start == dt.date(2026, 5, 14)
    assert "In the calendar: the public holiday Ascension Day." in told.description


def test_the_holidays_are_those_of_the_country_and_of_these_days():
    here = {one.name for one in holidays_of("DE-BY", dt.date(2026, 1, 1), dt.date(2026, 1, 31))}

    assert here == {"holiday New Year's Day", "holiday Epiphany"}
    assert holidays_of("", dt.date(2026, 1, 1), dt.date(2026, 12, 31)) == []
    with pytest.raises(ParameterError, match="ISO code"):
        holidays_of("XX", dt.date(2026, 1, 1), dt.date(2026, 1, 31))


def test_a_region_that_a_test_switched_off_is_expected_and_others_are_not():
    off = ("2026-04-25", "2026-05-20")
    calendar = experiments_of([geo_test()])
    tested, other = Scope("region", "North"), Scope("region", "South")

    plain = found_in([times(sales(tested), 0.6, off)])
    quiet = found_in([times(sales(tested), 0.6, off)], calendar)
    elsewhere = found_in([times(sales(other), 0.6, off)], calendar)

    assert len(plain.deviations) == len(elsewhere.deviations) == 1
    assert quiet.deviations == []


def test_a_day_that_breaks_within_a_test_is_still_told_with_the_test():
    series = times(sales(Scope("region", "North")), 0.6, ("2026-04-25", "2026-05-20"))
    series = times(series, 0.3, ("2026-05-15", "2026-05-15"))
    calendar = experiments_of([geo_test()])

    found = found_in([series], calendar)
    [told], _ = report(found, {}, [], Context("EUR", DAYS.size - 1, calendar))

    assert told.date_range.start == dt.date(2026, 5, 15)
    assert "In the calendar: the test “Pause” (25 April to 22 May)" in told.description
    assert "which changes Meta in North" in told.description


def test_what_a_test_did_to_its_region_is_no_trend():
    series = times(sales(Scope("region", "North")), 0.8, ("2026-04-25", "2026-05-20"))

    plain = outlook([series], DAYS[-60], LAST, "EUR")
    knowing = outlook([series], DAYS[-60], LAST, "EUR", experiments_of([geo_test()]))

    assert len(plain) == 1
    assert knowing == []


@pytest.mark.parametrize("status", [ExperimentStatus.DRAFT, ExperimentStatus.CANCELLED])
def test_a_test_that_does_not_run_explains_nothing(status):
    assert experiments_of([geo_test(status)]) == []


@pytest.mark.parametrize(
    ("scope", "day", "is_told"),
    [
        (TOTAL, "2026-04-26", True),
        (TOTAL, "2026-05-23", True),
        (TOTAL, "2026-05-10", False),
        (Scope("region", "North"), "2026-05-10", True),
        (Scope("channel", "meta"), "2026-05-10", True),
        (Scope("region", "South"), "2026-04-26", False),
        (Scope("channel", "google"), "2026-04-26", False),
    ],
    ids=["whole begins", "whole ends", "whole within", "region", "channel", "control", "other"],
)
def test_a_test_is_named_where_it_can_be_the_cause(scope, day, is_told):
    at = np.datetime64(day)

    said = causes(experiments_of([geo_test()]), sales(scope), at, at)

    assert bool(said) is is_told


def test_an_event_of_the_calendar_is_named_on_its_days_only():
    rows = pd.DataFrame(
        {
            "start": pd.to_datetime(["2026-05-01"]),
            "end": pd.to_datetime(["2026-05-03"]),
            "name": ["Flash sale"],
        }
    )
    calendar = occasions_of(rows)

    assert causes(calendar, sales(), np.datetime64("2026-05-03"), LAST) == [
        "the event “Flash sale”"
    ]
    assert causes(calendar, sales(), np.datetime64("2026-05-04"), LAST) == []
