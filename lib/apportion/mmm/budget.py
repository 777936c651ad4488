"""The best split of a budget over response curves, concave or S-shaped.

A local optimiser stops at the first hilltop of an S-shaped curve. Here a dynamic programme finds
the exact best split on a grid of a thousand steps, whatever the curves' shape, and a local
optimiser only polishes it between the grid's points. The objective must add up over channels, as
the mean revenue does.

How good a split is can be proved: for any price of money, no split can earn more than every channel
does when it buys as much as pays at that price (the Lagrangian dual). Where curves are concave the
best price leaves no gap; where they are S-shaped a gap of some percent may stay, and the programme
alone, exact on its grid, is the proof.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, minimize, minimize_scalar

from apportion.mmm.saturation import Curve

STEPS = 1000
BOUND_NODES = 4001


def best_steps(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Split the grid's last index among channels so that their values sum to the most.

    Parameters
    ----------
    values : ndarray, shape (n_channels, n_steps + 1)
        Value of each channel at each number of steps; ``-inf`` where it is not allowed.

    Returns
    -------
    ndarray, shape (n_channels,)
        Whole steps that sum to `n_steps`: an exact optimum, by (max, +) convolution.
    """
    channels, size = values.shape
    _, choices = _programme(values)
    steps = np.zeros(channels, dtype=np.intp)
    left = size - 1
    for channel in range(channels - 1, 0, -1):
        steps[channel] = choices[channel][left]
        left -= steps[channel]
    steps[0] = left
    return steps


def best_values(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the highest sum of values for every number of steps in all, (n_steps + 1,).

    Parameters
    ----------
    values : ndarray, shape (n_channels, n_steps + 1)
        As in :func:`best_steps`; ``-inf`` where no split is allowed.
    """
    return _programme(values)[0]


def _programme(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], list[NDArray[np.intp]]]:
    total = np.arange(values.shape[1])
    others = total[:, None] - total[None, :]
    best = values[0]
    choices = [total]
    for row in values[1:]:
        reachable = np.where(others >= 0, best[np.maximum(others, 0)] + row[None, :], -np.inf)
        choice = reachable.argmax(1)
        best = reachable[total, choice]
        choices.append(choice)
    return best, choices


def upper_bound(
    curves: Sequence[Curve],
    total: float,
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
) -> float:
    """Give a revenue that no split of `total` within the limits can exceed.

    The smallest value of the Lagrangian dual over the price of money, each channel's best answer
    to a price taken from `BOUND_NODES` spends; between them a curve can rise by less than a
    millionth of its value.
    """
    spend = np.linspace(lower, upper, BOUND_NODES, axis=1)
    revenue = np.stack([curve(spend[row])[0] for row, curve in enumerate(curves)])

    def dual(price: float) -> float:
        return float((revenue - price * spend).max(1).sum() + price * total)

    steps = np.diff(spend, axis=1)
    slopes = np.divide(np.diff(revenue, axis=1), steps, out=np.zeros_like(steps), where=steps > 0)
    found = minimize_scalar(
        dual,
        bounds=(min(0.0, float(slopes.min())), float(slopes.max()) or 1.0),
        method="bounded",
        options={"xatol": 1e-9 * max(float(slopes.max()), 1e-12), "maxiter": 200},
    )
    return float(found.fun)


def optimise(
    curves: Sequence[Curve],
    total: float,
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    *,
    steps: int = STEPS,
) -> NDArray[np.float64]:
    """Split `total` over the channels for the most revenue.

    Parameters
    ----------
    curves : sequence of Curve
        One per channel.
    total : float
        What is to be spent, all of it.
    lower, upper : ndarray, shape (n_channels,)
        The least and the most that each channel may get.

    Returns
    -------
    ndarray, shape (n_channels,)
        Spend per channel; sums to `total`.

    Raises
    ------
    ValueError
        If the bounds are crossed or leave no way to spend exactly `total`.
    """
    if np.any(lower < 0) or np.any(lower > upper):
        raise ValueError(f"bounds must be 0 <= lower <= upper, got {lower} and {upper}")
    slack = 1e-9 * max(total, 1.0)
    if not lower.sum() - slack <= total <= upper.sum() + slack:
        raise ValueError(
            f"the total must lie between the bounds' sums {lower.sum():g} and {upper.sum():g}, "
            f"got {total:g}"
        )
    room = total - lower.sum()
    if room <= slack or len(curves) == 1:
        return lower + room / len(curves)
    if total >= upper.sum() - slack:
        return upper.copy()
    start = _on_grid(curves, room, lower, upper, steps)
    return _polished(curves, start, total, room / steps, lower, upper)


def _on_grid(
    curves: Sequence[Curve],
    room: float,
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    steps: int,
) -> NDArray[np.float64]:
    spend, allowed = grid_of(lower.sum() + room, lower, upper, steps)
    values = np.stack([curve(spend[row])[0] for row, curve in enumerate(curves)])
    split = best_steps(np.where(allowed, values, -np.inf))
    return np.asarray(spend[np.arange(len(curves)), split])


def grid_of(
    total: float, lower: NDArray[np.float64], upper: NDArray[np.float64], steps: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give the spends of a grid on which whole steps sum to `total`, and which are allowed.

    Returns
    -------
    spend, allowed : ndarray, shape (n_channels, n_steps + 1)
    """
    room = total - lower.sum()
    step = room / steps
    spend = lower[:, None] + step * np.arange(steps + 1)
    allowed = spend <= upper[:, None] + 1e-9 * room
    # Upper bounds seldom fall on the grid: what their rounding leaves over goes where there is
    # still room, so that the whole total is spent.
    reach = np.where(allowed, np.arange(steps + 1), 0).max(1)
    left = steps - reach.sum()
    if left > 0:
        for row in np.argsort(reach * step + lower - upper)[: int(left)]:
            allowed[row, reach[row] + 1] = True
    return spend, allowed


def _polished(
    curves: Sequence[Curve],
    start: NDArray[np.float64],
    total: float,
    step: float,
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
) -> NDArray[np.float64]:
    def revenue(spend: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        pairs = [curve(spend[row : row + 1]) for row, curve in enumerate(curves)]
        return float(sum(value[0] for value, _ in pairs)), np.array([s[0] for _, s in pairs])

    feasible = into_bounds(start, total, lower, upper)
    reference = revenue(feasible)[0]
    scale = max(abs(reference), 1e-300)

    def loss(shares: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = revenue(shares * total)
        return -value / scale, -slope * total / scale

    near = Bounds(
        np.maximum(lower, feasible - 5 * step) / total,
        np.minimum(upper, feasible + 5 * step) / total,
    )
    found = minimize(
        loss,
        feasible / total,
        jac=True,
        method="SLSQP",
        bounds=near,
        constraints=LinearConstraint(np.ones((1, len(lower))), 1.0, 1.0),
        options={"ftol": 1e-12, "maxiter": 200},
    )
    polished = into_bounds(np.asarray(found.x) * total, total, lower, upper)
    return polished if revenue(polished)[0] > reference else feasible


def into_bounds(
    spend: NDArray[np.float64],
    total: float,
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Undo rounding: inside the bounds, and summing to the total."""
    inside = np.clip(spend, lower, upper)
    missing = total - inside.sum()
    room = upper - inside if missing > 0 else inside - lower
    return np.asarray(inside + (missing * room / room.sum() if room.sum() > 0 else 0.0))
