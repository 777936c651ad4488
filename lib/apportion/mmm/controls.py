"""Which controls a model has, and their values by week, or by day."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.mmm.weeks import DAYS, Calendar, days_of, one_weekday
from apportion.results.mmm import Check, CheckLevel

MOST_MISSING = 0.03
"""Share of weeks (or days) in which a control may be missing and be filled from the one before."""

Controls = tuple[tuple[str, ...], NDArray[np.float64], tuple[Check, ...]]


def choose(controls: pd.DataFrame, weeks: Calendar) -> Controls:
    """Give the controls' names and means by week (n_weeks, n_controls), and what to know of them.

    By day, one that is dated by week holds for all of its days. A control that is missing in more
    weeks than `MOST_MISSING` is left out with a caution rather than refused: nobody chose it, and
    one short column must not cost years of the others.
    """
    weekly = _by_row(controls, weeks)
    noun = "weeks" if weeks.length == DAYS else "days"
    missing = weekly.isna().mean()
    gone = tuple(missing.index[missing > MOST_MISSING])
    filled = tuple(missing.index[(missing > 0) & (missing <= MOST_MISSING)])
    whole = weekly.drop(columns=list(gone)).ffill().bfill()
    varies = whole.std(ddof=0) > 1e-9 * whole.abs().mean()
    used = whole.loc[:, varies]
    matrix = np.ascontiguousarray(used.to_numpy(dtype=np.float64).reshape(len(weekly), -1))
    return tuple(map(str, used.columns)), matrix, (*_gone(gone, noun), *_filled(filled, noun))


def _by_row(controls: pd.DataFrame, weeks: Calendar) -> pd.DataFrame:
    size = len(weeks.starts)
    if controls.empty:
        return pd.DataFrame(index=range(size))
    if weeks.length < DAYS:
        controls = _held(controls)
    week = weeks.index(days_of(controls["date"]))
    rows = controls.assign(week=week)[(week >= 0) & (week < size)]
    wide = rows.pivot_table(index="week", columns="name", values="value", aggfunc="mean")
    return wide.reindex(index=range(size), columns=sorted(controls["name"].unique()))


def _held(controls: pd.DataFrame) -> pd.DataFrame:
    """Give every control that is dated by week a row on each day of its weeks."""
    dates = controls.groupby("name")["date"]
    by_week = [name for name, own in dates if one_weekday(np.unique(days_of(own))) is not None]
    is_weekly = controls["name"].isin(by_week)
    rows = controls[is_weekly]
    days = [rows.assign(date=rows["date"] + pd.Timedelta(days=day)) for day in range(DAYS)]
    return pd.concat([controls[~is_weekly], *days])


def _gone(names: tuple[str, ...], noun: str) -> tuple[Check, ...]:
    if not names:
        return ()
    return (
        Check(
            code="control_left_out",
            level=CheckLevel.CAUTION,
            message=f"Controls left out, missing in more than {MOST_MISSING:.0%} of the {noun}: "
            f"{', '.join(names)}. Import the missing {noun}, or choose dates in which they are "
            "there.",
        ),
    )


def _filled(names: tuple[str, ...], noun: str) -> tuple[Check, ...]:
    if not names:
        return ()
    return (
        Check(
            code="control_filled",
            level=CheckLevel.CAUTION,
            message=f"Missing {noun} of controls were filled with the {noun[:-1]} before: "
            f"{', '.join(names)}.",
        ),
    )
