"""Ratio-scaled synthetic controls: what a set of regions would have had, from those outside it.

Every region's outcome is divided by its own mean over the baseline, so that large and small regions
weigh alike; the weights are non-negative and sum to 1. They are fitted on the baseline alone and so
serve every null hypothesis, injected effect, look and length of a test: from there on all is
matrix products.

References
----------
.. [1] Abadie, A., Diamond, A. and Hainmueller, J. (2010). Synthetic control methods for comparative
   case studies. Journal of the American Statistical Association 105(490).
.. [2] Ferman, B. and Pinto, C. (2021). Synthetic controls with imperfect pretreatment fit.
   Quantitative Economics 12(4).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

SUM_WEIGHT = 1e3
"""How much heavier than a day of the baseline the condition is that weights sum to 1."""


@dataclass(frozen=True, eq=False)
class Fits:
    """One synthetic control for each of some sets of regions."""

    members: Booleans
    """Which regions are in a set, shape (n_sets, n_regions)."""
    weights: Floats
    """Shape (n_sets, n_regions): a set's counterfactual total on some days is outcome @ weights."""
    rmse: Floats
    """Daily error of each set over the baseline, relative to its mean; shape (n_sets,)."""
    scale: Floats
    """The unit of each set's test statistic: `rmse` shrunk towards the median set."""

    def best(self, count: int) -> NDArray[np.int64]:
        """Give the rows of the best-fitting sets, best first."""
        return np.argsort(self.rmse, kind="stable")[:count]

    def of(self, rows: NDArray[np.int64]) -> "Fits":
        """Give the fits of some sets among themselves."""
        rmse = self.rmse[rows]
        return Fits(self.members[rows], self.weights[rows], rmse, _scale(rmse))


def simplex(donors: Floats, target: Floats) -> Floats:
    """Give the weights, non-negative and summing to 1, that bring `donors` closest to `target`.

    Parameters
    ----------
    donors : ndarray, shape (n_days, n_donors)
    target : ndarray, shape (n_days,)
    """
    rows, heavy = _with_sum(donors)
    return _shares(rows, np.append(target, heavy))


def _with_sum(donors: Floats) -> tuple[Floats, float]:
    """Give the rows with the condition on the sum below them, and how heavy it is."""
    days, count = donors.shape
    heavy = SUM_WEIGHT * np.sqrt(days) * max(1.0, float(np.abs(donors).max()))
    return np.vstack([donors, np.full((1, count), heavy)]), heavy


def _shares(rows: Floats, target: Floats) -> Floats:
    weights, _ = nnls(rows, target, maxiter=50 * rows.shape[1])
    return np.asarray(weights / weights.sum())


def fit_sets(baseline: Floats, members: Booleans) -> Fits:
    """Fit a synthetic control to every set, from the regions outside it.

    Parameters
    ----------
    baseline : ndarray, shape (n_days, n_regions)
        Outcome before the test; every region's mean must be positive.
    members : ndarray, shape (n_sets, n_regions)

    Raises
    ------
    ValueError
        If a region has no outcome in the baseline, or a set leaves no region outside.
    """
    means = baseline.mean(axis=0)
    if not np.all(means > 0):
        raise ValueError(f"every region needs an outcome in the baseline, got means {means}")
    if not np.all(members.any(axis=1)) or np.any(members.all(axis=1)):
        raise ValueError("every set needs regions inside it and outside it")
    # The triangle of a QR decomposition has all distances of the days, and fewer rows.
    days = len(baseline)
    rows, _ = _with_sum(np.linalg.qr(baseline / means, mode="r"))
    weights = np.zeros(members.shape)
    rmse = np.empty(len(members))
    for number, inside in enumerate(members):
        level = means[inside].sum()
        # The last row is the condition on the sum, which both sides meet.
        target, donors = rows[:, inside] @ (means[inside] / level), rows[:, ~inside]
        share = _shares(donors, target)
        weights[number, ~inside] = share / means[~inside] * level
        rmse[number] = np.sqrt(((target - donors @ share) ** 2).sum() / days)
    return Fits(members, weights, rmse, _scale(rmse))


def _scale(rmse: Floats) -> Floats:
    # The fit of one set is itself uncertain: half of its variance comes from the median set.
    scale = np.sqrt(rmse**2 + np.median(rmse) ** 2)
    return np.asarray(np.maximum(scale, np.finfo(float).tiny))


def log_lift(fits: Fits, outcome: Floats) -> Floats:
    """Give log(observed / counterfactual) of every set.

    Parameters
    ----------
    outcome : ndarray, shape (n_regions,) or (n_regions, n_cases)
        Totals of the regions over the test.

    Returns
    -------
    ndarray, shape (n_sets,) or (n_sets, n_cases)
    """
    smallest = np.finfo(float).tiny
    observed = np.maximum(fits.members.astype(float) @ outcome, smallest)
    expected = np.maximum(fits.weights @ outcome, smallest)
    return np.asarray(np.log(observed / expected))


def plain_average_rmse(baseline: Floats, inside: Booleans) -> float:
    """Give the daily error of the plain average of all donors, to hold the weighted one against."""
    scaled = baseline / baseline.mean(axis=0)
    target = baseline[:, inside].sum(axis=1) / baseline[:, inside].mean(axis=0).sum()
    return float(np.sqrt(np.mean((target - scaled[:, ~inside].mean(axis=1)) ** 2)))
