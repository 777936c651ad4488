"""The test day by day: what was, what would have been, and what has added up."""

import numpy as np

from apportion.incrementality.frame import Frame
from apportion.incrementality.money import effect
from apportion.incrementality.panel import Panel, fitted_to
from apportion.incrementality.randomisation import estimate
from apportion.incrementality.synthetic_control import Fits, Floats
from apportion.results.base import LEVEL
from apportion.results.incrementality import Trajectory

COARSE_GRID = 161
"""Of the interval of each day's cumulative effect: a chart needs no more."""


def trajectory(
    found: Frame,
    fits: Fits,
    *,
    log_effect: float = 0.0,
    is_read_out: bool = False,
    spend: Panel | None = None,
    orders: Panel | None = None,
) -> Trajectory:
    """Give baseline and test day by day.

    The daily band is where the reference sets lie, each in units of its scale: it holds a single
    day with 90 %. The cumulative effect has the interval of the read-out of each day.

    Parameters
    ----------
    log_effect : float
        Undone in the changed regions before the band is taken; 0 while the test runs.
    is_read_out : bool
        With the cumulative effect; never while the test runs.
    """
    days = np.vstack([found.filled.baseline, found.filled.test])
    sold = np.vstack([found.baseline.values, found.test.values])
    inside, before = found.inside, found.baseline.days
    observed = sold[:, inside].sum(axis=1)
    expected = days @ fits.weights[found.chosen]
    reach = _band(fits, days, before, inside, log_effect) * fits.scale[found.chosen]
    sums: tuple[list[float], list[float], list[float]] = ([], [], [])
    if is_read_out:
        sums = _cumulative(found, fits)
    parts = {"spend": spend, "orders": orders}
    sides = {
        f"{side}_{name}": _side(found, part, is_in)
        for name, part in parts.items()
        for side, is_in in (("changed", inside), ("donors", ~inside))
    }
    return Trajectory(
        days=(*found.baseline.dates, *found.test.dates),
        baseline_days=before,
        observed=_floats(observed),
        expected=_floats(expected),
        expected_lower=_floats(expected * np.exp(-reach)),
        expected_upper=_floats(expected * np.exp(reach)),
        donors=_floats(sold[:, ~inside].sum(axis=1)),
        cumulative=tuple(sums[0]),
        cumulative_lower=tuple(sums[1]),
        cumulative_upper=tuple(sums[2]),
        **sides,
    )


def _band(
    fits: Fits, days: Floats, before: int, inside: Floats | np.ndarray, log_effect: float
) -> Floats:
    """Give, for each day, the error in scales that 90 % of the sets stay within."""
    undone = days.copy()
    undone[before:, inside] *= np.exp(-log_effect)
    smallest = np.finfo(float).tiny
    observed = np.maximum(undone @ fits.members.T.astype(float), smallest)
    expected = np.maximum(undone @ fits.weights.T, smallest)
    errors = np.abs(np.log(observed / expected)) / fits.scale
    return np.asarray(np.minimum(np.quantile(errors, LEVEL, axis=1), 50.0))


def _cumulative(found: Frame, fits: Fits) -> tuple[list[float], list[float], list[float]]:
    totals = np.cumsum(found.filled.test, axis=0)
    sold = np.cumsum(found.test.values[:, found.inside].sum(axis=1))
    middle, lower, upper = [], [], []
    for total, observed in zip(totals, sold, strict=True):
        day = estimate(fits, total, found.chosen, level=LEVEL, grid_size=COARSE_GRID)
        so_far = effect(day, float(observed), found.sign)
        middle.append(so_far.incremental)
        lower.append(so_far.incremental_interval[0])
        upper.append(so_far.incremental_interval[1])
    return middle, lower, upper


def _side(found: Frame, part: Panel | None, is_in: np.ndarray) -> tuple[float, ...]:
    if part is None:
        return ()
    regions = [name for name, own in zip(found.baseline.regions, is_in, strict=True) if own]
    days = found.baseline.days + found.test.days
    return _floats(fitted_to(part, found.baseline.first_day, days, regions).sum(axis=1))


def _floats(values: Floats) -> tuple[float, ...]:
    return tuple(map(float, values))
