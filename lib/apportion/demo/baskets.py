"""What is in an order: every basket that may be bought, with its chance and its value.

An order draws one of a few hundred baskets, so the mean order value, which turns expected orders
into expected revenue, is exact.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from apportion.demo.plan import TenantPlan
from apportion.demo.streams import Floats

SIZES = (0.55, 0.32, 0.13)
"""Chance of one, two and three products in a basket."""
DOUBLED = 0.18
"""Chance that the first product is bought twice."""


@dataclass(frozen=True)
class Baskets:
    """All baskets; a line that a basket does not have is -1 in `products` and 0 in `quantities`."""

    chances: Floats
    """Sum to 1, shape (n_baskets,)."""
    cents: NDArray[np.int64]
    """Value of each basket in hundredths of the currency."""
    products: NDArray[np.int64]
    """Shape (n_baskets, 3)."""
    quantities: NDArray[np.int64]
    """Shape (n_baskets, 3)."""

    @property
    def mean_value(self) -> float:
        """Expected revenue of an order, in the currency."""
        return float(self.chances @ self.cents) / 100


def baskets(plan: TenantPlan) -> Baskets:
    """Enumerate the baskets of the plan's products; the first products are the most popular."""
    prices = np.array([round(100 * price) for price in plan.products.values()])
    popularity = 1 / np.sqrt(1 + np.arange(prices.size))
    chances, products, quantities = [], [], []
    for size, chance in enumerate(SIZES, start=1):
        sets = list(combinations(range(prices.size), size))
        weights = np.array([popularity[list(chosen)].prod() for chosen in sets])
        for chosen, weight in zip(sets, chance * weights / weights.sum(), strict=True):
            for first, share in ((1, 1 - DOUBLED), (2, DOUBLED)):
                chances.append(weight * share)
                products.append([*chosen, *[-1] * (len(SIZES) - size)])
                quantities.append([first, *[1] * (size - 1), *[0] * (len(SIZES) - size)])
    lines, counts = np.array(products), np.array(quantities)
    return Baskets(np.array(chances), (prices[lines] * counts).sum(axis=1), lines, counts)
