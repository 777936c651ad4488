"""A metric as a daily series: what it counts, over what, which way is good, what it is worth."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]

SMALLEST_SHARE = 0.1
"""A ratio of a day whose denominator is below this share of its median says nothing."""


class Kind(StrEnum):
    """How the day-to-day noise of a metric grows with its size."""

    AMOUNT = "amount"
    """Grows with the size: money, ratios of money."""
    COUNT = "count"
    """Events; few of them vary as Poisson counts do."""
    RATE = "rate"
    """Successes / trials, between 0 and 1."""


class Unit(StrEnum):
    """How a value is written."""

    MONEY = "money"
    COUNT = "count"
    PERCENT = "percent"
    RATIO = "ratio"


@dataclass(frozen=True)
class Metric:
    """What is measured.

    Parameters
    ----------
    name, label : str
        As in code, and as a reader sees it.
    good : int
        1: more is better, -1: less is better, 0: neither.
    """

    name: str
    label: str
    kind: Kind
    unit: Unit
    good: int
    is_plural: bool = False

    @property
    def was(self) -> str:
        """The verb that its name takes."""
        return "were" if self.is_plural else "was"


@dataclass(frozen=True)
class Scope:
    """Of what: everything, or one element of a dimension (channel, campaign, region, device)."""

    dimension: str = "total"
    element: str = ""


TOTAL = Scope()


@dataclass(frozen=True, eq=False)
class MetricSeries:
    """One metric of one scope, a value a day.

    Parameters
    ----------
    metric : Metric
    scope : Scope
    days : ndarray of datetime64[D], shape (n_days,)
        Consecutive days.
    numerator : ndarray, shape (n_days,)
        NaN: there is no record of that day.
    denominator : ndarray, shape (n_days,), optional
        For rates and ratios.
    worth : ndarray, shape (n_days,), optional
        Money that one unit of the metric more would have been that day; None: not known.
    """

    metric: Metric
    scope: Scope
    days: Days
    numerator: Floats
    denominator: Floats | None = None
    worth: Floats | None = None

    @property
    def key(self) -> str:
        """What identifies the series within a tenant, from one run to the next."""
        return f"{self.metric.name}|{self.scope.dimension}|{self.scope.element}"

    @cached_property
    def daily(self) -> Floats:
        """The metric itself; NaN where it is not known."""
        if self.denominator is None:
            return self.numerator
        known = self.denominator[np.isfinite(self.denominator) & (self.denominator > 0)]
        least = SMALLEST_SHARE * float(np.median(known)) if known.size else np.inf
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = self.numerator / self.denominator
        return np.where(self.denominator >= least, ratio, np.nan)

    def until(self, day: np.datetime64) -> "MetricSeries":
        """Give the series as it was known at the end of `day`."""
        kept = slice(0, int(np.searchsorted(self.days, day, side="right")))
        return MetricSeries(
            self.metric,
            self.scope,
            self.days[kept],
            self.numerator[kept],
            None if self.denominator is None else self.denominator[kept],
            None if self.worth is None else self.worth[kept],
        )
