"""Days that are expected to be unlike others: promotions, holidays, experiments, what people said.

An occasion with a name returns under that name; its effect is what was seen on its days (see
:func:`apportion.insights.decomposition.decompose`), so a sale is expected to be what sales are.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion import words
from apportion.insights.series import Days, MetricSeries
from apportion.public_holidays import public_holidays
from apportion.results.incrementality import ExperimentStatus, IncrementalityExperiment

Span = tuple[np.datetime64, np.datetime64]
"""First and last day."""

NEAR_DAYS = 3
"""So near to the begin or end of an occasion, a change of the whole may be its doing."""
CHANGED = (ExperimentStatus.RUNNING, ExperimentStatus.COMPLETED)


@dataclass(frozen=True)
class Occasion:
    """Some days under one name.

    Parameters
    ----------
    name : str
    spans : tuple of (first day, last day)
    series : frozenset of str, optional
        Keys of the series it is for; None: all of them.
    elements : frozenset of (dimension, element), optional
        Scopes it is for, besides `series`.
    told : str
        What an anomaly of these days says of it; empty: nothing.
    """

    name: str
    spans: tuple[Span, ...]
    series: frozenset[str] | None = None
    elements: frozenset[tuple[str, str]] | None = None
    told: str = ""

    @property
    def is_general(self) -> bool:
        """Whether it counts for every series."""
        return self.series is None and self.elements is None

    def is_for(self, series: MetricSeries) -> bool:
        """Tell whether it counts for a series."""
        if self.is_general:
            return True
        scope = (series.scope.dimension, series.scope.element)
        return series.key in (self.series or ()) or scope in (self.elements or ())

    def days(self, days: Days) -> NDArray[np.bool_]:
        """Tell which of `days` it covers."""
        inside = np.zeros(days.size, bool)
        for first, last in self.spans:
            inside |= (days >= first) & (days <= last)
        return inside


def occasions_of(events: pd.DataFrame) -> list[Occasion]:
    """Give an occasion for every name in the events of a tenant."""
    found = []
    for name, rows in events.groupby("name", sort=True):
        spans = tuple(
            (first, last)
            for first, last in zip(
                rows["start"].to_numpy().astype("datetime64[D]"),
                rows["end"].to_numpy().astype("datetime64[D]"),
                strict=True,
            )
        )
        found.append(Occasion(str(name), spans, told=f"the event “{name}”"))
    return found


def holidays_of(country: str, first: dt.date, last: dt.date) -> list[Occasion]:
    """Give an occasion for every public holiday between two days, under its name.

    Raises
    ------
    ParameterError
        If the country is not known; empty: no holidays.
    """
    days: dict[str, list[Span]] = defaultdict(list)
    for day, name in sorted(public_holidays(country, first.year, last.year).items()):
        if first <= day <= last:
            days[name].append((np.datetime64(day, "D"), np.datetime64(day, "D")))
    return [
        Occasion(f"holiday {name}", tuple(spans), told=f"the public holiday {name}")
        for name, spans in days.items()
    ]


def experiments_of(experiments: Iterable[IncrementalityExperiment]) -> list[Occasion]:
    """Give an occasion for every geo experiment that changed the spend of regions.

    It is for the regions whose advertising was changed, and for its channel.
    """
    return [
        Occasion(
            f"test {test.id}",
            ((np.datetime64(test.start_date, "D"), np.datetime64(test.end_date, "D")),),
            elements=frozenset(
                [
                    *(("region", region) for region in test.changed_regions),
                    ("channel", test.channel or test.platform.value),
                ]
            ),
            told=f"the test “{test.name}” ({words.days_name(test.start_date, test.end_date)}), "
            f"which changes {words.channel_name(test.channel or test.platform.value)} in "
            f"{words.listing(test.changed_regions)}",
        )
        for test in experiments
        if test.status in CHANGED
    ]


def causes(
    occasions: Iterable[Occasion], series: MetricSeries, start: np.datetime64, end: np.datetime64
) -> list[str]:
    """Give, in words, what the calendar has for a deviation's days.

    Parameters
    ----------
    start, end : datetime64[D]
        First and last day of the deviation. Of an occasion that is not for this series, only the
        whole is told, and only what begins when the occasion begins or has ended.
    """
    near = np.timedelta64(NEAR_DAYS, "D")
    day = np.timedelta64(1, "D")
    found = []
    for occasion in occasions:
        if not occasion.told:
            continue
        if occasion.is_for(series):
            is_met = any(first <= end and start <= last for first, last in occasion.spans)
        else:
            edges = [edge for first, last in occasion.spans for edge in (first, last + day)]
            is_met = not series.scope.element and any(abs(start - edge) <= near for edge in edges)
        if is_met:
            found.append(occasion.told)
    return found


def masks(
    occasions: Iterable[Occasion], series: Sequence[MetricSeries], days: Days
) -> list[NDArray[np.bool_]]:
    """Give the days of every occasion that has any, for each series; shape (n_series, n_days)."""
    found = []
    for occasion in occasions:
        when = occasion.days(days)
        if when.any():
            whose = np.array([occasion.is_for(one) for one in series], dtype=bool)
            found.append(whose[:, None] & when[None, :])
    return found
