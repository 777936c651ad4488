"""How far an estimate may be off: whole groups of customers, drawn again with replacement.

Customers are dealt at random into up to 256 groups (by a hash of their id), and every sum that a
model needs is kept per group. To draw groups again is to draw customers again in bundles: all of a
customer's paths stay together, and the sums stay as small at a hundred million touchpoints as at
a thousand. With G groups the width of an interval is itself uncertain by about 1 / sqrt(2 G),
4 % for 256.

References
----------
.. [1] Efron, B. and Tibshirani, R. (1993). An Introduction to the Bootstrap, ch. 13 and 8.
"""

import numpy as np
from numpy.typing import NDArray

from apportion.results.base import LEVEL, Interval

REPLICATES = 200


def group_weights(
    groups: int, rng: np.random.Generator, *, replicates: int = REPLICATES
) -> NDArray[np.float64]:
    """Give how often each group is drawn, shape (replicates, groups); each row sums to `groups`."""
    if groups == 0:
        return np.zeros((replicates, 0))
    return rng.multinomial(groups, np.full(groups, 1 / groups), size=replicates).astype(np.float64)


def intervals(draws: NDArray[np.float64], *, level: float = LEVEL) -> list[Interval]:
    """Give the central interval of each column of `draws`, shape (replicates, n)."""
    tail = (1 - level) / 2
    lower, upper = np.quantile(draws, [tail, 1 - tail], axis=0)
    return [
        Interval(lower=float(low), upper=float(high), level=level)
        for low, high in zip(lower, upper, strict=True)
    ]
