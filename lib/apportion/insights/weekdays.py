"""A second opinion on each day: against the same weekday of the weeks before.

The robust decomposition and the same weekdays of the last eight weeks err differently, above all
at the right edge, where the level rests on half a window. Their mean, on its own robust scale,
finds more at fewer false alarms than either (``benchmarks/insights.py``).
"""

import numpy as np
from numpy.typing import NDArray

from apportion.insights.changepoints import Shift
from apportion.insights.decomposition import SMALLEST_SCALE, Decomposition, mad, row_median
from apportion.insights.series import Floats

WEEKS = 8
FEWEST = 4


def combined_z(parts: Decomposition, shifts: list[list[Shift]]) -> Floats:
    """Give the mean of both opinions in robust standard deviations; NaN where there is no record.

    Parameters
    ----------
    parts : Decomposition
    shifts : list of list of Shift
        Weeks before a change of level are no comparison.
    """
    own = parts.z
    second = same_weekday_z(parts, segments(shifts, own.shape[1]))
    both = np.where(np.isfinite(second), own + second, 2 * own)
    scale = np.maximum(np.nan_to_num(mad(both), nan=1.0), SMALLEST_SCALE)
    return np.asarray(both / scale[:, None])


def same_weekday_z(parts: Decomposition, segment: NDArray[np.int64]) -> Floats:
    """Give each day less the median of its weekday before, in robust standard deviations."""
    ordinary = parts.level + parts.weekday + parts.residual
    n_series, n_days = ordinary.shape
    before = np.full((WEEKS, n_series, n_days), np.nan)
    for week in range(1, WEEKS + 1):
        lag = 7 * week
        if lag >= n_days:
            break
        comparable = segment[:, lag:] == segment[:, :-lag]
        before[week - 1, :, lag:] = np.where(comparable, ordinary[:, :-lag], np.nan)
    enough = np.isfinite(before).sum(axis=0) >= FEWEST
    left = np.where(enough, ordinary - row_median(np.moveaxis(before, 0, -1)), np.nan)
    scale = np.maximum(np.nan_to_num(mad(left), nan=1.0), SMALLEST_SCALE)
    return np.asarray(left / scale[:, None])


def segments(shifts: list[list[Shift]], n_days: int) -> NDArray[np.int64]:
    """Give the number of the segment that each day of each series lies in."""
    found = np.zeros((len(shifts), n_days), dtype=np.int64)
    for row, changes in enumerate(shifts):
        for change in changes:
            found[row, change.start :] += 1
    return found
