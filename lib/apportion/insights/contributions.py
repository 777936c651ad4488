"""What moved a metric: exact decompositions of a change, and which part of it is unusual.

Sums: the difference of each element. Ratios: rate and mix at the midpoints, so that the two add up
exactly. Products (sessions x conversion rate x order value): the logarithmic mean Divisia index.
Everything "accounts for" a change here; nothing is said to have caused it.

References
----------
.. [1] Ang, B. W. (2004). Decomposition analysis for policymaking in energy. Energy Policy 32.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

UNUSUAL = 3.0
"""Standard errors beyond the proportional share, from which an element counts as a cause."""


@dataclass(frozen=True)
class RateAndMix:
    """What an element contributes to the change of a ratio.

    Parameters
    ----------
    rate : float
        By its own ratio.
    mix : float
        By its share of the denominator.
    """

    rate: float
    mix: float


def by_sum(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """Give each element's part of the change of a sum; the parts sum to the change."""
    names = [*before, *(name for name in after if name not in before)]
    return {name: after.get(name, 0.0) - before.get(name, 0.0) for name in names}


def by_rate_and_mix(
    numerator: Mapping[str, float],
    denominator: Mapping[str, float],
    numerator_before: Mapping[str, float],
    denominator_before: Mapping[str, float],
) -> dict[str, RateAndMix]:
    """Give each element's part of the change of ``sum(numerator) / sum(denominator)``.

    Raises
    ------
    ValueError
        If a denominator sums to nothing.
    """
    total, total_before = sum(denominator.values()), sum(denominator_before.values())
    if not (total > 0 and total_before > 0):
        raise ValueError(f"denominators must be positive, got {total_before} and {total}")
    ratio = sum(numerator.values()) / total
    ratio_before = sum(numerator_before.values()) / total_before
    middle = (ratio + ratio_before) / 2
    parts = {}
    for name in dict.fromkeys((*denominator_before, *denominator, *numerator, *numerator_before)):
        n1, n0 = numerator.get(name, 0.0), numerator_before.get(name, 0.0)
        d1, d0 = denominator.get(name, 0.0), denominator_before.get(name, 0.0)
        w1, w0 = d1 / total, d0 / total_before
        if d1 == 0 and d0 == 0:
            parts[name] = RateAndMix(n1 / total - n0 / total_before, 0.0)
        elif d1 == 0 or d0 == 0:
            # It came or went: there is no rate to compare, all of it is mix.
            whole = (n1 / total - n0 / total_before) - middle * (w1 - w0)
            parts[name] = RateAndMix(0.0, whole)
        else:
            r1, r0 = n1 / d1, n0 / d0
            by_rate = (w1 + w0) / 2 * (r1 - r0)
            parts[name] = RateAndMix(by_rate, ((r1 + r0) / 2 - middle) * (w1 - w0))
    return parts


def by_factors(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """Give each factor's part of the change of a product of positive factors.

    Raises
    ------
    ValueError
        If a factor is not positive, or not in both.
    """
    if set(after) != set(before) or not all(
        value > 0 for value in (*after.values(), *before.values())
    ):
        raise ValueError("both products need the same factors, all of them positive")
    product, product_before = float(np.prod([*after.values()])), float(np.prod([*before.values()]))
    weight = _logarithmic_mean(product, product_before)
    return {name: weight * float(np.log(after[name] / before[name])) for name in after}


def beyond_proportion(
    after: Mapping[str, float], before: Mapping[str, float], errors: Mapping[str, float]
) -> dict[str, float]:
    """Give by how many standard errors each element moved beyond its share of the whole change.

    Parameters
    ----------
    after, before : mapping of str to float
        Means a day.
    errors : mapping of str to float
        Standard error of each element's difference; an element without one is not judged.
    """
    total = sum(before.values())
    if not total > 0:
        return {}
    change = sum(after.get(name, 0.0) for name in before) - total
    found = {}
    for name, error in errors.items():
        if name in before and error > 0:
            share = before[name] / total
            beyond = after.get(name, 0.0) - before[name] - change * share
            found[name] = beyond / (error * math.sqrt(max(1 - share, 1e-9)))
    return found


def _logarithmic_mean(first: float, second: float) -> float:
    if abs(first - second) < 1e-12 * max(first, second):
        return first
    return float((first - second) / np.log(first / second))
