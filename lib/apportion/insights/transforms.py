"""Scales on which a metric's noise has the same size every day, and the way back.

Amounts: ``log(y + 2 % of the median)``. Small counts: Anscombe's ``2 sqrt(y + 3/8)``. Rates:
``2 sqrt(n) arcsin(sqrt((k + 3/8) / (n + 3/4)))`` with the median number of trials, its noise on a
day with fewer trials being larger by ``sqrt(median / n)``.

References
----------
.. [1] Anscombe, F. J. (1948). The transformation of Poisson, binomial and negative-binomial data.
   Biometrika 35.
"""

from dataclasses import dataclass

import numpy as np

from apportion.insights.series import Floats, Kind, MetricSeries

SMALL_COUNT = 20.0
"""Counts with a smaller median are on Anscombe's scale."""
OFFSET_SHARE = 0.02
"""Of the median, added before the logarithm, so that a day of nothing stays finite."""


@dataclass(frozen=True, eq=False)
class Scaled:
    """A series on the scale where its noise is even.

    Parameters
    ----------
    daily : ndarray, shape (n_days,)
    noise : ndarray, shape (n_days,)
        Relative size of a day's noise.
    kind : str
        ``log``, ``anscombe`` or ``arcsine``.
    constant : float
        The offset of ``log``, the median number of trials of ``arcsine``.
    """

    daily: Floats
    noise: Floats
    kind: str
    constant: float

    def back(self, values: Floats) -> Floats:
        """Give values of this scale in the metric's own unit."""
        if self.kind == "log":
            return np.maximum(np.exp(values) - self.constant, 0.0)
        if self.kind == "anscombe":
            return np.maximum((np.maximum(values, 0.0) / 2) ** 2 - 0.375, 0.0)
        angle = np.clip(values / (2 * np.sqrt(self.constant)), 0.0, np.pi / 2)
        return np.asarray(np.sin(angle) ** 2)


def scaled(series: MetricSeries) -> Scaled:
    """Give a series on its own even scale."""
    values = series.daily
    known = values[np.isfinite(values)]
    median = float(np.median(known)) if known.size else 0.0
    even = np.ones_like(values)
    if series.metric.kind is Kind.RATE and series.denominator is not None:
        return _arcsine(series, values)
    if series.metric.kind is Kind.COUNT and median < SMALL_COUNT:
        return Scaled(2 * np.sqrt(np.maximum(values, 0) + 0.375), even, "anscombe", 0.0)
    offset = OFFSET_SHARE * median if median > 0 else 1.0
    return Scaled(np.log(np.maximum(values, 0) + offset), even, "log", offset)


def _arcsine(series: MetricSeries, values: Floats) -> Scaled:
    assert series.denominator is not None
    trials = np.where(np.isfinite(values), series.denominator, np.nan)
    known = trials[np.isfinite(trials)]
    middle = float(np.median(known)) if known.size else 1.0
    share = np.clip((values * trials + 0.375) / (trials + 0.75), 0.0, 1.0)
    on_scale = 2 * np.sqrt(middle) * np.arcsin(np.sqrt(share))
    noise = np.sqrt(middle / np.maximum(np.nan_to_num(trials, nan=middle), 1.0))
    return Scaled(on_scale, noise, "arcsine", middle)
