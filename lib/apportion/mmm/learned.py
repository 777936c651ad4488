"""What the data taught about each channel: how long its effect lasts, and what moved the prior."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gaussian_kde

from apportion.mmm import priors
from apportion.mmm.adstock import weights
from apportion.mmm.days import weekly
from apportion.mmm.posterior import FittedMMM
from apportion.results.base import LEVEL
from apportion.results.mmm import ChannelLearning

POINTS = 61
_WIDEST = 3.2
"""Prior standard deviations of the log return on each side that are shown."""


def learned(fitted: FittedMMM) -> tuple[ChannelLearning, ...]:
    """Give every channel's decay, and its return before and after the data.

    Densities are per unit of the natural log of the return, so that areas can be compared on a
    logarithmic axis.
    """
    per_week = fitted.data.rows.per_week
    shares = weekly(weights(fitted.draws.alpha, fitted.peak, per_week=per_week), per_week)
    low, high = np.quantile(shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    rows = []
    for row, name in enumerate(fitted.data.channels):
        mean, spread = _prior(fitted, row)
        logs = mean + spread * np.linspace(-_WIDEST, _WIDEST, POINTS)
        rows.append(
            ChannelLearning(
                channel=name,
                decay=tuple(shares[:, row].mean(0).tolist()),
                decay_lower=tuple(low[row].tolist()),
                decay_upper=tuple(high[row].tolist()),
                roi=tuple(np.exp(logs).tolist()),
                prior_density=tuple(_normal((logs - mean) / spread, spread).tolist()),
                posterior_density=tuple(_density(fitted.draws.log_roi[:, row], logs).tolist()),
            )
        )
    return tuple(rows)


def _prior(fitted: FittedMMM, row: int) -> tuple[float, float]:
    prior = priors.table(fitted.data.channel_priors)
    return float(prior["roi_log_mean"][row]), float(prior["roi_log_sd"][row])


def _normal(standard: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    return np.asarray(np.exp(-(standard**2) / 2) / (spread * np.sqrt(2 * np.pi)))


def _density(draws: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    if not draws.std() > 1e-6:  # known exactly: nothing to smooth
        return np.zeros(len(at))
    return np.asarray(gaussian_kde(draws)(at))
