"""Other estimators of the counterfactual: for the sensitivity check, and to meet published figures.

Each takes the changed regions' outcome, the donors' and the number of baseline days, and gives the
counterfactual on every day. They answer the same question with other assumptions; where one of
them leaves the interval of the main estimate, the read-out says so.

References
----------
.. [1] Arkhangelsky, D. et al. (2021). Synthetic difference-in-differences. American Economic
   Review 111(12).
.. [2] Ben-Michael, E., Feller, A. and Rothstein, J. (2021). The augmented synthetic control method.
   Journal of the American Statistical Association 116(536).
.. [3] GeoLift, https://github.com/facebookincubator/GeoLift: a demeaned synthetic control, which
   [2] can correct by a ridge regression.
"""

import numpy as np

from apportion.incrementality.synthetic_control import Floats, simplex

RIDGE_STEPS = 20
RIDGE_RATIO = 1e-8


def difference_in_differences(outcome: Floats, donors: Floats, baseline_days: int) -> Floats:
    """Give the plain average of the donors, each scaled to its baseline."""
    scaled = donors / donors[:baseline_days].mean(axis=0)
    return np.asarray(scaled.mean(axis=1) * outcome[:baseline_days].mean())


def synthetic_difference(outcome: Floats, donors: Floats, baseline_days: int) -> Floats:
    """Give the synthetic difference-in-differences counterfactual, on ratios [1]_.

    Donors are weighted with a ridge towards equal weights; baseline days are weighted so that the
    donors' baseline resembles their test. The level is that of the weighted baseline days.
    """
    level = outcome[:baseline_days].mean()
    target, scaled = outcome / level, donors / donors[:baseline_days].mean(axis=0)
    before, after = scaled[:baseline_days], scaled[baseline_days:]
    noise = float(np.diff(before, axis=0).std(ddof=1))
    ridge = np.sqrt(len(after)) * noise**2 * baseline_days
    rows = np.vstack([before - 1.0, np.sqrt(ridge) * np.eye(donors.shape[1])])
    goal = np.append(target[:baseline_days] - 1.0, np.zeros(donors.shape[1]))
    expected = scaled @ simplex(rows, goal)
    days = before.T
    small = 1e-6 * noise * np.sqrt(donors.shape[1])
    rows = np.vstack([days - days.mean(axis=0), small * np.eye(baseline_days)])
    end = after.mean(axis=0)
    day_weights = simplex(rows, np.append(end - end.mean(), np.zeros(baseline_days)))
    gap = day_weights @ (target[:baseline_days] - expected[:baseline_days])
    return np.asarray(level * (expected + gap))


def demeaned(outcome: Floats, donors: Floats, baseline_days: int) -> Floats:
    """Give the synthetic control of outcomes less their baseline means, as GeoLift has it [3]_."""
    shift, means = outcome[:baseline_days].mean(), donors[:baseline_days].mean(axis=0)
    centred = donors - means
    weights = simplex(centred[:baseline_days], outcome[:baseline_days] - shift)
    return np.asarray(centred @ weights + shift)


def augmented(outcome: Floats, donors: Floats, baseline_days: int) -> Floats:
    """Give the demeaned synthetic control, its misfit corrected by a ridge regression [2]_."""
    shift, means = outcome[:baseline_days].mean(), donors[:baseline_days].mean(axis=0)
    centred, target = donors - means, outcome[:baseline_days] - shift
    before = centred[:baseline_days]
    weights = simplex(before, target)
    common = before.mean(axis=1)
    x, y = before - common[:, None], target - common
    penalty = _penalty(x, y)
    misfit = y - x @ weights
    gram = x @ x.T + penalty * np.eye(baseline_days)
    return np.asarray(centred @ (weights + x.T @ np.linalg.solve(gram, misfit)) + shift)


def _penalty(x: Floats, y: Floats) -> float:
    """Give the largest penalty within a standard error of the best, leaving out a day at a time."""
    largest = np.linalg.svd(x, compute_uv=False)[0] ** 2
    penalties = largest * RIDGE_RATIO ** (np.arange(RIDGE_STEPS + 1) / RIDGE_STEPS)
    errors = np.empty((len(x) - 1, len(penalties)))
    for day in range(len(x) - 1):
        rest = np.delete(np.arange(len(x)), day)
        weights = simplex(x[rest], y[rest])
        misfit = y[rest] - x[rest] @ weights
        # Among the donors and not among the days, of which there are more.
        values, vectors = np.linalg.eigh(x[rest].T @ x[rest])
        projected, reach = vectors.T @ (x[rest].T @ misfit), x[day] @ vectors
        corrections = (reach * projected) @ (1 / (values[:, None] + penalties[None]))
        errors[day] = (y[day] - x[day] @ weights - corrections) ** 2
    mean, spread = errors.mean(axis=0), errors.std(axis=0, ddof=1) / np.sqrt(len(errors))
    best = int(mean.argmin())
    return float(penalties[mean <= mean[best] + spread[best]].max())
