"""The days of a daily model: what it is fitted to, beside the weeks that people read.

All that is read of a daily model is by week: its days are summed. So the days stand beside the
weeks and not in their place, and whatever speaks of weeks alone need not know of them.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.mmm.weeks import DAYS, WEEKDAYS, Calendar, as_date, days_of, one_weekday

ARRAYS = ("spend", "outcome", "controls", "volume", "autoregression")
"""Of :class:`Rows`."""

CLOSED = 0.9
"""A weekday without an outcome in this share of the weeks is one on which there is no business."""

_LISTED = 5

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rows:
    """What a model is fitted to, row by row: its weeks, or in a daily model their days."""

    spend: Array
    """(n_rows, n_channels)."""
    outcome: Array
    """(n_rows,)."""
    controls: Array
    """(n_rows, n_controls)."""
    volume: Array
    """Of the organic channels, (n_rows, n_organic)."""
    per_week: int = DAYS
    """Rows of a week: 1 or 7."""
    autoregression: Array = field(default_factory=lambda: np.zeros(0))
    """How the noise goes on from day to day, (n_lags,); see :mod:`apportion.mmm.noise`."""

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.outcome)

    def first(self, n_weeks: int) -> "Rows":
        """Give the rows of the first `n_weeks` weeks."""
        rows = slice(n_weeks * self.per_week)
        return replace(
            self,
            spend=self.spend[rows],
            outcome=self.outcome[rows],
            controls=self.controls[rows],
            volume=self.volume[rows],
        )


def weekly(values: NDArray[Any], per_week: int) -> Array:
    """Sum rows to weeks along the last axis."""
    if per_week == 1:
        return np.asarray(values)
    return np.asarray(values.reshape(*values.shape[:-1], -1, per_week).sum(-1))


def usual_week(values: Array, per_week: int) -> Array:
    """Give the mean week of rows (n_rows, n_columns), day by day, (per_week, n_columns)."""
    return np.asarray(values.reshape(-1, per_week, values.shape[1]).mean(0))


def why_not(
    total: pd.DataFrame, spend: pd.DataFrame, channels: tuple[str, ...], days: Calendar
) -> str:
    """Say why a model cannot be fitted to days; empty: it can.

    Outcome and the spend of every channel must be by day: where all dates fall on one weekday, they
    are weeks. A weekday that has (almost) never an outcome is one on which there is no business;
    other days without one are missing.
    """
    metric, dates = total["metric"].iloc[0], np.unique(days_of(total["date"]))
    rows = spend[spend["channel"].isin(channels)]
    named = ((f"The spend on {name}", own) for name, own in rows.groupby("channel")["date"])
    for what, own in ((f"The outcome {metric}", total["date"]), *named):
        weekday = one_weekday(np.unique(days_of(own)))
        if weekday is not None:
            return (
                f"{what} is by week: all of its dates are {WEEKDAYS[weekday]}s, and a daily model "
                "needs every day. Import it by day (0 on the others, if it is for that day alone), "
                "or train by week."
            )
    size = len(days.starts)
    row = days.index(dates)
    missing = np.ones(size, dtype=bool)
    missing[row[(row >= 0) & (row < size)]] = False
    is_closed = np.tile(missing.reshape(-1, DAYS).mean(0) >= CLOSED, size // DAYS)
    gaps = days.starts[missing & ~is_closed]
    if not len(gaps):
        return ""
    names = ", ".join(str(as_date(day)) for day in gaps[:_LISTED])
    more = f" and {len(gaps) - _LISTED} more" if len(gaps) > _LISTED else ""
    return (
        f"The outcome {metric} is missing on {len(gaps)} of {size} days: {names}{more}. Import "
        "these days (0 where there was none), choose dates without them, or train by week."
    )


def outcome_of(total: pd.DataFrame, days: Calendar) -> Array:
    """Give the outcome of every day, (n_days,); 0 on days without one."""
    size = len(days.starts)
    row = days.index(days_of(total["date"]))
    inside = (row >= 0) & (row < size)
    amounts = total["value"].to_numpy(dtype=np.float64)[inside]
    return np.bincount(row[inside], weights=amounts, minlength=size)
