"""Trends as a reader sees them: direction, size, and what it comes to if it goes on."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from apportion import words
from apportion.insights.calendar import Occasion
from apportion.insights.charts import chart_of
from apportion.insights.detection import Expectation, weekdays_of
from apportion.insights.labels import date_of, series_name
from apportion.insights.series import MetricSeries
from apportion.insights.significance import discoveries
from apportion.insights.transforms import OFFSET_SHARE
from apportion.insights.trends import FEWEST_DAYS, MOST_DAYS, Slope, theil_sen
from apportion.results.base import Interval
from apportion.results.insights import Direction, Trend
from apportion.results.mmm import DateRange

HEADLINES = ("revenue", "orders", "average_order_value", "conversion_rate", "roas", "cpa", "spend")
"""Metrics whose total is always shown, also without a reliable trend."""
MOST = 9
MATERIAL = 0.05
"""A change over the period that is smaller is not worth a word, but for headlines."""
DAYS_A_MONTH = 365.25 / 12


def outlook(
    series: Sequence[MetricSeries],
    first: np.datetime64,
    last: np.datetime64,
    currency: str,
    occasions: Sequence[Occasion] = (),
) -> list[Trend]:
    """Give the trends that end on `last`, the clearest first.

    Headline metrics are always told, also without a reliable trend; all others only if they are
    discoveries among all that were tried.

    Parameters
    ----------
    first : datetime64[D]
        Of the range; the trend is fitted to at least 60 days and at most 120.
    occasions : sequence of Occasion
        Days of those that are for single series, as geo experiments are, are left out: what a test
        did to its regions is no trend.
    """
    asked = int((last - first).astype("timedelta64[D]").astype(np.int64)) + 1
    n_days = min(max(asked, FEWEST_DAYS), MOST_DAYS)
    found: list[tuple[bool, Slope, MetricSeries]] = []
    for whole in series:
        one = whole.until(last)
        window = slice(max(0, one.days.size - n_days), one.days.size)
        logs = _logs(one.daily[window])
        logs[_own_days(occasions, one)[window]] = np.nan
        if np.isfinite(logs).sum() < FEWEST_DAYS * 0.8:
            continue
        slope = theil_sen(logs, weekdays_of(one.days[window]))
        found.append((not one.scope.element and one.metric.name in HEADLINES, slope, one))
    sure = discoveries(np.array([slope.p_value for _, slope, _ in found]))
    found = [
        (is_headline, slope, one)
        for (is_headline, slope, one), is_sure in zip(found, sure, strict=True)
        if is_headline or (is_sure and slope.is_reliable and _is_material(slope, n_days))
    ]
    found.sort(key=lambda item: (not item[1].is_reliable, not item[0], item[1].p_value))
    return [_trend(slope, one, n_days, currency) for _, slope, one in found[:MOST]]


def _own_days(occasions: Sequence[Occasion], series: MetricSeries) -> NDArray[np.bool_]:
    """Tell which days belong to occasions that are for this series and not for all."""
    found = np.zeros(series.days.size, bool)
    for occasion in occasions:
        if not occasion.is_general and occasion.is_for(series):
            found |= occasion.days(series.days)
    return found


def _is_material(slope: Slope, n_days: int) -> bool:
    return abs(slope.change(n_days)[0]) >= MATERIAL


def _logs(
    daily: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    known = daily[np.isfinite(daily)]
    middle = float(np.median(known)) if known.size else 0.0
    if middle <= 0:
        return np.full(daily.size, np.nan)
    return np.asarray(np.log(np.maximum(daily, 0) + OFFSET_SHARE * middle))


def _trend(slope: Slope, series: MetricSeries, n_days: int, currency: str) -> Trend:
    last = series.days.size - 1
    start = max(0, last + 1 - n_days)
    period = DateRange(start=date_of(series.days[start]), end=date_of(series.days[last]))
    estimate, lower, upper = (100 * value for value in slope.change(n_days))
    reliable = slope.is_reliable
    horizon = n_days // 2
    ahead = slope.change(horizon)
    good = series.metric.good
    way = Direction.STABLE if not reliable else Direction.UP if slope.slope > 0 else Direction.DOWN
    name = series_name(series)
    interval = f"{words.percent(lower)} to {words.percent(upper)}"
    text = (
        f"{name} {'rose' if slope.slope > 0 else 'fell'} by {words.percent(abs(estimate))} within "
        f"{n_days} days (90%: {interval})."
        if reliable
        else f"No reliable trend: within {n_days} days anything from {interval} is possible."
    )
    return Trend(
        id="T" + hashlib.sha256(f"{series.key}|{period.end}".encode()).hexdigest()[:12],
        direction=way,
        metric=series.metric.name,
        magnitude=estimate,
        magnitude_interval=Interval(lower=lower, upper=upper),
        period=period,
        description=text,
        projected_impact=_projection(series, slope, horizon, currency),
        projected_percent=100 * ahead[0] if reliable else None,
        projected_percent_interval=Interval(lower=100 * ahead[1], upper=100 * ahead[2])
        if reliable
        else None,
        horizon_days=horizon if reliable else None,
        metric_label=name,
        unit=series.metric.unit,
        dimension=series.scope.dimension,
        element=series.scope.element,
        series=series.key,
        is_good=None if good == 0 or not reliable else good * slope.slope > 0,
        chart=chart_of(series, _line(series, slope, start), (), last, first=start),
    )


def _projection(series: MetricSeries, slope: Slope, horizon: int, currency: str) -> str:
    if not slope.is_reliable:
        return "No change can be projected."
    _, lower, upper = slope.change(horizon)
    ends = sorted((lower, upper))
    span = f"{words.share(ends[0])} to {words.share(ends[1])}"
    text = f"If it goes on, {span} within the next {horizon} days"
    if series.metric.unit == "money" and series.denominator is None:
        recent = series.daily[-28:]
        recent = recent[np.isfinite(recent)]
        level = float(recent.mean()) * DAYS_A_MONTH if recent.size else 0.0
        low, high = (words.money(level * abs(end), currency) for end in sorted(ends, key=abs))
        way = "more" if slope.slope > 0 else "less"
        return f"{text}: {low} to {high} {way} a month."
    return f"{text}."


def _line(series: MetricSeries, slope: Slope, start: int) -> Expectation:
    """Give the fitted line and the cone of its interval, through the middle of the days."""
    days = np.arange(series.days.size, dtype=np.float64)
    window = series.daily[start:]
    known = np.isfinite(window)
    middle = days[start:][known].mean() if known.any() else 0.0
    centre = float(np.median(window[known])) if known.any() else 0.0
    lines = [
        centre * np.exp(rate * (days - middle)) for rate in (slope.slope, slope.lower, slope.upper)
    ]
    return Expectation(
        lines[0], np.minimum(lines[1], lines[2]), np.maximum(lines[1], lines[2]), days * np.nan
    )
