"""Headline figures of the range, against the period before and the same days a year ago."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from apportion.insights.charts import optional
from apportion.insights.series import MetricSeries
from apportion.results.insights import KeyMetric

SHOWN = (
    "revenue", "orders", "spend", "roas", "conversion_rate", "average_order_value", "sessions",
    "cpa",
)  # fmt: skip
DAYS_A_YEAR = 364
"""52 weeks: the same weekdays."""
FEWEST = 0.8
"""Share of a period's days that must be known before it is compared with."""


def key_metrics(
    series: Sequence[MetricSeries], first: np.datetime64, last: np.datetime64
) -> list[KeyMetric]:
    """Give the headline figures: sums of amounts and counts, and ratios of sums."""
    totals = {one.metric.name: one for one in series if not one.scope.element}
    return [_key_metric(totals[name], first, last) for name in SHOWN if name in totals]


def _key_metric(series: MetricSeries, first: np.datetime64, last: np.datetime64) -> KeyMetric:
    days = series.days
    inside = np.flatnonzero((days >= first) & (days <= last))
    value = value_of(series, inside)
    known = int(np.isfinite(series.daily[inside]).sum())
    before = _shifted(series, inside, inside.size)
    year = _shifted(series, inside, DAYS_A_YEAR)
    return KeyMetric(
        metric=series.metric.name,
        label=series.metric.label,
        unit=series.metric.unit,
        value=value or 0.0,
        previous=before,
        previous_change_percent=_change(value, before),
        last_year=year,
        last_year_change_percent=_change(value, year),
        good=series.metric.good,
        days_known=known,
        daily=optional(series.daily[inside]),
    )


def _shifted(series: MetricSeries, inside: NDArray[np.int64], back: int) -> float | None:
    """Give the value of earlier days; only days known now and then are compared."""
    earlier = inside - back
    if earlier.size == 0 or earlier[0] < 0:
        return None
    if np.isfinite(series.numerator[earlier]).sum() < FEWEST * inside.size:
        return None
    return value_of(series, earlier)


def value_of(series: MetricSeries, days: NDArray[np.int64]) -> float | None:
    """Give the metric over some days: a sum, or a ratio of sums; None: not known."""
    top = series.numerator[days]
    if series.denominator is None:
        known = np.isfinite(top)
        return float(top[known].sum()) if known.any() else None
    bottom = series.denominator[days]
    known = np.isfinite(top) & np.isfinite(bottom)
    total = float(bottom[known].sum())
    return float(top[known].sum()) / total if total > 0 else None


def _change(value: float | None, reference: float | None) -> float | None:
    if value is None or not reference:
        return None
    return 100 * (value / reference - 1)
