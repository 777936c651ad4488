"""Weeks: whole ones only, begun on the weekday of the weekly data."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apportion.errors import DataError
from apportion.mmm.weeks import calendar
from mmm.frames_of import dates, spend_of


def weeks(outcome, spend, start=None, end=None):
    return calendar(pd.Series(outcome), spend, start=start, end=end)


def test_weekly_data_are_taken_as_they_are():
    days = dates(30)

    found = weeks(days, spend_of(days, tv=10))

    assert found.starts.tolist() == days.date.tolist()
    assert found.last_day == dt.date(2023, 7, 30)


def test_daily_weeks_end_with_the_last_day():
    days = dates(73, every=1)

    found = weeks(days, spend_of(days, tv=10))

    assert found.last_day == days[-1].date()
    assert len(found.starts) == 10
    assert found.first_day == days[3].date()


@given(days=st.integers(1, 60))
def test_daily_weeks_never_begin_before_the_data(days):
    span = dates(days, every=1)

    found = weeks(span, spend_of(span, tv=10))

    assert len(found.starts) == days // 7
    assert np.all(found.starts >= np.datetime64(span[0].date()))


@pytest.mark.parametrize("weekly", ["spend", "outcome"])
def test_the_weekly_side_says_on_which_day_weeks_begin(weekly):
    wednesdays, daily = dates(10, start="2023-01-04"), dates(80, every=1)
    spend_days, outcome_days = (wednesdays, daily) if weekly == "spend" else (daily, wednesdays)

    found = weeks(outcome_days, spend_of(spend_days, tv=10))

    assert found.starts.tolist() == wednesdays.date.tolist()


def test_one_weekly_channel_among_daily_ones_says_it_too():
    daily, tuesdays = dates(80, every=1), dates(11, start="2023-01-03")
    spend = pd.concat([spend_of(daily, search=10), spend_of(tuesdays, tv=10)])

    found = weeks(daily, spend)

    assert {day.weekday() for day in found.starts.tolist()} == {1}


def test_a_week_that_has_just_begun_does_not_count():
    mondays, daily = dates(10), dates(65, every=1)

    found = weeks(daily, spend_of(mondays, tv=10))

    assert found.last_day == dt.date(2023, 3, 5)  # the 65th day is a Tuesday


def test_only_weeks_that_both_cover_count():
    found = weeks(dates(40), spend_of(dates(30, start="2023-02-06"), tv=10))

    assert found.first_day == dt.date(2023, 2, 6)
    assert len(found.starts) == 30


def test_dates_asked_for_keep_whole_weeks_only():
    days = dates(30)

    found = weeks(days, spend_of(days, tv=1), dt.date(2023, 1, 3), dt.date(2023, 2, 4))

    assert found.first_day == dt.date(2023, 1, 9)
    assert found.last_day == dt.date(2023, 1, 29)


def test_every_day_falls_into_its_week():
    found = weeks(dates(4), spend_of(dates(4), tv=10))

    days = dates(30, every=1, start="2023-01-01").to_numpy().astype("datetime64[D]")
    assert found.index(days).tolist() == [-1, *np.repeat(range(4), 7), 4]


def test_weeks_that_begin_on_different_days_are_refused():
    with pytest.raises(DataError, match=r"outcome's weeks begin on Monday, the spend's on Sunday"):
        weeks(dates(30), spend_of(dates(30, start="2023-01-01"), tv=10))


@pytest.mark.parametrize("every", [14, 28, 30], ids=["fortnightly", "four-weekly", "monthly"])
def test_an_outcome_that_is_neither_daily_nor_weekly_is_refused(every):
    with pytest.raises(DataError, match=rf"outcome has a date every {every} days; .* by day or by"):
        weeks(dates(30, every=every), spend_of(dates(100), tv=10))


def test_monthly_spend_is_refused():
    with pytest.raises(DataError, match=r"spend has a date every 30 days"):
        weeks(dates(300), spend_of(dates(60, every=30), tv=10))
