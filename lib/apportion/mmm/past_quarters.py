"""How far whole quarters went beside what could be foreseen: the past as a judge of the forecast.

What a model cannot foresee is not all week by week. Demand comes and goes over months, and a trend
does not go on for ever, so that all weeks of a quarter are missed to the same side. How much, the
past tells: with what media brought taken as known, the baseline is learned again from the weeks
before each past quarter, as it is for the forecast, and its miss of that quarter's mean is held to
the spread that it expected. What is left over comes on top of the forecast.

References
----------
.. [1] Hyndman, R. J. and Athanasopoulos, G. (2021). Forecasting: principles and practice, 3rd
   edition, section 5.10: time series cross-validation. OTexts.
"""

import numpy as np
from numpy.typing import NDArray

from apportion.mmm import baseline
from apportion.mmm.data import MediaMixData
from apportion.mmm.noise import deviation_of_sum, whitened

QUARTER = 13
FIRST = 6 * QUARTER
"""Weeks before the first quarter that is judged."""

LEAST_QUARTERS = 4
"""Fewer past quarters say too little: then nothing is added."""

BELIEVED_QUARTERS = 6
"""So many quarters that went as expected are believed in beside those that were seen."""

Array = NDArray[np.float64]


def unforeseen_spread(data: MediaMixData, left: Array, sigma: float) -> float:
    """Give the standard deviation of a quarter's mean that was not foreseen.

    Parameters
    ----------
    left : ndarray, shape (n_rows,)
        Outcome less what media brought, in mean weeks (or days) of the outcome.
    sigma : float
        Residual standard deviation of a week (or day), in the same unit.

    Returns
    -------
    float
        In the same unit; 0 where past quarters went as expected.
    """
    starts = range(FIRST, data.n_weeks - QUARTER + 1, QUARTER)
    if len(starts) < LEAST_QUARTERS:
        return 0.0
    excess = [_excess(data, left, sigma, start) for start in starts]
    mean = sum(excess) / (len(excess) + BELIEVED_QUARTERS)
    return float(np.sqrt(max(0.0, mean)))


def _excess(data: MediaMixData, left: Array, sigma: float, start: int) -> float:
    """Give the squared miss of a quarter's mean less the variance that was expected of it."""
    rows = data.rows
    linear = baseline.of(data.first(start), rows.controls[: (start + QUARTER) * rows.per_week])
    length, start = QUARTER * rows.per_week, start * rows.per_week
    seen, ahead = linear.columns[:start], linear.columns[start:].mean(0)
    known = whitened(left[:start] - linear.offset[:start], rows.autoregression)
    seen = whitened(seen, rows.autoregression)
    precision = np.eye(len(ahead)) + seen.T @ seen / sigma**2
    mean = np.linalg.solve(precision, seen.T @ known / sigma**2)
    own = (sigma * deviation_of_sum(rows.autoregression, length) / length) ** 2
    expected = ahead @ np.linalg.solve(precision, ahead) + own
    return float((left[start : start + length].mean() - ahead @ mean) ** 2 - expected)
