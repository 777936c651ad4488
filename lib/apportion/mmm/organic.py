"""Organic channels: they cost nothing, so their volume stands where spend stands elsewhere.

A channel whose rows have impressions (or clicks, where there are no impressions) and no spend at
all in the weeks of the model is organic. It takes its part of the outcome, and it is in no budget.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.mmm.weeks import Calendar, days_of

MIN_WEEKS_WITH_VOLUME = 8


def choose(
    spend: pd.DataFrame, weeks: Calendar, wanted: Sequence[str] | None
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Give the organic channels and their weekly volume, (n_weeks, n_organic).

    Parameters
    ----------
    spend : DataFrame
        By ``frames.SPEND``.
    wanted : sequence of str, optional
        Only these; None: all.
    """
    size = len(weeks.starts)
    week = weeks.index(days_of(spend["date"]))
    inside = (week >= 0) & (week < size)
    rows = spend.loc[inside].assign(week=week[inside])
    names, columns = [], []
    for name, own in rows.groupby("channel"):
        if (wanted is not None and name not in wanted) or own["spend"].sum() > 0:
            continue
        volume = _volume(own, size)
        if (volume > 0).sum() >= MIN_WEEKS_WITH_VOLUME and np.ptp(volume) > 0:
            names.append(str(name))
            columns.append(volume)
    return tuple(names), np.column_stack(columns) if columns else np.zeros((size, 0))


def volume_of(spend: pd.DataFrame, weeks: Calendar, names: Sequence[str]) -> NDArray[np.float64]:
    """Give the volume of organic channels by week, or by day, (n_rows, n_organic)."""
    size = len(weeks.starts)
    week = weeks.index(days_of(spend["date"]))
    rows = spend.assign(week=week)[(week >= 0) & (week < size)]
    columns = [_volume(rows[rows["channel"] == name], size) for name in names]
    return np.column_stack(columns) if columns else np.zeros((size, 0))


def _volume(rows: pd.DataFrame, size: int) -> NDArray[np.float64]:
    impressions = _summed(rows, "impressions", size)
    return impressions if impressions.any() else _summed(rows, "clicks", size)


def _summed(rows: pd.DataFrame, column: str, size: int) -> NDArray[np.float64]:
    amounts = rows[column].astype("float64").fillna(0.0).to_numpy()
    return np.bincount(rows["week"].to_numpy(), weights=amounts, minlength=size)
