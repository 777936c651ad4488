"""What experiments need of a tenant's source data: panels by region, kept until new data come."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.errors import NotEnoughDataError
from apportion.incrementality.checks import Event
from apportion.incrementality.panel import Panel, fitted_to, panel, spend_panel
from apportion.incrementality.readout import Surroundings
from apportion.results.incrementality import ExperimentStatus, IncrementalityExperiment
from apportion.store import Coverage, TenantStore

HISTORY_DAYS = 400
"""So much is read for a design; for an older test, from its baseline on."""

SPEND_DAYS = 28
"""The usual spend is the mean of so many last days."""


@dataclass(frozen=True)
class _Loaded:
    start: dt.date
    covers: tuple[Coverage, ...]
    outcomes: pd.DataFrame
    spend: pd.DataFrame
    events: pd.DataFrame


class ExperimentData:
    """Panels of the tenant's outcomes and spend by region."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._loaded: _Loaded | None = None

    def metrics(self) -> list[str]:
        """Give the metrics that there are by region, revenue and orders first."""
        frame = self._frames(None).outcomes
        found = sorted(frame.loc[frame["region"] != "", "metric"].unique())
        return sorted(found, key=lambda name: (name != "revenue", name != "orders", name))

    def channels(self) -> list[str]:
        """Give the channels with spend by region."""
        frame = self._frames(None).spend
        return sorted(map(str, frame.loc[frame["region"] != "", "channel"].unique()))

    def panel(self, metric: str, start: dt.date | None = None) -> Panel:
        """Give a metric by region, from `start` or long enough ago for a design.

        Raises
        ------
        NotEnoughDataError
            If there is none by region.
        """
        found = panel(self._frames(start).outcomes, metric)
        if found is None:
            raise NotEnoughDataError(
                f"There is no {metric} by region. Import outcomes with a column `region`: an "
                "experiment compares regions."
            )
        return found

    def regions(self, metric: str) -> tuple[str, ...]:
        """Give the regions with a metric; empty: there is none by region."""
        found = panel(self._frames(None).outcomes, metric)
        return () if found is None else found.regions

    def spend(self, channel: str, start: dt.date | None = None) -> Panel | None:
        """Give a channel's spend by region; None: there is none."""
        return spend_panel(self._frames(start).spend, channel)

    def usual_spend(self, channel: str, regions: tuple[str, ...]) -> NDArray[np.float64]:
        """Give a channel's usual spend a day in each region; zeros where it is not known."""
        found = self.spend(channel)
        if found is None:
            return np.zeros(len(regions))
        first = found.last_day - dt.timedelta(days=SPEND_DAYS - 1)
        return np.asarray(fitted_to(found, first, SPEND_DAYS, regions).mean(axis=0))

    def last_day(self) -> dt.date | None:
        """Give the last day with outcomes."""
        return self._store.covers("outcomes").last

    def around(
        self, experiment: IncrementalityExperiment, others: list[IncrementalityExperiment]
    ) -> Surroundings:
        """Give what else is known of an experiment's days."""
        start = first_needed(experiment)
        frames = self._frames(start)
        names = [name for name in self.metrics() if name != experiment.metric]
        panels = {name: panel(frames.outcomes, name) for name in names}
        return Surroundings(
            spend=spend_panel(frames.spend, experiment.channel),
            metrics={name: found for name, found in panels.items() if found is not None},
            promotions=self.promotions(start),
            others=changed_regions_of(experiment, others),
        )

    def promotions(self, start: dt.date) -> list[Event]:
        """Give the events on the calendar."""
        frame = self._frames(start).events
        rows = zip(frame["name"], frame["start"], frame["end"], strict=True)
        return [Event(str(name), start.date(), end.date()) for name, start, end in rows]

    def _frames(self, start: dt.date | None) -> _Loaded:
        """Read the frames, or give those that were read while nothing else was imported."""
        covers = tuple(self._store.covers(name) for name in ("outcomes", "spend", "events"))
        last = covers[0].last or dt.date.max - dt.timedelta(days=1)
        start = min(start or last, last - dt.timedelta(days=HISTORY_DAYS))
        kept = self._loaded
        if kept is None or kept.covers != covers or kept.start > start:
            kept = _Loaded(
                start=start,
                covers=covers,
                outcomes=self._store.outcomes(start),
                spend=self._store.spend(start),
                events=self._store.events(start),
            )
            self._loaded = kept
        return kept


def first_needed(experiment: IncrementalityExperiment) -> dt.date:
    """Give the first day that power, baseline or read-out of an experiment look at."""
    return experiment.start_date - dt.timedelta(
        days=experiment.pre_test_days + experiment.days + HISTORY_DAYS // 4
    )


def changed_regions_of(
    experiment: IncrementalityExperiment, others: list[IncrementalityExperiment]
) -> list[Event]:
    """Give other experiments that ran or run, with the regions that they changed."""
    ran = (ExperimentStatus.RUNNING, ExperimentStatus.COMPLETED)
    return [
        Event(other.name, other.start_date, other.end_date, other.changed_regions)
        for other in others
        if other.id != experiment.id and other.status in ran
    ]
