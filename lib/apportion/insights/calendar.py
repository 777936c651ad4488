"""Days that are expected to be unlike others: promotions, holidays, experiments, what people said.

An occasion with a name returns under that name; its effect is what was seen on its days (see
:func:`apportion.insights.decomposition.decompose`), so a sale is expected to be what sales are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.insights.series import Days, MetricSeries


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
    """

    name: str
    spans: tuple[tuple[np.datetime64, np.datetime64], ...]
    series: frozenset[str] | None = None
    elements: frozenset[tuple[str, str]] | None = None

    def is_for(self, series: MetricSeries) -> bool:
        """Tell whether it counts for a series."""
        if self.series is None and self.elements is None:
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
        found.append(Occasion(str(name), spans))
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
