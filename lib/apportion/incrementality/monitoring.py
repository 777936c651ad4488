"""Looks while a test runs: each spends a part of the error that the whole test may make.

At every look the most extreme sets are struck out, each set once and never more than the spending
function allows so far. Under no effect the changed set is one of the reference sets like any other,
so the chance that it is struck out by the end is at most alpha, whenever one looks.

References
----------
.. [1] Lan, K. K. G. and DeMets, D. L. (1983). Discrete sequential boundaries for clinical trials.
   Biometrika 70(3): the O'Brien-Fleming-like spending function.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from apportion.incrementality.outages import fill_outages
from apportion.incrementality.power import ALPHA
from apportion.incrementality.synthetic_control import Fits, Floats, log_lift

LOOK_DAYS = 7


def spent(fraction: float, alpha: float = ALPHA) -> float:
    """Give the part of `alpha` that may be spent at this fraction of the test's length."""
    return float(2 * ndtr(ndtri(alpha / 2) / np.sqrt(fraction)))


def look_days(length: int) -> list[int]:
    """Give the days after which one may look: every week, and the last."""
    return [*range(LOOK_DAYS, length, LOOK_DAYS), length]


def totals_at(baseline: Floats, test: Floats, days: Sequence[int]) -> dict[int, Floats]:
    """Give the regions' totals at each look that has come, as it was seen then.

    Parameters
    ----------
    baseline, test : ndarray, shape (n_days, n_regions)
        The days so far, as they were sold.
    days : sequence of int
        After how many days one looks.
    """
    return {
        day: fill_outages(baseline, test[:day]).test.sum(axis=0) for day in days if day <= len(test)
    }


def first_crossing(
    fits: Fits,
    totals: Mapping[int, Floats],
    chosen: int,
    length: int,
    *,
    alpha: float = ALPHA,
) -> int | None:
    """Give the first look at which the set `chosen` is struck out; None: at none so far.

    Parameters
    ----------
    totals : mapping of int to ndarray, shape (n_regions,)
        The regions' totals after so many days, for each look that has come, earliest first.
    length : int
        Days that the test was planned for.
    """
    is_left = np.ones(len(fits.members), dtype=np.bool_)
    for day, total in totals.items():
        statistic = np.abs(log_lift(fits, total)) / fits.scale
        may_be_struck = int(np.floor(len(is_left) * spent(day / length, alpha) + 1e-9))
        quota = may_be_struck - int((~is_left).sum())
        if quota <= 0:
            continue
        left = np.flatnonzero(is_left)
        is_left[left[np.argsort(-statistic[left], kind="stable")[:quota]]] = False
        if not is_left[chosen]:
            return day
    return None
