"""From days to weeks: which seven days make a week, and which weeks are complete.

A weekly row is dated by its first day. Where the outcome or the spend is weekly, that weekday
begins the week for all the data; where everything is daily, weeks end with the last day of data.
Only weeks that lie wholly inside the data count, so a week that has just begun never looks like a
slump.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.errors import DataError

DAYS = 7
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Calendar:
    """Consecutive weeks, or days, by their first days."""

    starts: Days
    length: int = DAYS
    """Days of each."""

    @property
    def first_day(self) -> dt.date:
        """First day of the first of them."""
        return as_date(self.starts[0])

    @property
    def last_day(self) -> dt.date:
        """Last day of the last of them."""
        return as_date(self.starts[-1] + np.timedelta64(self.length - 1, "D"))

    @property
    def days(self) -> "Calendar":
        """The days of the weeks."""
        size = self.length * len(self.starts)
        return Calendar(self.starts[0] + np.arange(size).astype("timedelta64[D]"), 1)

    def index(self, days: Days) -> NDArray[np.int64]:
        """Give the row of each day; negative or too large outside of the calendar."""
        return np.asarray((days - self.starts[0]).astype(np.int64) // self.length)


def days_of(dates: pd.Series) -> Days:
    """Give dates as whole days."""
    return dates.to_numpy().astype("datetime64[D]")


def as_date(day: np.datetime64) -> dt.date:
    """Give a day as Python's date."""
    return pd.Timestamp(day).date()


def calendar(
    outcome: pd.Series, spend: pd.DataFrame, *, start: dt.date | None, end: dt.date | None
) -> Calendar:
    """Find the complete weeks that both the outcome and the spend cover.

    Parameters
    ----------
    outcome : Series
        Dates of the outcome.
    spend : DataFrame
        Columns `date` and `channel`.
    start, end : date, optional
        Days before and after these do not count.

    Raises
    ------
    DataError
        If the outcome is neither daily nor weekly, or its weeks begin on another weekday than the
        spend's.
    """
    outcome_days, spend_days = np.unique(days_of(outcome)), np.unique(days_of(spend["date"]))
    outcome_weekday, spend_weekday = one_weekday(outcome_days), one_weekday(spend_days)
    _check_rhythm(outcome_days, "outcome", outcome_weekday)
    if spend_weekday is None:
        _check_rhythm(spend_days, "spend", None)
    if None not in (outcome_weekday, spend_weekday) and outcome_weekday != spend_weekday:
        raise DataError(
            f"The outcome's weeks begin on {WEEKDAYS[outcome_weekday or 0]}, the spend's on "
            f"{WEEKDAYS[spend_weekday or 0]}. Import both with the same first day of the week, or "
            "one of them by day."
        )
    first = max(outcome_days[0], spend_days[0])
    last = min(
        _last_covered(outcome_days, outcome_weekday), _last_covered(spend_days, spend_weekday)
    )
    if start is not None:
        first = max(first, np.datetime64(start, "D"))
    if end is not None:
        last = min(last, np.datetime64(end, "D"))
    weekday = outcome_weekday if outcome_weekday is not None else spend_weekday
    if weekday is None:
        weekday = _weekly_channel(spend)
    return Calendar(_between(first, last, weekday))


def _between(first: np.datetime64, last: np.datetime64, weekday: int | None) -> Days:
    """First days of the weeks inside [first, last]; without a weekday the last one ends on last."""
    length = int((last - first).astype(np.int64)) + 1
    offset = length % DAYS if weekday is None else (weekday - as_date(first).weekday()) % DAYS
    count = max(0, (length - offset) // DAYS)
    return first + np.timedelta64(offset, "D") + np.arange(count) * np.timedelta64(DAYS, "D")


def one_weekday(days: Days) -> int | None:
    """Give the weekday that all days share (Monday is 0), if they do."""
    gaps = np.diff(days).astype(np.int64)
    if len(days) < 2 or np.any(gaps % DAYS):
        return None
    return as_date(days[0]).weekday()


def _weekly_channel(spend: pd.DataFrame) -> int | None:
    """Give the first day of the week of the weekly channel with the most dates, if there is one."""
    weekly = [
        (len(days), weekday)
        for _, dates in spend.groupby("channel")["date"]
        if (weekday := one_weekday(days := np.unique(days_of(dates)))) is not None
    ]
    return max(weekly)[1] if weekly else None


def _last_covered(days: Days, weekday: int | None) -> np.datetime64:
    last: np.datetime64 = days[-1]
    return last if weekday is None else last + np.timedelta64(DAYS - 1, "D")


def _check_rhythm(days: Days, name: str, weekday: int | None) -> None:
    gap = float(np.median(np.diff(days).astype(np.int64))) if len(days) > 1 else 1.0
    if gap > DAYS or (weekday is None and gap > DAYS / 2):
        raise DataError(
            f"The {name} has a date every {gap:g} days; the model needs daily or weekly data. "
            "Import it by day or by week."
        )
