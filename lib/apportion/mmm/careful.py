"""A careful budget: the split whose bad outcomes are best.

The objective is the mean over the worst quarter of the posterior draws (for a normal distribution:
mean - 1.27 sd, about its 10 % quantile). Unlike the quantile it is concave where the curves are.
It equals the smallest weighted mean over the draws with no weight above 1 / (quarter of the draws),
and for fixed weights the best split is separable: the dynamic programme solves it exactly. So every
weighting of the draws proves an upper bound.

References
----------
.. [1] Rockafellar, R. T. and Uryasev, S. (2000). Optimization of conditional value-at-risk. Journal
   of Risk 2(3).
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, minimize

from apportion.mmm.budget import best_steps, grid_of, into_bounds

WORST_SHARE = 0.25
"""Share of the draws that counts as bad."""

STEPS, ROUNDS = 300, 40
_CLIMBS = 3

Amounts = NDArray[np.float64]
Weights = Callable[[Amounts], Amounts]

DrawCurve = Callable[[Amounts], tuple[Amounts, Amounts]]
"""Spend (n_spends,) to revenue and revenue of the next unit, each (n_draws, n_spends)."""


def worst_mean(revenue: Amounts, share: float = WORST_SHARE) -> float:
    """Give the mean over the worst `share` of the draws, (n_draws,)."""
    return float(worst_weights(revenue, share) @ revenue)


def worst_weights(revenue: Amounts, share: float = WORST_SHARE) -> Amounts:
    """Give equal weights to the worst `share` of the draws, summing to 1."""
    count = max(1, round(share * len(revenue)))
    weights = np.zeros(len(revenue))
    weights[np.argpartition(revenue, count - 1)[:count]] = 1 / count
    return weights


def optimise_carefully(
    curves: Sequence[DrawCurve],
    total: float,
    lower: Amounts,
    upper: Amounts,
    *,
    base: Amounts,
    steps: int = STEPS,
    rounds: int = ROUNDS,
) -> tuple[Amounts, float]:
    """Split `total` over the channels for the best mean of the worst quarter of the draws.

    By fictitious play: the split answers the weights, the weights answer the split; then a local
    optimiser polishes the best split found.

    Parameters
    ----------
    curves : sequence of DrawCurve
        One per channel.
    total, lower, upper
        As in :func:`apportion.mmm.budget.optimise`.
    base : ndarray, shape (n_draws,)
        Revenue that the split does not change.

    Returns
    -------
    split : ndarray, shape (n_channels,)
        Sums to `total`.
    bound : float
        No split on the grid has a better mean of its worst quarter.
    """
    spend, allowed = grid_of(total, lower, upper, steps)
    table = np.stack([curve(spend[row])[0] for row, curve in enumerate(curves)], 1)
    rows = np.arange(len(curves))
    weights = np.full(len(base), 1 / len(base))
    bound, found = np.inf, {}
    for round_ in range(rounds):
        values = np.tensordot(weights, table, 1)
        split = best_steps(np.where(allowed, values, -np.inf))
        revenue = base + table[:, rows, split].sum(1)
        bound = min(bound, float(weights @ revenue))
        worst = worst_weights(revenue)
        found[tuple(split)] = float(worst @ revenue)
        weights = weights + 2 / (round_ + 3) * (worst - weights)
    best = max(found, key=lambda split: found[split])
    start = into_bounds(spend[rows, list(best)], total, lower, upper)
    return _climbed(curves, start, total, lower, upper, base), bound


def _climbed(
    curves: Sequence[DrawCurve],
    start: Amounts,
    total: float,
    lower: Amounts,
    upper: Amounts,
    base: Amounts,
) -> Amounts:
    def objective(split: Amounts) -> tuple[float, Amounts]:
        pairs = [curve(split[row : row + 1]) for row, curve in enumerate(curves)]
        revenue = base + sum(value[:, 0] for value, _ in pairs)
        weights = worst_weights(revenue)
        return float(weights @ revenue), np.array([weights @ slope[:, 0] for _, slope in pairs])

    best, value = start, objective(start)[0]
    scale = max(abs(value), 1e-300)

    def loss(shares: Amounts) -> tuple[float, Amounts]:
        found, slope = objective(shares * total)
        return -found / scale, -slope * total / scale

    for _ in range(_CLIMBS):
        answer = minimize(
            loss,
            best / total,
            jac=True,
            method="SLSQP",
            bounds=Bounds(lower / total, upper / total),
            constraints=LinearConstraint(np.ones((1, len(lower))), 1.0, 1.0),
            options={"ftol": 1e-10, "maxiter": 100},
        )
        split = into_bounds(np.asarray(answer.x) * total, total, lower, upper)
        better = objective(split)[0]
        if better <= value:
            break
        best, value = split, better
    return best
