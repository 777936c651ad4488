"""The days of a world, and what stands in the calendar: promotions, the experiment, incidents."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.demo.plan import ExperimentPlan, Promotion, TenantPlan
from apportion.demo.streams import Floats

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Calendar:
    """The business days from the first to the last, in the tenant's time zone."""

    start: dt.date
    end: dt.date
    timezone: str

    @property
    def size(self) -> int:
        """Number of days."""
        return (self.end - self.start).days + 1

    @cached_property
    def days(self) -> pd.DatetimeIndex:
        """Midnight of each day, without a zone."""
        return pd.date_range(self.start, self.end, freq="D", unit="ns")

    @cached_property
    def midnights(self) -> NDArray[np.int64]:
        """The instants at which days begin or end, in seconds since 1970; shape (n_days + 1,).

        A day lasts 23 or 25 hours when the clocks change.
        """
        days = pd.date_range(
            self.start, self.end + dt.timedelta(days=1), freq="D", tz=self.timezone, unit="s"
        )
        return np.asarray(days.asi8)

    @cached_property
    def weeks(self) -> NDArray[np.int64]:
        """Number of the week (Monday to Sunday) that each day lies in, from 0."""
        return (np.arange(self.size) + self.start.weekday()) // 7

    def index(self, day: dt.date) -> int:
        """Give the position of a day.

        Raises
        ------
        ValueError
            If the day is not within the world.
        """
        position = (day - self.start).days
        if not 0 <= position < self.size:
            raise ValueError(f"{day} is outside {self.start} to {self.end}")
        return position

    def window(self, start: dt.date | None, end: dt.date | None) -> slice:
        """Give the positions of the days from `start` to `end`, both included; None: all."""
        first = 0 if start is None else self.index(start)
        last = self.size - 1 if end is None else self.index(end)
        if first > last:
            raise ValueError(f"the window ends on {end}, before it starts on {start}")
        return slice(first, last + 1)


@dataclass(frozen=True)
class Sale:
    """One year's edition of a promotion."""

    name: str
    start: dt.date
    end: dt.date
    depth: float


def calendar(plan: TenantPlan, *, end: dt.date, years: float) -> Calendar:
    """Give the days of a world that ends on `end`.

    Raises
    ------
    ValueError
        If `years` is too short for an experiment and its baseline.
    """
    size = round(years * DAYS_PER_YEAR)
    start = end - dt.timedelta(days=size - 1)
    for experiment in plan.experiments:
        first, _ = experiment_days(experiment, end)
        needed = first - dt.timedelta(days=experiment.pre_test_days)
        if start > needed:
            least = ((end - needed).days + 1) / DAYS_PER_YEAR
            raise ValueError(
                f"years must be at least {least:.2f} to hold the experiment "
                f"{experiment.name!r} and its baseline, got {years}"
            )
    return Calendar(start, end, plan.timezone)


def experiment_days(experiment: ExperimentPlan, end: dt.date) -> tuple[dt.date, dt.date]:
    """Give the experiment's first day, which is a Monday, and its last."""
    day = end - dt.timedelta(weeks=experiment.weeks_before_end)
    first = day - dt.timedelta(days=day.weekday())
    return first, first + dt.timedelta(days=experiment.days - 1)


def experiments_that_ran(plan: TenantPlan, end: dt.date) -> tuple[ExperimentPlan, ...]:
    """Give the experiments that changed spend by the last day, also those that still run then."""
    return tuple(
        each
        for each in plan.experiments
        if not each.cancelled_because and experiment_days(each, end)[0] <= end
    )


def sales(promotions: tuple[Promotion, ...], days: Calendar) -> tuple[Sale, ...]:
    """Give every sale that starts or runs within the days, in order of time."""
    found = []
    for year in range(days.start.year - 1, days.end.year + 1):
        for promotion in promotions:
            start = dt.date(year, promotion.month, promotion.day)
            end = start + dt.timedelta(days=promotion.days - 1)
            if start <= days.end and end >= days.start:
                found.append(Sale(promotion.name, start, end, promotion.depth))
    return tuple(sorted(found, key=lambda sale: (sale.start, sale.name)))


def promotion_depth(running: tuple[Sale, ...], days: Calendar) -> Floats:
    """Give the deepest sale of each day, 0 without one; shape (n_days,)."""
    depth = np.zeros(days.size)
    for sale in running:
        first, last = (sale.start - days.start).days, (sale.end - days.start).days
        inside = slice(max(first, 0), last + 1)
        depth[inside] = np.maximum(depth[inside], sale.depth)
    return depth
