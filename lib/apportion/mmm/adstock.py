"""Adstock: advertising goes on working after the week in which it was paid for.

A channel's spend is carried over by normalised geometric weights: a share `alpha` of what worked in
one week still works in the next, over 13 weeks, and the weights sum to 1, so that carry-over
moves spend in time and neither adds nor loses any.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

LAGS = 13
"""Weeks over which spend works, its own included."""


def weights(alpha: ArrayLike, *, lags: int = LAGS) -> NDArray[np.float64]:
    """Give the share of an effect that falls on each lag.

    Parameters
    ----------
    alpha : array_like, any shape
        Retention: the share that stays from one week to the next, in [0, 1].

    Returns
    -------
    ndarray, shape (*alpha.shape, lags)
        Non-increasing shares that sum to 1 over the last axis.

    Raises
    ------
    ValueError
        If a retention lies outside [0, 1].
    """
    retention = np.asarray(alpha, dtype=np.float64)
    if not np.all((retention >= 0) & (retention <= 1)):
        raise ValueError(f"alpha must be in [0, 1], got {retention}")
    powers = retention[..., None] ** np.arange(lags)
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def lagged(spend: NDArray[np.float64], *, lags: int = LAGS) -> NDArray[np.float64]:
    """Give every week's spend together with that of the weeks before it, zero before the first.

    Parameters
    ----------
    spend : ndarray, shape (n_weeks, n_channels)

    Returns
    -------
    ndarray, shape (n_channels, n_weeks, lags)
        Entry (c, t, l) is the spend of channel c in week t - l.
    """
    weeks, channels = spend.shape
    out = np.zeros((channels, weeks, lags))
    for lag in range(min(lags, weeks)):
        out[:, lag:, lag] = spend[: weeks - lag].T
    return out


def adstock(spend: NDArray[np.float64], alpha: NDArray[np.float64]) -> NDArray[np.float64]:
    """Carry spend over to the weeks in which it works, for every posterior draw.

    Parameters
    ----------
    spend : ndarray, shape (n_weeks, n_channels)
    alpha : ndarray, shape (n_draws, n_channels)

    Returns
    -------
    ndarray, shape (n_draws, n_channels, n_weeks)
    """
    shares = weights(alpha).transpose(1, 2, 0)
    return (lagged(spend) @ shares).transpose(2, 0, 1)
