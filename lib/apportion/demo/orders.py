"""Orders, each with its cause, its basket and its customer.

The orders of a day and region are Poisson; thinned by cause, they are independent Poisson draws,
one per cause, so the cause of every single order is known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apportion.demo.baskets import Baskets
from apportion.demo.calendar import Calendar
from apportion.demo.plan import TenantPlan
from apportion.demo.streams import Floats, stream

Integers = NDArray[np.int64]

HOURS = np.array(
    [6, 3, 2, 1, 1, 2, 6, 12, 20, 28, 34, 38, 42, 40, 38, 38, 40, 46, 54, 62, 66, 58, 38, 17]
)
"""Relative number of visits in each hour of the day."""
EARLIEST_SECOND = 120
"""No order in the first two minutes of a day, so that its last visit falls on the same day."""
DAYS_TO_RETURN = 75.0
"""Mean age, in days, of the earlier order whose customer a returning order belongs to."""


@dataclass(frozen=True)
class Orders:
    """One entry per order, in order of time."""

    day: Integers
    region: Integers
    cause: Integers
    """0: the baseline; c + 1: channel c."""
    second: Integers
    """Instant in seconds since 1970."""
    basket: Integers
    customer: Integers
    """Number of the customer, from 0."""
    is_new: NDArray[np.bool_]
    """It is its customer's first order."""

    def since(self, day: int) -> "Orders":
        """Give the orders of the days from `day` on."""
        kept = self.day >= day
        return Orders(
            self.day[kept],
            self.region[kept],
            self.cause[kept],
            self.second[kept],
            self.basket[kept],
            self.customer[kept],
            self.is_new[kept],
        )


def time_of_day(rng: np.random.Generator, size: int) -> Floats:
    """Draw moments of visits as fractions of a day, in [0, 1)."""
    hour = rng.choice(24, size=size, p=HOURS / HOURS.sum())
    return np.asarray((hour + rng.random(size)) / 24)


def draw_orders(
    plan: TenantPlan, days: Calendar, expected: Floats, goods: Baskets, seed: int
) -> Orders:
    """Draw the orders.

    Parameters
    ----------
    plan : TenantPlan
    days : Calendar
    expected : ndarray, shape (n_days, 1 + n_channels, n_regions)
        Expected orders; the baseline comes first.
    goods : Baskets
    seed : int
    """
    new_share = (
        plan.demand.new_customer_share,
        *(channel.new_customer_share for channel in plan.channels),
    )
    parts: list[list[NDArray[np.generic]]] = []
    for cause, name in enumerate(("", *plan.channel_names)):
        rng = stream(seed, plan.slug, "orders", name)
        counts = rng.poisson(expected[:, cause])
        day, region = (
            np.repeat(place.ravel(), counts.ravel()) for place in np.indices(counts.shape)
        )
        length = np.diff(days.midnights)[day]
        second = days.midnights[day] + np.clip(
            (time_of_day(rng, day.size) * length).astype(np.int64), EARLIEST_SECOND, length - 1
        )
        basket = rng.choice(goods.chances.size, size=day.size, p=goods.chances)
        is_new = rng.random(day.size) < new_share[cause]
        parts.append([day, region, np.full(day.size, cause), second, basket, is_new])
    day, region, cause_of, second, basket, is_new = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    in_time = np.lexsort((region, second))
    region, is_new = region[in_time], is_new[in_time]
    customer = _customers(region, is_new, days.size, stream(seed, plan.slug, "customers"))
    return Orders(
        day[in_time],
        region,
        cause_of[in_time],
        second[in_time],
        basket[in_time],
        customer,
        is_new,
    )


def _customers(
    region: Integers, is_new: NDArray[np.bool_], days: int, rng: np.random.Generator
) -> Integers:
    """Give each order its customer.

    A returning order belongs to the customer of some earlier order of its region; where that lies
    before the first day, to a customer who was won before.
    """
    grouped = np.argsort(region, kind="stable")
    sizes = np.bincount(region)
    position = np.arange(region.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    mean_gap = np.maximum(sizes * DAYS_TO_RETURN / days, 1.0)[region[grouped]]
    gap = 1 + rng.exponential(mean_gap).astype(np.int64)
    own = is_new[grouped] | (gap > position)
    parent = np.arange(region.size) - np.where(own, 0, gap)
    while True:  # every pass doubles the distance that is looked back
        further = parent[parent]
        if np.array_equal(further, parent):
            break
        parent = further
    root = np.empty_like(parent)
    root[grouped] = grouped[parent]
    _, customer = np.unique(root, return_inverse=True)
    return np.asarray(customer, dtype=np.int64)
