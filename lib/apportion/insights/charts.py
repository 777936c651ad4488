"""The small picture of a series: its last days, the band that was expected, what is in question."""

from collections.abc import Sequence

import numpy as np

from apportion.insights.detection import Expectation
from apportion.insights.labels import date_of
from apportion.insights.series import Floats, MetricSeries
from apportion.results.insights import SeriesChart

BEFORE = 42
"""Days shown before what is in question."""
DIGITS = 6


def chart_of(
    series: MetricSeries,
    expectation: Expectation | None,
    marked: Sequence[int],
    last: int,
    first: int | None = None,
) -> SeriesChart:
    """Give the days from six weeks before what is marked to `last`."""
    begin = max(0, min(marked, default=last) - BEFORE) if first is None else max(0, first)
    shown = slice(begin, last + 1)
    unknown = np.full(series.daily.size, np.nan)
    lower = unknown if expectation is None else expectation.lower
    upper = unknown if expectation is None else expectation.upper
    return SeriesChart(
        days=tuple(date_of(day) for day in series.days[shown]),
        values=optional(series.daily[shown]),
        lower=optional(lower[shown]),
        upper=optional(upper[shown]),
        marked=tuple(day - begin for day in marked),
    )


def optional(values: Floats) -> tuple[float | None, ...]:
    """Give values as JSON has them: None where one is not known, six significant digits."""
    return tuple(
        float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in values.tolist()
    )
