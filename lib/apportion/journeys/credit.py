"""Rule-based attribution: share one conversion's credit among its touchpoints.

Every rule is a pure function of the touchpoints' ages. An age is the time from a touchpoint to
the conversion, in hours; ages come in order of time, so they never increase and the last one is
the smallest. Every rule returns one share per touchpoint; shares are non-negative and sum to 1.

Rules that learn from all journeys at once (Markov removal effect, Shapley value) live in
:mod:`apportion.journeys.markov` and :mod:`apportion.journeys.shapley`.

References
----------
.. [1] Shao, X. and Li, L. (2011). Data-driven multi-touch attribution models. KDD '11.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from apportion.results.journeys import AttributionModel

Shares = NDArray[np.float64]

HALF_LIFE_HOURS = 7 * 24.0
ENDPOINT_SHARE = 0.4


def first_touch(ages: ArrayLike) -> Shares:
    """Give all credit to the earliest touchpoint."""
    shares = np.zeros(_check_ages(ages).size)
    shares[0] = 1.0
    return shares


def last_touch(ages: ArrayLike) -> Shares:
    """Give all credit to the latest touchpoint."""
    return first_touch(ages)[::-1]


def linear(ages: ArrayLike) -> Shares:
    """Give every touchpoint the same credit."""
    count = _check_ages(ages).size
    return np.full(count, 1.0 / count)


def position_based(ages: ArrayLike, *, endpoint_share: float = ENDPOINT_SHARE) -> Shares:
    """Give `endpoint_share` to each end of the journey and split the rest over the middle."""
    count = _check_ages(ages).size
    if not 0 <= endpoint_share <= 0.5:
        raise ValueError(f"endpoint_share must be in [0, 0.5], got {endpoint_share}")
    if count <= 2:
        return np.full(count, 1.0 / count)
    shares = np.full(count, (1 - 2 * endpoint_share) / (count - 2))
    shares[[0, -1]] = endpoint_share
    return shares


def time_decay(ages: ArrayLike, *, half_life: float = HALF_LIFE_HOURS) -> Shares:
    """Halve a touchpoint's weight for every `half_life` hours before the conversion.

    Parameters
    ----------
    ages : array_like, shape (n_touchpoints,)
        Hours from each touchpoint to the conversion, earliest touchpoint first.
    half_life : float
        Hours in which a weight halves. Must be positive.

    Returns
    -------
    ndarray, shape (n_touchpoints,)
        Shares that sum to 1.

    Raises
    ------
    ValueError
        If there is no touchpoint, an age is negative, or `half_life` is not positive.
    """
    hours = _check_ages(ages)
    if not half_life > 0:
        raise ValueError(f"half_life must be positive, got {half_life}")
    # Relative to the latest touchpoint: old journeys would otherwise underflow to 0 / 0.
    weights = np.exp2((hours[-1] - hours) / half_life)
    return np.asarray(weights / weights.sum())


RULES: Mapping[AttributionModel, Callable[[ArrayLike], Shares]] = {
    AttributionModel.FIRST_TOUCH: first_touch,
    AttributionModel.LAST_TOUCH: last_touch,
    AttributionModel.LINEAR: linear,
    AttributionModel.POSITION_BASED: position_based,
    AttributionModel.TIME_DECAY: time_decay,
}


def _check_ages(ages: ArrayLike) -> NDArray[np.float64]:
    hours = np.asarray(ages, dtype=np.float64)
    if hours.ndim != 1 or hours.size == 0:
        raise ValueError(f"ages must be one-dimensional and non-empty, got shape {hours.shape}")
    if not np.all(np.isfinite(hours)) or hours[-1] < 0 or np.any(np.diff(hours) > 0):
        raise ValueError(f"ages must be finite, non-negative and non-increasing, got {hours}")
    return hours
