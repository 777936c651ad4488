"""Controls that come from calendars: the tenant's events (promotions and the like) and holidays.

Each has a column with the share of every week (or day) that it fills. An event that comes back
under the same name, and a holiday that comes back every year, is one column, so that it is learned
from all its times.
"""

import datetime as dt
from collections import defaultdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.mmm.weeks import Calendar, as_date
from apportion.public_holidays import public_holidays

Columns = tuple[tuple[str, ...], NDArray[np.float64]]
"""Names, and the share of each week, (n_weeks, n_columns)."""

Spans = list[tuple[dt.date, dt.date]]
"""First and last days."""


def of_events(events: pd.DataFrame, weeks: Calendar) -> Columns:
    """Give a column per name of the events that touch the weeks (by ``frames.EVENTS``)."""
    spans: dict[str, Spans] = defaultdict(list)
    days = (pd.to_datetime(events[name]).dt.date for name in ("start", "end"))
    for name, first, last in zip(events["name"], *days, strict=True):
        spans[f"Event: {name}"].append((first, last))
    return _columns(spans, weeks)


def of_holidays(country: str, weeks: Calendar) -> Columns:
    """Give a column per public holiday.

    Parameters
    ----------
    country : str
        ISO 3166 code, with a subdivision after a hyphen if wanted (``DE``, ``US-CA``); empty: none.

    Raises
    ------
    ParameterError
        If the country or its subdivision is not known.
    """
    spans: dict[str, Spans] = defaultdict(list)
    for day, name in public_holidays(country, weeks.first_day.year, weeks.last_day.year).items():
        spans[f"Holiday: {name}"].append((day, day))
    return _columns(spans, weeks)


def check_country(country: str) -> None:
    """Do nothing if the holidays of `country` are known; else ParameterError."""
    public_holidays(country, 2026, 2026)


def _columns(spans: dict[str, Spans], weeks: Calendar) -> Columns:
    found = {name: _shares(days, weeks) for name, days in sorted(spans.items())}
    kept = {name: column for name, column in found.items() if np.ptp(column) > 0}
    matrix = np.column_stack([*kept.values()]) if kept else np.zeros((len(weeks.starts), 0))
    return tuple(kept), matrix


def _shares(days: Spans, weeks: Calendar) -> NDArray[np.float64]:
    starts = [as_date(week) for week in weeks.starts]
    out = np.zeros(len(starts))
    for index, start in enumerate(starts):
        end = start + dt.timedelta(days=weeks.length - 1)
        inside = sum(max(0, (min(end, last) - max(start, first)).days + 1) for first, last in days)
        out[index] = min(inside, weeks.length) / weeks.length
    return out
