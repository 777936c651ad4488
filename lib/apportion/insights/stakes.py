"""What a deviation is worth, and so how much it matters.

The money at stake is each day's deviation times what one unit of the metric was worth that day.
Its 90 % interval is that of the days as they would have been: their own noise, stretched by the
autocorrelation. Severity asks what share of an ordinary day's revenue that is, and whether it is
bad; a good surprise is never more than for information.
"""

from dataclasses import dataclass

import numpy as np

from apportion.insights.detection import NORMAL_90, Deviation
from apportion.insights.series import MetricSeries
from apportion.results.base import Interval
from apportion.results.insights import Severity

CRITICAL = 1 / 3
"""Of an ordinary day's revenue, lost."""
WARNING = 0.1


@dataclass(frozen=True)
class Stake:
    """Money: positive gained or spent, negative lost."""

    amount: float
    interval: Interval


def stake(deviation: Deviation) -> Stake | None:
    """Give the money at stake; None: the metric has no price."""
    series, days = deviation.series, deviation.days
    if series.worth is None:
        return None
    worth, expectation = series.worth[days], deviation.expectation
    beyond = (series.daily[days] - expectation.middle[days]) * worth
    known = np.isfinite(beyond)
    if not known.any():
        return None
    noise = (expectation.upper[days] - expectation.lower[days]) / 2 / NORMAL_90 * np.abs(worth)
    error = float(np.sqrt((noise[known] ** 2).sum())) * deviation.stretch
    amount = float(beyond[known].sum())
    half = NORMAL_90 * error
    return Stake(amount, Interval(lower=amount - half, upper=amount + half))


def is_bad(deviation: Deviation) -> bool | None:
    """Tell whether a deviation is bad; None: neither good nor bad."""
    good = deviation.series.metric.good
    return None if good == 0 else good * deviation.sign < 0


def severity(found: Stake | None, bad: bool | None, ordinary_day: float) -> Severity:
    """Give how much a deviation matters.

    Parameters
    ----------
    ordinary_day : float
        Revenue (without it, spend) of an ordinary day.
    """
    if found is None or ordinary_day <= 0:
        return Severity.WARNING if bad else Severity.INFO
    share = abs(found.amount) / ordinary_day
    if bad:
        return (
            Severity.CRITICAL
            if share >= CRITICAL
            else Severity.WARNING
            if share >= WARNING
            else Severity.INFO
        )
    return Severity.WARNING if bad is None and share >= CRITICAL else Severity.INFO


def ordinary_day(series: list[MetricSeries]) -> float:
    """Give the median revenue of a day; without revenue, the median spend."""
    totals = {one.metric.name: one for one in series if not one.scope.element}
    for name in ("revenue", "spend"):
        if name in totals:
            daily = totals[name].daily
            known = daily[np.isfinite(daily)]
            if known.size:
                return float(np.median(known))
    return 0.0
