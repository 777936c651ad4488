"""From long frames to a panel of regions by days, and which regions can take part."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.incrementality.synthetic_control import Booleans, Floats

MOST_ZERO_DAYS = 0.1
"""A region with more days of the baseline without an outcome cannot take part, on either side."""


@dataclass(frozen=True, eq=False)
class Panel:
    """One metric by day and region, on consecutive days."""

    first_day: dt.date
    regions: tuple[str, ...]
    values: Floats
    """Shape (n_days, n_regions); a day that is not in the data is 0."""
    is_recorded: Booleans
    """Shape (n_days, n_regions): which days are in the data."""

    @property
    def days(self) -> int:
        """Number of days."""
        return len(self.values)

    @property
    def last_day(self) -> dt.date:
        """The last day."""
        return self.first_day + dt.timedelta(days=self.days - 1)

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """Every day."""
        return tuple(self.first_day + dt.timedelta(days=day) for day in range(self.days))

    @property
    def data_hash(self) -> str:
        """SHA-256 of days, regions and values."""
        digest = hashlib.sha256()
        digest.update("\0".join([self.first_day.isoformat(), *self.regions]).encode())
        digest.update(np.ascontiguousarray(self.values, dtype="<f8").tobytes())
        return digest.hexdigest()

    def between(self, start: dt.date, end: dt.date) -> "Panel":
        """Give the days from `start` to `end`, as far as they are there."""
        first = max((start - self.first_day).days, 0)
        last = max(min((end - self.first_day).days + 1, self.days), first)
        day = self.first_day + dt.timedelta(days=first)
        return Panel(day, self.regions, self.values[first:last], self.is_recorded[first:last])

    def of(self, regions: Sequence[str]) -> "Panel":
        """Give some regions, in that order."""
        places = self.places(regions)
        return Panel(
            self.first_day,
            tuple(regions),
            # In one order, whatever it comes from: sums depend on it in the last digit.
            np.ascontiguousarray(self.values[:, places]),
            self.is_recorded[:, places],
        )

    def places(self, regions: Iterable[str]) -> NDArray[np.int64]:
        """Give the columns of regions."""
        known = {region: place for place, region in enumerate(self.regions)}
        return np.array([known[region] for region in regions], dtype=np.int64)

    def usable(self) -> Booleans:
        """Give which regions have an outcome on enough days to take part."""
        return np.asarray((self.values <= 0).mean(axis=0) <= MOST_ZERO_DAYS)


def panel(outcomes: pd.DataFrame, metric: str) -> Panel | None:
    """Give a metric of an outcomes frame by day and region; None: there is none by region.

    Parameters
    ----------
    outcomes : DataFrame
        By ``frames.OUTCOMES``; rows without a region are totals and left out.
    """
    rows = outcomes[(outcomes["metric"] == metric) & (outcomes["region"] != "")]
    return _wide(rows, "value")


def spend_panel(spend: pd.DataFrame, channel: str) -> Panel | None:
    """Give a channel's spend by day and region; None: there is none by region."""
    rows = spend[(spend["channel"] == channel) & (spend["region"] != "")]
    return _wide(rows, "spend")


def fitted_to(found: Panel, first_day: dt.date, days: int, regions: Sequence[str]) -> Floats:
    """Give the values on other days and for other regions; 0 where there is nothing."""
    index = pd.date_range(found.first_day, periods=found.days, unit="ns")
    frame = pd.DataFrame(found.values, index=index, columns=list(found.regions))
    wanted = pd.date_range(first_day, periods=days, unit="ns")
    return frame.reindex(index=wanted, columns=list(regions)).fillna(0.0).to_numpy(dtype=float)


def _wide(rows: pd.DataFrame, column: str) -> Panel | None:
    if rows.empty:
        return None
    wide = rows.pivot_table(index="date", columns="region", values=column, aggfunc="sum")
    days = pd.date_range(wide.index[0], wide.index[-1], freq="D", unit="ns")
    full = wide.reindex(days)
    return Panel(
        first_day=days[0].date(),
        regions=tuple(map(str, full.columns)),
        values=full.fillna(0.0).to_numpy(dtype=float),
        is_recorded=full.notna().to_numpy(),
    )
