"""Where a metric is going: Theil-Sen's slope, and a test that knows that days resemble each other.

The weekday's effect is removed together with a straight line by least squares; then the slope is
the median of all pairwise slopes. The variance of Mann-Kendall's statistic is multiplied by
``(1 + phi) / (1 - phi)``, phi being the lag-1 autocorrelation of what is left, corrected for the
bias of a short series, and quantiles are Student's t for as many independent days as that leaves.
Without that, days with phi of .6 would show a trend three times in ten where there is none.

References
----------
.. [1] Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau. JASA 63.
.. [2] Yue, S. and Wang, C. (2004). The Mann-Kendall test modified by effective sample size to
   detect trend in serially correlated hydrological series. Water Resources Management 18.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from apportion.insights.decomposition import MAD_TO_SD
from apportion.insights.series import Floats

SIGNIFICANCE = 0.05
LEVEL = 0.9
FEWEST_DAYS = 60
"""A trend is fitted to at least so many days; a month has too little power."""
MOST_DAYS = 120
MOST_PHI = 0.9


@dataclass(frozen=True)
class Slope:
    """The slope of a series a day, on the logarithmic scale.

    Parameters
    ----------
    slope, lower, upper : float
        Estimate and 90 % interval.
    p_value : float
        Of no trend.
    n_days : int
    """

    slope: float
    lower: float
    upper: float
    p_value: float
    n_days: int

    @property
    def is_reliable(self) -> bool:
        """Whether there is a trend at all."""
        return self.p_value < SIGNIFICANCE and (self.lower > 0 or self.upper < 0)

    def change(self, days: float) -> tuple[float, float, float]:
        """Give the relative change over so many days: estimate, lower, upper end."""
        estimate, lower, upper = np.expm1(np.array([self.slope, self.lower, self.upper]) * days)
        return float(estimate), float(lower), float(upper)


def theil_sen(values: Floats, weekdays: NDArray[np.int64], level: float = LEVEL) -> Slope:
    """Fit a trend.

    Parameters
    ----------
    values : ndarray, shape (n_days,)
        On the logarithmic scale; NaN where there is no record.
    weekdays : ndarray of int, shape (n_days,)
    level : float
        Of the interval.

    Raises
    ------
    ValueError
        If fewer than 14 days are known.
    """
    known = np.isfinite(values)
    if known.sum() < 14:
        raise ValueError(f"a trend needs at least 14 known days, got {known.sum()}")
    days = np.flatnonzero(known).astype(np.float64)
    flat = _without_weekdays(values[known], days, weekdays[known])
    n = days.size
    first, second = np.triu_indices(n, 1)
    rise = flat[second] - flat[first]
    slopes = np.sort(rise / (days[second] - days[first]))
    slope = float(np.median(slopes))
    phi = _autocorrelation(flat - slope * days)
    stretch = (1 + phi) / (1 - phi)
    deviation = float(np.sqrt(n * (n - 1) * (2 * n + 5) / 18 * stretch))
    statistic = float(np.sign(rise).sum())
    degrees = max(4.0, n / stretch - 2)
    z = (statistic - np.sign(statistic)) / deviation
    half = stats.t.ppf(0.5 + level / 2, degrees) * deviation
    lower = slopes[max(0, int((slopes.size - half) / 2))]
    upper = slopes[min(slopes.size - 1, int((slopes.size + half) / 2))]
    p_value = float(2 * stats.t.sf(abs(z), degrees))
    return Slope(slope, float(lower), float(upper), p_value, int(n))


def spread(values: Floats) -> float:
    """Give the robust standard deviation of what a series leaves around its median."""
    known = values[np.isfinite(values)]
    return float(MAD_TO_SD * np.median(np.abs(known - np.median(known)))) if known.size else 0.0


def _without_weekdays(values: Floats, days: Floats, weekdays: NDArray[np.int64]) -> Floats:
    centred = days - days.mean()
    design = np.column_stack([centred, weekdays[:, None] == np.arange(7)]).astype(np.float64)
    coefficients = np.linalg.lstsq(design, values, rcond=None)[0]
    effects = coefficients[1:][weekdays]
    return np.asarray(values - effects + effects.mean())


def _autocorrelation(left: Floats) -> float:
    """Give the lag-1 autocorrelation without the bias of a detrended series, at least 0."""
    left = left - left.mean()
    size = float(left @ left)
    if size <= 0:
        return 0.0
    n = left.size
    plain = float(left[1:] @ left[:-1]) / size
    return float(np.clip((n * plain + 1) / (n - 4), 0.0, MOST_PHI))
