"""Saturation: the second euro in a week earns less than the first.

The Hill curve rises from 0 towards 1 and passes 1/2 at the half-saturation point. With a slope of 1
it is concave from the start; with a larger one it is S-shaped, as a medium that needs some weight
before it works.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Curve = Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Spend to (revenue, revenue of the next unit), both vectorised over spend."""

_TINY = 1e-12  # an empty week: far below a cent, and 0 ** -slope would warn


def hill(
    spend: NDArray[np.float64],
    half_saturation: NDArray[np.float64],
    slope: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give the share of the highest possible effect, in [0, 1); arguments broadcast.

    Parameters
    ----------
    spend : ndarray
        Adstocked spend, not negative, in the unit of `half_saturation`.
    half_saturation : ndarray
        Spend that has half of the highest possible effect. Must be positive.
    slope : ndarray
        Must be positive.

    References
    ----------
    .. [1] Jin, Y. et al. (2017). Bayesian methods for media mix modeling with carryover and shape
       effects. Google Inc.
    """
    ratio = np.log(half_saturation) - np.log(np.maximum(spend, _TINY))
    return np.asarray(1 / (1 + np.exp(np.minimum(slope * ratio, 700.0))))


def elasticity(effect: NDArray[np.float64], slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the % by which the effect grows when spend grows by 1 %, from the effect itself."""
    return slope * (1 - effect)
