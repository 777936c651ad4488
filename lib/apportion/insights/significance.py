"""How many of so many alarms are chance: one false-discovery rate over all metrics of a run.

Residuals of daily metrics have heavier tails than the normal distribution, some far heavier. Their
p-values come from Student's t on the robust scale, with the degrees of freedom that the series'
own residuals show, between `HEAVIEST` and `LIGHTEST`.

References
----------
.. [1] Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. JRSS B 57.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from apportion.insights.series import Floats

FALSE_DISCOVERY_RATE = 0.1
STRICT_RATE = 0.01
"""By which an alarm is called sure."""
HEAVIEST, LIGHTEST = 6.0, 12.0
_TABLE = np.array([3.0, 4, 5, 6, 8, 10, 12, 15, 20, 30])
_TAIL = 0.95
_QUARTILE = 0.75


def tail_degrees(z: Floats) -> Floats:
    """Give the degrees of freedom of the t distribution with each row's tails; shape (n_series,).

    By the ratio of the 95 % quantile of the size to its median, which a few anomalies cannot move.
    """
    ratios = stats.t.ppf(0.5 + _TAIL / 2, _TABLE) / stats.t.ppf(_QUARTILE, _TABLE)
    found = np.full(z.shape[0], HEAVIEST)
    for row, values in enumerate(np.abs(z)):
        known = values[np.isfinite(values)]
        if known.size:
            middle, far = np.quantile(known, [0.5, _TAIL])
            ratio = far / middle if middle > 0 else np.inf
            found[row] = np.interp(-ratio, -ratios, _TABLE)
    return np.asarray(np.clip(found, HEAVIEST, LIGHTEST))


def p_values(z: Floats, degrees: Floats) -> Floats:
    """Give the two-sided p-values of robust residuals; NaN stays NaN.

    Parameters
    ----------
    z : ndarray, shape (n_series, n_days)
    degrees : ndarray, shape (n_series,)
    """
    stretch = np.asarray(stats.t.ppf(_QUARTILE, degrees)) / float(stats.norm.ppf(_QUARTILE))
    return np.asarray(2 * stats.t.sf(np.abs(z) * stretch[:, None], degrees[:, None]))


def discoveries(p: Floats, rate: float = FALSE_DISCOVERY_RATE) -> NDArray[np.bool_]:
    """Tell which of all p-values are discoveries at a false-discovery rate; NaN is none."""
    known = np.isfinite(p)
    ordered = np.sort(p[known])
    passing = np.flatnonzero(ordered <= rate * np.arange(1, ordered.size + 1) / ordered.size)
    limit = ordered[passing[-1]] if passing.size else -1.0
    with np.errstate(invalid="ignore"):
        return np.asarray(p <= limit)
