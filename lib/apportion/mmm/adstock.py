"""Adstock: advertising goes on working after the week in which it was paid for.

A channel's spend is carried over by normalised geometric weights: a share `alpha` of what worked in
one week still works in the next, over 13 weeks, and the weights sum to 1, so that carry-over
moves spend in time and neither adds nor loses any. Where an effect is said to come late, it is
strongest `peak` weeks after the spend instead, and falls off to both sides with the square of the
distance [1]_.

In a daily model the same is said of days: the retention stays that from one week to the next, its
seventh root that from one day to the next, and the 13 weeks are 91 days.

References
----------
.. [1] Jin, Y. et al. (2017). Bayesian methods for media mix modeling with carryover and shape
   effects. Google Inc.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

LAGS = 13
"""Weeks over which spend works, its own included."""


def weights(alpha: ArrayLike, peak: ArrayLike = 0.0, *, per_week: int = 1) -> NDArray[np.float64]:
    """Give the share of an effect that falls on each lag.

    Parameters
    ----------
    alpha : array_like, any shape
        Retention: the share that stays from one week to the next, in [0, 1].
    peak : array_like, broadcast with `alpha`
        Whole weeks after the spend at which its effect is strongest; 0: at once.
    per_week : int
        Rows of a week: 1, or 7 where they are days.

    Returns
    -------
    ndarray, shape (*alpha.shape, LAGS * per_week)
        Shares that sum to 1 over the last axis, none larger than that at the peak.

    Raises
    ------
    ValueError
        If a retention lies outside [0, 1].
    """
    retention = np.asarray(alpha, dtype=np.float64)
    if not np.all((retention >= 0) & (retention <= 1)):
        raise ValueError(f"alpha must be in [0, 1], got {retention}")
    powers = retention[..., None] ** exponents(peak, per_week=per_week)
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def exponents(peak: ArrayLike, *, per_week: int = 1) -> NDArray[np.float64]:
    """Give the power of the retention at each lag, (*peak.shape, LAGS * per_week).

    The lag itself in weeks, or where the effect comes late, the square of its distance from the
    peak.
    """
    late = np.asarray(peak, dtype=np.float64)[..., None]
    lag = np.arange(LAGS * per_week) / per_week
    return np.asarray(np.where(late > 0, (lag - late) ** 2, lag))


def lagged(spend: NDArray[np.float64], *, lags: int = LAGS) -> NDArray[np.float64]:
    """Give every row's spend together with that of the rows before it, zero before the first.

    Parameters
    ----------
    spend : ndarray, shape (n_rows, n_channels)

    Returns
    -------
    ndarray, shape (n_channels, n_rows, lags)
        Entry (c, t, l) is the spend of channel c in row t - l.
    """
    rows, channels = spend.shape
    out = np.zeros((channels, rows, lags))
    for lag in range(min(lags, rows)):
        out[:, lag:, lag] = spend[: rows - lag].T
    return out


def adstock(
    spend: NDArray[np.float64],
    alpha: NDArray[np.float64],
    peak: ArrayLike = 0.0,
    *,
    per_week: int = 1,
) -> NDArray[np.float64]:
    """Carry spend over to the weeks (or days) in which it works, for every posterior draw.

    Parameters
    ----------
    spend : ndarray, shape (n_rows, n_channels)
    alpha : ndarray, shape (n_draws, n_channels)
    peak : array_like, shape (n_channels,) or ()
        As in :func:`weights`.

    Returns
    -------
    ndarray, shape (n_draws, n_channels, n_rows)
    """
    shares = weights(alpha, peak, per_week=per_week).transpose(1, 2, 0)
    return (lagged(spend, lags=shares.shape[1]) @ shares).transpose(2, 0, 1)
