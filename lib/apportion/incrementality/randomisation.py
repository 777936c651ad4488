"""Randomisation inference: is the changed set more extreme than others that could have been drawn.

To test an effect, it is undone in the changed set; then the set's statistic, its absolute log lift
over its scale, is ranked among those of all reference sets, itself included. Where the changed set
was drawn at random from the reference sets, the p-value is exact by construction. For a set that
somebody named it is approximate, with random sets of the same size as the reference. Effects are
on the log scale: log(observed / counterfactual).

References
----------
.. [1] Fisher, R. A. (1935). The Design of Experiments, chapter 2.
.. [2] Rosenbaum, P. R. (2002). Observational Studies, 2nd ed., chapter 2 (inverted tests).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apportion.incrementality.synthetic_control import Booleans, Fits, Floats, log_lift

REFERENCE_SETS = 200
"""Sets that a named set is ranked among: p-values come in steps of half a percent."""

GRID_WIDTH = 12.0
"""How far the search for an interval's ends goes, in median scales."""

GRID_SIZE = 801
TIE = 1e-12
SMALLEST = np.finfo(float).tiny


@dataclass(frozen=True)
class Estimate:
    """What a set's outcome says of the effect, on the log scale."""

    effect: float
    """log(observed / counterfactual)."""
    lower: float
    upper: float
    p_value: float
    """Of no effect."""
    is_open: bool
    """An end lies beyond the range that was searched."""


def random_sets(
    regions: int,
    size: int,
    count: int,
    rng: np.random.Generator,
    *,
    include: NDArray[np.int64] | None = None,
) -> Booleans:
    """Give `count` random sets of `size` regions; row 0 is the set `include` if one is given.

    Returns
    -------
    ndarray of bool, shape (count, regions)
    """
    members = np.zeros((count, regions), dtype=np.bool_)
    order = rng.permuted(np.tile(np.arange(regions), (count, 1)), axis=1)[:, :size]
    np.put_along_axis(members, order, values=True, axis=1)
    if include is not None:
        members[0] = False
        members[0, include] = True
    return members


def p_values(fits: Fits, outcome: Floats, chosen: int, nulls: Floats) -> Floats:
    """Give the p-value of each null hypothesis about the set `chosen`.

    Parameters
    ----------
    outcome : ndarray, shape (n_regions,)
        Totals over the test.
    chosen : int
        Row of the changed set.
    nulls : ndarray, shape (n_nulls,)
        Effects on the log scale.
    """
    inside = fits.members[chosen][:, None]
    undone = outcome[:, None] * np.where(inside, np.exp(-np.asarray(nulls))[None], 1.0)
    found = np.abs(log_lift(fits, undone)) / fits.scale[:, None]
    return np.asarray((found >= found[chosen] - TIE).mean(axis=0))


def estimate(
    fits: Fits, outcome: Floats, chosen: int, *, level: float = 0.9, grid_size: int = GRID_SIZE
) -> Estimate:
    """Give the effect on the set `chosen`, its interval and the p-value of no effect.

    The interval reaches to the first effects that are rejected: stopping at the last accepted ones
    would cost a point of coverage.
    """
    effect = float(log_lift(fits, outcome)[chosen])
    steps = np.linspace(-GRID_WIDTH, GRID_WIDTH, grid_size)
    grid = effect + steps * float(np.median(fits.scale))
    p = p_values(fits, outcome, chosen, grid)
    kept = np.flatnonzero(p > 1 - level + TIE)
    return Estimate(
        effect=effect,
        lower=float(grid[max(kept[0] - 1, 0)]),
        upper=float(grid[min(kept[-1] + 1, grid_size - 1)]),
        p_value=float(p_values(fits, outcome, chosen, np.zeros(1))[0]),
        is_open=bool(kept[0] == 0 or kept[-1] == grid_size - 1),
    )


def detections(
    fits: Fits,
    outcome: Floats,
    effects: Floats,
    *,
    alpha: float,
    rows: NDArray[np.int64] | None = None,
) -> Booleans:
    """Give whether each effect, injected into each set, would be called significant.

    Parameters
    ----------
    outcome : ndarray, shape (n_regions,)
        Totals of a window in which nothing happened.
    effects : ndarray, shape (n_effects,)
        On the log scale; negative where ads are switched off.
    rows : ndarray, optional
        The sets to inject into; None: all.

    Returns
    -------
    ndarray of bool, shape (n_rows, n_effects)
    """
    rows = np.arange(len(fits.members)) if rows is None else rows
    # What an injection adds to a set's totals is in proportion to it: no product per effect.
    inside = fits.members.astype(float)
    own = (inside[rows] * outcome).T
    observed, expected = inside @ outcome, fits.weights @ outcome
    more_observed, more_expected = inside @ own, fits.weights @ own
    found = np.empty((len(rows), len(effects)), dtype=np.bool_)
    for column, effect in enumerate(effects):
        added = np.expm1(effect)
        ratio = np.maximum(observed[:, None] + added * more_observed, SMALLEST) / np.maximum(
            expected[:, None] + added * more_expected, SMALLEST
        )
        statistic = np.abs(np.log(ratio)) / fits.scale[:, None]
        injected = statistic[rows, np.arange(len(rows))]
        found[:, column] = (statistic >= injected - TIE).mean(axis=0) <= alpha + TIE
    return found
