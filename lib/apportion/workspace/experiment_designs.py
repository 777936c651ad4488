"""Designs of one tenant's experiments: compared on its own history, drawn at random."""

import datetime as dt
from collections.abc import Callable, Sequence

from apportion.errors import DataError, NotFoundError
from apportion.incrementality import planning
from apportion.incrementality.design import LENGTHS
from apportion.results.calibration import Direction
from apportion.results.experiment_design import (
    DesignOption,
    DesignSearch,
    DrawnDesign,
    RankedSet,
)
from apportion.workspace.experiment_data import ExperimentData
from apportion.workspace.experiment_fields import BASELINE_DAYS

OnProgress = Callable[[float, str], None]


class ExperimentDesigns:
    """What a test could look like, by the history that the tenant has."""

    def __init__(self, data: ExperimentData) -> None:
        self._data = data

    def find(
        self,
        *,
        start: dt.date,
        direction: Direction,
        metric: str,
        channel: str,
        minimum_effect_percent: float,
        baseline_days: int | None = None,
        spend_factor: float | None = None,
        seed: int = 1,
        forced: Sequence[str] = (),
        excluded: Sequence[str] = (),
        on_progress: OnProgress = lambda fraction, message: None,
    ) -> DesignSearch:
        """Compare numbers of regions and lengths of a test; see `planning.find_designs`."""
        panel = self._data.panel(metric)
        self._refuse_unknown(metric, [*forced, *excluded])
        return planning.find_designs(
            panel,
            start,
            direction=direction,
            metric=metric,
            minimum_effect_percent=minimum_effect_percent,
            baseline_days=baseline_days or self.default_baseline(metric, start),
            daily_spend=self._data.usual_spend(channel, panel.regions),
            spend_factor=_factor(direction, spend_factor),
            seed=seed,
            forced=forced,
            excluded=excluded,
            on_progress=on_progress,
        )

    def draw(
        self,
        search: DesignSearch,
        option: DesignOption,
        *,
        start: dt.date,
        draw_seed: int,
        forced: Sequence[str] = (),
        excluded: Sequence[str] = (),
    ) -> DrawnDesign:
        """Draw the changed regions of an option at random from its pool."""
        return planning.draw(
            self._data.panel(search.metric),
            start,
            size=option.size,
            days=option.days,
            baseline_days=search.baseline_days,
            longest=max(LENGTHS),
            seed=search.seed,
            draw_seed=draw_seed,
            forced=forced,
            excluded=excluded,
        )

    def ranked(
        self,
        search: DesignSearch,
        option: DesignOption,
        *,
        start: dt.date,
        channel: str,
        spend_factor: float | None = None,
        forced: Sequence[str] = (),
        excluded: Sequence[str] = (),
    ) -> tuple[RankedSet, ...]:
        """Give the sets that an option's regions may be drawn from, most power first."""
        panel = self._data.panel(search.metric)
        found = planning.ranked(
            panel,
            start,
            option,
            search,
            daily_spend=self._data.usual_spend(channel, panel.regions),
            spend_factor=_factor(search.direction, spend_factor),
            longest=max(LENGTHS),
            forced=forced,
            excluded=excluded,
        )
        return tuple(found)

    def default_baseline(self, metric: str, start: dt.date) -> int:
        """Give all history before a start, up to 90 days; 90 where there is none yet."""
        try:
            panel = self._data.panel(metric)
        except DataError:
            return BASELINE_DAYS
        last = min(start - dt.timedelta(days=1), panel.last_day)
        return min(max((last - panel.first_day).days + 1, 21), BASELINE_DAYS)

    def _refuse_unknown(self, metric: str, regions: Sequence[str]) -> None:
        known = self._data.regions(metric)
        if unknown := [region for region in regions if region not in known]:
            raise NotFoundError(f"There is no region {unknown[0]!r}; there are {', '.join(known)}.")


def _factor(direction: Direction, given: float | None) -> float:
    """Give spend during the test over the usual one: off is 0, on twice as much by default."""
    if given is not None:
        return given
    return 2.0 if direction is Direction.ON else 0.0
