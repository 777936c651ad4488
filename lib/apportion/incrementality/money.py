"""From an effect on a metric to lift, incremental outcome, return and cost per order.

The treated group is the one whose advertising changes on the start date. The lift always reads ads
present over ads absent: observed over counterfactual where they were switched on, counterfactual
over observed where they were switched off.
"""

from dataclasses import dataclass

import numpy as np

from apportion.incrementality.randomisation import Estimate
from apportion.results.base import LEVEL, Interval
from apportion.results.incrementality import HalfOpenInterval


@dataclass(frozen=True)
class Effect:
    """What the ads did to a metric in the changed regions."""

    lift: float
    """Ads present over ads absent, less 1."""
    lift_interval: tuple[float, float]
    incremental: float
    incremental_interval: tuple[float, float]


def effect(estimate: Estimate, observed: float, sign: int) -> Effect:
    """Give lift and incremental outcome.

    Parameters
    ----------
    observed : float
        The changed regions' outcome over the test.
    sign : int
        1: ads were switched on; -1: off.
    """
    ends = sorted(sign * end for end in (estimate.lower, estimate.upper))
    lower, middle, upper = (
        float(np.expm1(end)) for end in (ends[0], sign * estimate.effect, ends[1])
    )
    return Effect(
        lift=middle,
        lift_interval=(lower, upper),
        incremental=incremental(middle, observed, sign),
        incremental_interval=(
            incremental(lower, observed, sign),
            incremental(upper, observed, sign),
        ),
    )


def incremental(lift: float, observed: float, sign: int) -> float:
    """Give the outcome that the ads caused (on) or would have caused (off)."""
    return observed * lift / (1 + lift) if sign > 0 else observed * lift


def per_spend(found: Effect, spend_change: float) -> tuple[float, Interval]:
    """Give the incremental outcome per unit of changed spend (not of all spend)."""
    lower, upper = (end / spend_change for end in found.incremental_interval)
    return found.incremental / spend_change, Interval(lower=lower, upper=upper)


def cost_per_order(
    orders: Effect, spend_change: float
) -> tuple[float | None, HalfOpenInterval | None]:
    """Give what an incremental order cost; no upper bound where there may have been none.

    Both are None where even the most favourable end has no incremental order.
    """
    fewest, most = orders.incremental_interval
    if most <= 0:
        return None, None
    interval = HalfOpenInterval(
        lower=spend_change / most, upper=spend_change / fewest if fewest > 0 else None, level=LEVEL
    )
    middle = spend_change / orders.incremental if orders.incremental > 0 else None
    return middle, interval
