"""What is true in a demo world: the revenue that each channel really caused.

The definitions are those of the media mix model. A channel's *contribution* is the revenue lost
with the channel at zero. The *ROI* of a window is the revenue lost with the channel dark in that
window alone, counted until the carry-over has died away, over the spend of the window; spend after
the last day is taken to go on at the window's mean. Channels add up in expectation, so no figure
depends on the order in which channels are taken away.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from apportion.demo.calendar import Calendar
from apportion.demo.media import Response
from apportion.demo.streams import Floats
from apportion.results.journeys import TrueShare, TrueShares

BASELINE = "baseline"
"""Name of the cause of purchases that no channel caused."""
NEGLIGIBLE = 1e-9
"""Share of the adstock at which carry-over counts as died away."""


class Direction(StrEnum):
    """What an experiment did with the channel's spend in the regions that were changed."""

    ON = "on"
    OFF = "off"


@dataclass(frozen=True)
class ExperimentTruth:
    """An experiment and what it really did; expectations, not draws."""

    name: str
    channel: str
    platform: str
    direction: Direction
    test_regions: tuple[str, ...]
    """Regions with the more advertising: the raised ones (on), or those that went on as before
    (off)."""
    control_regions: tuple[str, ...]
    """Regions with the less advertising: those that went on as before (on), or the dark ones."""
    start: dt.date
    end: dt.date
    pre_test_days: int
    spend_change: float
    """Spend added (on) or spared (off) in the changed regions."""
    incremental_revenue: float
    """Revenue of the changed regions on the days of the test, with the more advertising less with
    the less."""
    lift_percent: float
    """The same, relative to the revenue with the less advertising."""

    @property
    def changed_regions(self) -> tuple[str, ...]:
        """The regions in which spend was changed."""
        return self.test_regions if self.direction is Direction.ON else self.control_regions


@dataclass(frozen=True)
class Incident:
    """Something unusual that was put into the data, for a detector to find."""

    name: str
    start: dt.date
    end: dt.date
    metrics: tuple[str, ...]
    """Outcomes that show it."""
    factor: float
    """Expected outcome over what it would have been, for the part of it that is concerned."""


@dataclass(frozen=True)
class Truth:
    """Expected and realised revenue by cause, and the responses that made them."""

    calendar: Calendar
    channels: tuple[str, ...]
    regions: tuple[str, ...]
    spend: Floats
    """Shape (n_days, n_channels, n_regions)."""
    baseline: Floats
    """Expected revenue without any advertising, shape (n_days, n_regions)."""
    incremental: Floats
    """Expected revenue caused by each channel, shape (n_days, n_channels, n_regions)."""
    realised: Floats
    """Revenue of the orders with each cause, baseline first; (n_days, 1 + n_channels)."""
    responses: Mapping[str, Response]
    order_causes: pd.Series
    """Cause of each exported order, by order_id."""
    experiments: tuple[ExperimentTruth, ...]
    incidents: tuple[Incident, ...]

    @property
    def expected(self) -> Floats:
        """Expected revenue, all causes; shape (n_days, n_regions)."""
        return np.asarray(self.baseline + self.incremental.sum(axis=1))

    def by_day(self) -> pd.DataFrame:
        """Give the expected revenue of each day by cause: the baseline, then the channels."""
        values = np.column_stack([self.baseline.sum(axis=1), self.incremental.sum(axis=2)])
        return self._frame(values)

    def realised_by_day(self) -> pd.DataFrame:
        """Give the revenue of each day's orders by cause, as it was drawn."""
        return self._frame(self.realised)

    def revenue(
        self,
        start: dt.date | None = None,
        end: dt.date | None = None,
        regions: Sequence[str] | None = None,
    ) -> float:
        """Give the expected revenue of the window, all causes."""
        days = self.calendar.window(start, end)
        return float(self.expected[days][:, self._regions(regions)].sum())

    def contribution(
        self,
        channel: str,
        start: dt.date | None = None,
        end: dt.date | None = None,
        regions: Sequence[str] | None = None,
    ) -> float:
        """Give the expected revenue within the window that would be lost without the channel."""
        days = self.calendar.window(start, end)
        return float(
            self.incremental[days, self._channel(channel)][:, self._regions(regions)].sum()
        )

    def contribution_percent(
        self, channel: str, start: dt.date | None = None, end: dt.date | None = None
    ) -> float:
        """Give the channel's share of all the revenue that channels caused in the window."""
        total = sum(self.contribution(name, start, end) for name in self.channels)
        return 100 * self.contribution(channel, start, end) / total

    def shares(self, start: dt.date, end: dt.date) -> TrueShares:
        """Give what caused the expected revenue of the window, as shares of all of it."""
        total = self.revenue(start, end)
        caused = {name: self.contribution(name, start, end) for name in self.channels}
        return TrueShares(
            start=start,
            end=end,
            channels=tuple(
                TrueShare(channel=name, revenue=revenue, percent=100 * revenue / total)
                for name, revenue in caused.items()
            ),
            baseline_percent=100 * (1 - sum(caused.values()) / total),
        )

    def spent(
        self, channel: str, start: dt.date | None = None, end: dt.date | None = None
    ) -> float:
        """Give the channel's spend in the window."""
        return float(self.spend[self.calendar.window(start, end), self._channel(channel)].sum())

    def window_revenue(
        self,
        channel: str,
        start: dt.date | None = None,
        end: dt.date | None = None,
        *,
        multiplier: float = 1.0,
    ) -> float:
        """Give the revenue, in the window and after it, that the window's spend causes.

        With a `multiplier` the window's spend is scaled by it: a point of the response curve.
        """
        response, spend, flight = self._flight(channel, start, end)
        without = response.revenue(spend - flight)
        return float((response.revenue(spend + (multiplier - 1) * flight) - without).sum())

    def roi(self, channel: str, start: dt.date | None = None, end: dt.date | None = None) -> float:
        """Give the incremental revenue of the window's spend / that spend; 0 without spend."""
        spent = self.spent(channel, start, end)
        return self.window_revenue(channel, start, end) / spent if spent else 0.0

    def marginal_roi(
        self, channel: str, start: dt.date | None = None, end: dt.date | None = None
    ) -> float:
        """Give the revenue of the next unit, spent as the window's spend was; 0 without spend."""
        response, spend, flight = self._flight(channel, start, end)
        spent = flight[: self.calendar.size].sum()
        return float(response.revenue_gain(spend, flight).sum() / spent) if spent else 0.0

    def _flight(
        self, channel: str, start: dt.date | None, end: dt.date | None
    ) -> tuple[Response, Floats, Floats]:
        """Give the response, the spend until carry-over has ended, and the window's part of it."""
        response = self.responses[self.channels[self._channel(channel)]]
        spend = self.spend[:, self._channel(channel)]
        days = self.calendar.window(start, end)
        tail = 1 + int(np.ceil(np.log(NEGLIGIBLE) / np.log(max(response.retention, NEGLIGIBLE))))
        after = np.broadcast_to(spend[days].mean(axis=0), (tail, spend.shape[1]))
        longer = np.concatenate([spend, after])
        flight = np.zeros_like(longer)
        flight[days] = spend[days]
        return response, longer, flight

    def _frame(self, values: Floats) -> pd.DataFrame:
        return pd.DataFrame(
            values,
            index=self.calendar.days.rename("date"),
            columns=pd.Index([BASELINE, *self.channels], name="cause"),
        )

    def _channel(self, channel: str) -> int:
        if channel not in self.channels:
            raise ValueError(f"no channel {channel!r}; there are {', '.join(self.channels)}")
        return self.channels.index(channel)

    def _regions(self, regions: Sequence[str] | None) -> list[int]:
        names = self.regions if regions is None else regions
        if unknown := sorted(set(names) - set(self.regions)):
            raise ValueError(f"no region {unknown[0]!r}; there are {', '.join(self.regions)}")
        return [self.regions.index(name) for name in names]
