"""Which controls a model has, and their weekly values."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.mmm.weeks import Calendar, days_of
from apportion.results.mmm import Check, CheckLevel

MOST_MISSING = 0.03
"""Share of weeks in which a control may be missing and be filled from the week before."""

Controls = tuple[tuple[str, ...], NDArray[np.float64], tuple[Check, ...]]


def choose(controls: pd.DataFrame, weeks: Calendar) -> Controls:
    """Give the controls' names and weekly means (n_weeks, n_controls), and what to know of them.

    A control that is missing in more weeks than `MOST_MISSING` is left out with a caution rather
    than refused: nobody chose it, and one short column must not cost years of the others.
    """
    weekly = _weekly(controls, weeks)
    missing = weekly.isna().mean()
    gone = tuple(missing.index[missing > MOST_MISSING])
    filled = tuple(missing.index[(missing > 0) & (missing <= MOST_MISSING)])
    whole = weekly.drop(columns=list(gone)).ffill().bfill()
    varies = whole.std(ddof=0) > 1e-9 * whole.abs().mean()
    used = whole.loc[:, varies]
    matrix = np.ascontiguousarray(used.to_numpy(dtype=np.float64).reshape(len(weekly), -1))
    return tuple(map(str, used.columns)), matrix, (*_gone(gone), *_filled(filled))


def _weekly(controls: pd.DataFrame, weeks: Calendar) -> pd.DataFrame:
    size = len(weeks.starts)
    if controls.empty:
        return pd.DataFrame(index=range(size))
    week = weeks.index(days_of(controls["date"]))
    rows = controls.assign(week=week)[(week >= 0) & (week < size)]
    wide = rows.pivot_table(index="week", columns="name", values="value", aggfunc="mean")
    return wide.reindex(index=range(size), columns=sorted(controls["name"].unique()))


def _gone(names: tuple[str, ...]) -> tuple[Check, ...]:
    if not names:
        return ()
    return (
        Check(
            code="control_left_out",
            level=CheckLevel.CAUTION,
            message=f"Controls left out, missing in more than {MOST_MISSING:.0%} of the weeks: "
            f"{', '.join(names)}. Import the missing weeks, or choose dates in which they are "
            "there.",
        ),
    )


def _filled(names: tuple[str, ...]) -> tuple[Check, ...]:
    if not names:
        return ()
    return (
        Check(
            code="control_filled",
            level=CheckLevel.CAUTION,
            message="Missing weeks of controls were filled with the week before: "
            f"{', '.join(names)}.",
        ),
    )
