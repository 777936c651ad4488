"""Does the effect of a channel come later than its spend? The delay test.

The model supposes that an effect is strongest at once and falls off from there. Where it is
strongest weeks later, the model takes the wrong weeks for its cause, and what all channels bring
is overestimated. By least squares, each channel's spend is carried over in both ways, over several
retentions and delays of one to three weeks; where late is better by far in the likelihood of the
outcome, the channel is named. The clearest goes first, and the others are looked at again with it;
for them less suffices, because what makes one effect late (a purchase that takes time) often makes
others so.

References
----------
.. [1] Jin, Y. et al. (2017). Bayesian methods for media mix modeling with carryover and shape
   effects. Google Inc.
"""

import numpy as np
from numpy.typing import NDArray

from apportion.mmm import baseline
from apportion.mmm.adstock import lagged, weights
from apportion.mmm.data import MediaMixData

FIRES_ABOVE = 5.0
"""Gain in log likelihood: the best of several curves exceeds it by chance in few of 100 channels
(docs/mmm.md has the rates that were measured)."""

FURTHER_ABOVE = 2.0
"""The same once one channel is known to come late: it makes others of the company more likely."""

_AT_ONCE = (0.0, 0.2, 0.4, 0.6, 0.8)
_LATE = (0.3, 0.5, 0.7, 0.85)
_DELAYS = (1, 2, 3)
_PAST = 4
"""First weeks that are left out: what was spent before them is not known."""

_LEAST_FREE = 20
_ROUNDS = 2

Array = NDArray[np.float64]


def delay_test(data: MediaMixData) -> NDArray[np.float64]:
    """Give each channel's gain in log likelihood by an effect that comes late, (n_channels,).

    A channel that is said to come late is taken so, and has none: NaN, as where the weeks do not
    suffice.
    """
    weeks, channels = data.spend.shape
    out = np.full(channels, np.nan)
    design = baseline.design(data.controls, weeks)[_PAST:]
    if weeks - _PAST - design.shape[1] - channels < _LEAST_FREE:
        return out
    basis = np.linalg.svd(design, full_matrices=False)[0]
    outcome = data.outcome[_PAST:] / data.outcome.mean()
    outcome = outcome - basis @ (basis.T @ outcome)
    at_once, late = (
        [way - basis @ (basis.T @ way) for way in ways] for ways in _carried(data.spend)
    )
    told = np.array([prior.peak > 0 for prior in data.channel_priors])
    chosen = _best_of(at_once, late, told, outcome)
    late_ones, rest = int(told.sum()), [row for row in range(channels) if not told[row]]
    while rest:
        now = _error(chosen, outcome)
        tried = [[_swapped(chosen, row, way) for way in late] for row in rest]
        errors = np.array([[_error(columns, outcome) for columns in each] for each in tried])
        gains = len(outcome) / 2 * np.log(now / errors.min(1))
        out[rest] = gains
        best = int(gains.argmax())
        if gains[best] <= (FURTHER_ABOVE if late_ones else FIRES_ABOVE):
            break
        late_ones += 1
        chosen = tried[best][int(errors[best].argmin())]
        rest.pop(best)
    return out


def late_channels(data: MediaMixData) -> tuple[str, ...]:
    """Give the channels whose effect seems to come late and that are not said to."""
    found = fires(delay_test(data), is_told=any(prior.peak > 0 for prior in data.channel_priors))
    return tuple(name for name, fired in zip(data.channels, found, strict=True) if fired)


def fires(gains: Array, *, is_told: bool = False) -> NDArray[np.bool_]:
    """Say of which channels the test says that they come late, (n_channels,).

    Parameters
    ----------
    gains : ndarray, shape (n_channels,)
        By :func:`delay_test`.
    is_told : bool
        Whether some channel is said to come late.
    """
    clear = bool((gains > FIRES_ABOVE).any())  # NaN is not
    return np.asarray(gains > (FURTHER_ABOVE if clear or is_told else FIRES_ABOVE))


def _carried(spend: Array) -> tuple[list[Array], list[Array]]:
    """Give log spend carried over at once and late, in several ways, (n_weeks, n_channels) each."""
    mean = spend.mean(0)
    flights = lagged(spend / np.where(mean > 0, mean, 1.0))[:, _PAST:]

    def of(retention: float, peak: float) -> Array:
        return np.log1p(flights @ weights(retention, peak)).T

    return (
        [of(retention, 0) for retention in _AT_ONCE],
        [of(retention, peak) for peak in _DELAYS for retention in _LATE],
    )


def _best_of(
    at_once: list[Array], late: list[Array], told: NDArray[np.bool_], outcome: Array
) -> Array:
    """Give each channel in the way that explains most, as it is said to come, one by one."""
    chosen = np.where(told, late[len(late) // 2], at_once[len(at_once) // 2])
    for _ in range(_ROUNDS):
        for row in range(len(told)):
            ways = late if told[row] else at_once
            tried = [_swapped(chosen, row, way) for way in ways]
            chosen = min(tried, key=lambda columns: _error(columns, outcome))
    return chosen


def _swapped(chosen: Array, row: int, way: Array) -> Array:
    columns = chosen.copy()
    columns[:, row] = way[:, row]
    return columns


def _error(columns: Array, outcome: Array) -> float:
    """Give the squared error of least squares."""
    left, singular, _ = np.linalg.svd(columns, full_matrices=False)
    basis = left[:, singular > 1e-9 * singular[0]]
    return float(outcome @ outcome - ((basis.T @ outcome) ** 2).sum())
