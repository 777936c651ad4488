"""The metrics, and the daily series of each from a tenant's own data."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from apportion.insights.series import (
    TOTAL,
    Days,
    Floats,
    Kind,
    Metric,
    MetricSeries,
    Scope,
    Unit,
)

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("revenue", "Revenue", Kind.AMOUNT, Unit.MONEY, 1),
        Metric("orders", "Orders", Kind.COUNT, Unit.COUNT, 1, is_plural=True),
        Metric("average_order_value", "Average order value", Kind.AMOUNT, Unit.MONEY, 1),
        Metric("spend", "Spend", Kind.AMOUNT, Unit.MONEY, 0),
        Metric("roas", "Return on ad spend", Kind.AMOUNT, Unit.RATIO, 1),
        Metric("cpa", "Cost per order", Kind.AMOUNT, Unit.MONEY, -1),
        Metric("cpm", "Cost per thousand impressions", Kind.AMOUNT, Unit.MONEY, -1),
        Metric("ctr", "Click rate", Kind.RATE, Unit.PERCENT, 1),
        Metric("clicks", "Clicks", Kind.COUNT, Unit.COUNT, 1, is_plural=True),
        Metric("conversion_rate", "Conversion rate", Kind.RATE, Unit.PERCENT, 1),
        Metric("sessions", "Sessions", Kind.COUNT, Unit.COUNT, 1, is_plural=True),
        Metric("new_customer_share", "Share of new customers", Kind.RATE, Unit.PERCENT, 1),
        Metric("touchpoints", "Recorded touchpoints", Kind.COUNT, Unit.COUNT, 1, is_plural=True),
    )
}
FEWEST_KNOWN = 0.8
"""A series with fewer days than this share is not watched: it is a campaign that comes and goes."""
SMALLEST_SHARE = 0.01
"""Of its dimension's total; smaller elements are not watched."""
MOST_ELEMENTS = 12
"""The largest of each dimension are watched."""
SMALLEST_COUNT = 3.0
"""Median a day below which a count says too little."""


@dataclass(frozen=True, eq=False)
class Sources:
    """A tenant's data, each by the columns of its dataset; empty where there are none.

    Parameters
    ----------
    spend, outcomes : DataFrame
        As :data:`apportion.frames.SPEND` and ``OUTCOMES``.
    customers : DataFrame
        `date`, `orders`, `new_orders`: orders a business day, and those by new customers.
    touchpoints : DataFrame
        `date`, `device`, `touchpoints`: recorded touchpoints a business day and device.
    """

    spend: pd.DataFrame
    outcomes: pd.DataFrame
    customers: pd.DataFrame
    touchpoints: pd.DataFrame


def series_of(sources: Sources, days: Days) -> list[MetricSeries]:
    """Give every series that the data allow, in total and by channel, campaign, region, device.

    Parameters
    ----------
    days : ndarray of datetime64[D]
        Consecutive days; a day without any record of a source is unknown, not 0.
    """
    outcomes = _Outcomes(sources.outcomes, days)
    spend = _Spend(sources.spend, days)
    value = outcomes.average_order_value()
    found = [*_totals(outcomes, spend, value)]
    found += _customers(sources.customers, days, value)
    for scope in spend.scopes():
        found += _of_spend(spend, scope, days)
    for region in outcomes.regions():
        found += _of_region(outcomes, region, days)
    found += _devices(sources.touchpoints, days)
    return [series for series in found if is_watchable(series)]


def is_watchable(series: MetricSeries) -> bool:
    """Tell whether a series has enough days and enough to count."""
    values = series.daily
    known = np.isfinite(values)
    if not known.any():
        return False
    first = int(np.argmax(known))
    positive = known & (values > 0)
    enough = positive.sum() >= FEWEST_KNOWN * (values.size - first)
    counted = series.metric.kind is not Kind.COUNT or np.median(values[known]) >= SMALLEST_COUNT
    return bool(enough and counted)


class _Outcomes:
    """Outcomes as columns of days: of the total, and of each region."""

    def __init__(self, frame: pd.DataFrame, days: Days) -> None:
        self._days = days
        is_total = frame["region"] == ""
        self._total, self._regions = frame[is_total], frame[~is_total]

    def total(self, metric: str) -> Floats | None:
        """Give a metric over all regions; None: there is no such metric."""
        for rows in (self._total, self._regions):
            rows = rows[rows["metric"] == metric]
            if len(rows):
                return _daily(rows.groupby("date")["value"].sum(), self._days)
        return None

    def regions(self) -> list[str]:
        """Give the largest regions by revenue, the largest first."""
        rows = self._regions[self._regions["metric"] == "revenue"]
        return _largest(rows.groupby("region")["value"].sum())

    def region(self, metric: str, region: str) -> Floats | None:
        """Give a metric of one region; None: there is none."""
        rows = self._regions
        rows = rows[(rows["metric"] == metric) & (rows["region"] == region)]
        if rows.empty:
            return None
        return _daily(rows.groupby("date")["value"].sum(), self._days)

    def average_order_value(self) -> float | None:
        """Give revenue / orders over all days; None: not known."""
        revenue, orders = self.total("revenue"), self.total("orders")
        if revenue is None or orders is None or not np.nansum(orders) > 0:
            return None
        return float(np.nansum(revenue) / np.nansum(orders))


class _Spend:
    """Spend, impressions and clicks as columns of days, by scope."""

    columns = ("spend", "impressions", "clicks")

    def __init__(self, frame: pd.DataFrame, days: Days) -> None:
        self._days = days
        self._frame = frame.assign(**{name: frame[name].astype("float64") for name in self.columns})
        recorded = _daily(frame.groupby("date")["spend"].sum(), days)
        self._is_recorded = np.isfinite(recorded)
        self.is_there = bool(self._is_recorded.any())

    def scopes(self) -> list[Scope]:
        """Give the largest channels and campaigns."""
        if not self.is_there:
            return []
        return [
            Scope(dimension, element)
            for dimension in ("channel", "campaign")
            for element in _largest(self._frame.groupby(dimension)["spend"].sum())
        ]

    def of(self, scope: Scope) -> dict[str, Floats]:
        """Give spend, impressions and clicks; a day with records of others is a day of nothing."""
        rows = self._frame
        if scope.element:
            rows = rows[rows[scope.dimension] == scope.element]
        sums = rows.groupby("date")[list(self.columns)].sum(min_count=1)
        found = {}
        for name in self.columns:
            daily = _daily(sums[name], self._days)
            is_counted = np.isfinite(daily).any()
            found[name] = (
                np.where(self._is_recorded & ~np.isfinite(daily), 0.0, daily)
                if is_counted
                else daily
            )
        return found


def _totals(outcomes: _Outcomes, spend: _Spend, value: float | None) -> Iterator[MetricSeries]:
    days = outcomes._days
    revenue, orders, sessions = (outcomes.total(name) for name in ("revenue", "orders", "sessions"))
    yield from _funnel(TOTAL, days, revenue, orders, sessions, value)
    if not spend.is_there:
        return
    spent = spend.of(TOTAL)
    yield from _of_spend(spend, TOTAL, days)
    if revenue is not None:
        yield MetricSeries(
            METRICS["roas"], TOTAL, days, revenue, spent["spend"], worth=spent["spend"]
        )
    if orders is not None:
        yield MetricSeries(METRICS["cpa"], TOTAL, days, spent["spend"], orders, worth=-orders)


def _funnel(
    scope: Scope,
    days: Days,
    revenue: Floats | None,
    orders: Floats | None,
    sessions: Floats | None,
    value: float | None,
) -> Iterator[MetricSeries]:
    """Give sessions, their conversion, orders, their value, and revenue."""
    one = np.ones(days.size)
    if revenue is not None:
        yield MetricSeries(METRICS["revenue"], scope, days, revenue, worth=one)
    if orders is not None:
        worth = None if value is None else value * one
        yield MetricSeries(METRICS["orders"], scope, days, orders, worth=worth)
    if revenue is not None and orders is not None:
        yield MetricSeries(
            METRICS["average_order_value"], scope, days, revenue, orders, worth=orders
        )
    if sessions is not None:
        rate = (
            float(np.nansum(orders) / np.nansum(sessions))
            if orders is not None and np.nansum(sessions) > 0
            else None
        )
        worth = None if value is None or rate is None else value * rate * one
        yield MetricSeries(METRICS["sessions"], scope, days, sessions, worth=worth)
    if sessions is not None and orders is not None:
        worth = None if value is None else value * sessions
        yield MetricSeries(METRICS["conversion_rate"], scope, days, orders, sessions, worth=worth)


def _of_spend(spend: _Spend, scope: Scope, days: Days) -> Iterator[MetricSeries]:
    columns = spend.of(scope)
    spent, impressions, clicks = (columns[name] for name in _Spend.columns)
    yield MetricSeries(METRICS["spend"], scope, days, spent, worth=np.ones(days.size))
    if np.isfinite(impressions).any():
        yield MetricSeries(
            METRICS["cpm"], scope, days, 1000 * spent, impressions, worth=-impressions / 1000
        )
    if np.isfinite(clicks).any() and np.isfinite(impressions).any() and np.nansum(clicks) > 0:
        cost = float(np.nansum(spent) / np.nansum(clicks))
        yield MetricSeries(
            METRICS["ctr"], scope, days, clicks, impressions, worth=cost * impressions
        )


def _of_region(outcomes: _Outcomes, region: str, days: Days) -> Iterator[MetricSeries]:
    revenue, orders, sessions = (
        outcomes.region(name, region) for name in ("revenue", "orders", "sessions")
    )
    value = None
    if revenue is not None and orders is not None and np.nansum(orders) > 0:
        value = float(np.nansum(revenue) / np.nansum(orders))
    yield from _funnel(Scope("region", region), days, revenue, orders, sessions, value)


def _customers(frame: pd.DataFrame, days: Days, value: float | None) -> Iterator[MetricSeries]:
    if frame.empty:
        return
    by_day = frame.groupby("date")[["orders", "new_orders"]].sum()
    orders = _daily(by_day["orders"].astype("float64"), days)
    new = _daily(by_day["new_orders"].astype("float64"), days)
    yield MetricSeries(METRICS["new_customer_share"], TOTAL, days, new, orders)


def _devices(frame: pd.DataFrame, days: Days) -> Iterator[MetricSeries]:
    if frame.empty:
        return
    for device in _largest(frame.groupby("device")["touchpoints"].sum()):
        rows = frame[frame["device"] == device]
        counts = _daily(rows.groupby("date")["touchpoints"].sum().astype("float64"), days)
        yield MetricSeries(METRICS["touchpoints"], Scope("device", device), days, counts)


def _daily(values: pd.Series, days: Days) -> Floats:
    """Give a value per day; NaN where there is no record."""
    by_day = values.reindex(pd.DatetimeIndex(days))
    return np.asarray(by_day.to_numpy(dtype=np.float64, na_value=np.nan))


def _largest(totals: pd.Series) -> list[str]:
    """Give the names of the largest elements that matter."""
    named = totals[totals.index != ""].sort_values(ascending=False)
    matter = named[named >= SMALLEST_SHARE * named.sum()]
    return [str(name) for name in matter.index[:MOST_ELEMENTS]]


def element_names(series: Iterable[MetricSeries]) -> list[Scope]:
    """Give every scope but the total, once each, in order."""
    return list(dict.fromkeys(found.scope for found in series if found.scope.element))
