"""Where a series took another level: exact optimal partitioning of its deseasonalised values.

The partition minimises the squared distance to the segments' means plus a penalty for each
segment. It is the optimum that PELT finds too, by dynamic programming over all days, of all series
at once.

References
----------
.. [1] Jackson, B. et al. (2005). An algorithm for optimal partitioning of data on an interval.
   IEEE Signal Processing Letters 12.
.. [2] Killick, R., Fearnhead, P. and Eckley, I. A. (2012). Optimal detection of changepoints with
   a linear computational cost. JASA 107.
"""

from dataclasses import dataclass

import numpy as np

from apportion.insights.decomposition import Decomposition, row_median, running_median
from apportion.insights.series import Floats

SHORTEST = 7
"""Days of the shortest segment."""
PENALTY = 10.0
"""Times the logarithm of the number of days."""
SMALLEST_GAP = 1.5
"""In standard deviations of a day, between the means (of clipped days) beside the change."""
BESIDE = 28
"""Days on each side over which the gap is taken."""
RESTLESS_DAYS = 45
"""A series that takes another level more often than this does so by nature, as budgets do."""
SLOW_NOISE = 1.12
"""By so much noise that is slower than a month stretches the error of a mean; what `stretch` sees
is faster. With it, clean metrics give no more alarms than medians did, and trend breaks are found
(``benchmarks/insights.py``, on the seeds 5000 to 5014)."""
CLIP = 3.0
"""A single day counts with so many standard deviations at most."""


@dataclass(frozen=True)
class Shift:
    """A change of level.

    Parameters
    ----------
    start, end : int
        First and last day of the new level, by position.
    gap : float
        New level less old level, in standard deviations of a day.
    z : float
        The gap in its own standard errors, with the autocorrelation of the days.
    """

    start: int
    end: int
    gap: float
    z: float


def partition(values: Floats, penalty: float, shortest: int = SHORTEST) -> list[list[int]]:
    """Give the first day of every segment but the first, for each row.

    Parameters
    ----------
    values : ndarray, shape (n_series, n_days)
        No NaN.
    penalty : float
        Cost of a segment, in the units of squared values.
    shortest : int
        Days of the shortest segment.
    """
    n_series, n_days = values.shape
    sums = np.pad(np.cumsum(values, axis=1), ((0, 0), (1, 0)))
    squares = np.pad(np.cumsum(values**2, axis=1), ((0, 0), (1, 0)))
    best = np.full((n_series, n_days + 1), np.inf)
    best[:, 0] = -penalty
    previous = np.zeros((n_series, n_days + 1), dtype=np.int64)
    rows = np.arange(n_series)
    for end in range(shortest, n_days + 1):
        first = slice(0, end - shortest + 1)
        length = end - np.arange(end - shortest + 1)
        within = (squares[:, end, None] - squares[:, first]) - (
            sums[:, end, None] - sums[:, first]
        ) ** 2 / length
        cost = best[:, first] + within + penalty
        chosen = np.argmin(cost, axis=1)
        best[:, end] = cost[rows, chosen]
        previous[:, end] = chosen
    return [_walk_back(row, n_days) for row in previous]


def shifts(parts: Decomposition, penalty: float = PENALTY) -> list[list[Shift]]:
    """Give the material changes of level of every series.

    Parameters
    ----------
    parts : Decomposition
    penalty : float
        Times the logarithm of the number of days.
    """
    scale = parts.scale[:, None]
    n_days = parts.level.shape[1]
    clipped = np.clip(np.nan_to_num(parts.residual), -CLIP * scale, CLIP * scale)
    flat = (parts.level - row_median(parts.level)[:, None] + clipped) / scale
    flat = np.nan_to_num(flat)
    starts = partition(flat, penalty * np.log(max(n_days, 2)))
    errors = stretch(parts)
    return [_material(flat[row], starts[row], errors[row]) for row in range(len(starts))]


def _material(flat: Floats, starts: list[int], stretch: float) -> list[Shift]:
    bounds = [0, *starts, flat.size]
    found: list[Shift] = []
    if len(starts) > max(1, flat.size / RESTLESS_DAYS):
        return found
    for number in range(1, len(bounds) - 1):
        begin, end = bounds[number], bounds[number + 1]
        before = flat[max(bounds[number - 1], begin - BESIDE) : begin]
        after = flat[begin : min(end, begin + BESIDE)]
        gap = float(after.mean() - before.mean())
        # A few wild days are no new level if the last days are back at the old one.
        holds = abs(float(np.median(flat[end - 3 : end]) - np.median(before))) > abs(gap) / 2
        if abs(gap) >= SMALLEST_GAP and holds:
            error = SLOW_NOISE * np.sqrt(1 / before.size + 1 / after.size) * stretch
            found.append(Shift(begin, end - 1, gap, gap / float(error)))
    return found


def stretch(parts: Decomposition) -> Floats:
    """Give by how much autocorrelation stretches the error of a mean, for each series."""
    left = parts.level + np.nan_to_num(parts.residual)
    left = left - running_median(left, 29)
    left = np.clip(left, -CLIP * parts.scale[:, None], CLIP * parts.scale[:, None])
    together = (left[:, 1:] * left[:, :-1]).sum(axis=1)
    alone = np.maximum((left**2).sum(axis=1), 1e-12)
    phi = np.clip(together / alone, 0.0, 0.7)
    return np.asarray(np.sqrt((1 + phi) / (1 - phi)))


def _walk_back(previous: np.ndarray[tuple[int], np.dtype[np.int64]], n_days: int) -> list[int]:
    starts, end = [], n_days
    while end > 0 and previous[end] > 0:
        end = int(previous[end])
        starts.append(end)
    return starts[::-1]
