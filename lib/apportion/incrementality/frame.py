"""An experiment over data: who takes part, and what the changed set is ranked among."""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from apportion.errors import NotEnoughDataError
from apportion.incrementality.design import reference_of_named
from apportion.incrementality.outages import Filled, fill_outages
from apportion.incrementality.panel import Panel
from apportion.incrementality.randomisation import REFERENCE_SETS
from apportion.incrementality.synthetic_control import Booleans
from apportion.results.calibration import Direction
from apportion.results.incrementality import IncrementalityExperiment

DAY = dt.timedelta(days=1)
MIN_BASELINE_DAYS = 21
MIN_REGIONS = 10
"""Fewer that can take part cannot stand for one another."""


@dataclass(frozen=True, eq=False)
class Frame:
    """An experiment laid over the data.

    Every region of the experiment can be in a reference set, and be a donor of one.
    """

    experiment: IncrementalityExperiment
    baseline: Panel
    """The regions that take part, on the days before the test."""
    test: Panel
    """The same regions, on the days of the test that there are."""
    filled: Filled
    """Baseline and test with their outages filled: what every estimate is made from."""
    members: Booleans
    """The reference sets, shape (n_sets, n_regions)."""
    chosen: int
    """Which of them is the changed set."""
    is_exact: bool
    """The changed set was drawn at random from the reference sets."""
    left_out: tuple[str, ...]
    """Regions of the experiment that have too many days without an outcome, or no data."""

    @property
    def sign(self) -> int:
        """1: ads switched on in the changed regions; -1: off."""
        return 1 if self.experiment.direction is Direction.ON else -1

    @property
    def inside(self) -> Booleans:
        """Which regions are changed."""
        return np.asarray(self.members[self.chosen])

    @property
    def all_days(self) -> Panel:
        """Baseline and test as one panel."""
        return Panel(
            self.baseline.first_day,
            self.baseline.regions,
            np.vstack([self.baseline.values, self.test.values]),
            np.vstack([self.baseline.is_recorded, self.test.is_recorded]),
        )

    @property
    def baseline_days(self) -> int:
        """Days of the baseline that there are."""
        return self.baseline.days


def baseline_window(experiment: IncrementalityExperiment) -> tuple[dt.date, dt.date]:
    """Give the first and the last day before the test that it is fitted to."""
    start = experiment.start_date
    return start - experiment.pre_test_days * DAY, start - DAY


def frame(experiment: IncrementalityExperiment, data: Panel) -> Frame:
    """Lay an experiment over the data that there are.

    Raises
    ------
    NotEnoughDataError
        If fewer than 21 days, or fewer than ten regions, or no changed region can be used.
    """
    first, last = baseline_window(experiment)
    # Before a test that is still to come, its baseline is what there is until today.
    last = min(last, data.last_day)
    first = min(first, last - (experiment.pre_test_days - 1) * DAY)
    window = data.between(first, last)
    if window.days < MIN_BASELINE_DAYS:
        raise NotEnoughDataError(
            f"{window.days} days of {experiment.metric} by region before the test; it needs at "
            f"least {MIN_BASELINE_DAYS}. Import earlier days, or let the test begin later."
        )
    asked = (*experiment.test_regions, *experiment.control_regions)
    is_usable = dict(zip(window.regions, window.usable().tolist(), strict=True))
    regions = tuple(sorted(region for region in asked if is_usable.get(region, False)))
    left_out = tuple(region for region in asked if not is_usable.get(region, False))
    changed = [region for region in experiment.changed_regions if region not in left_out]
    if not changed or len(regions) < MIN_REGIONS:
        raise NotEnoughDataError(
            f"{len(regions)} regions of the experiment have {experiment.metric} on enough days, "
            f"{len(changed)} of them among those that change; it needs at least {MIN_REGIONS}, "
            f"and one that changes. Left out: {', '.join(left_out) or 'none'}."
        )
    if len(changed) == len(regions):
        raise NotEnoughDataError("No region is left that does not change. Name control regions.")
    members, chosen, is_exact = _reference(experiment, regions, changed)
    baseline = window.of(regions)
    test = data.between(experiment.start_date, experiment.end_date).of(regions)
    return Frame(
        experiment=experiment,
        baseline=baseline,
        test=test,
        filled=fill_outages(baseline.values, test.values),
        members=members,
        chosen=chosen,
        is_exact=is_exact,
        left_out=left_out,
    )


def _reference(
    experiment: IncrementalityExperiment, regions: tuple[str, ...], changed: list[str]
) -> tuple[Booleans, int, bool]:
    design = experiment.design
    if design is not None and set(regions) <= set(design.regions):
        place = {region: column for column, region in enumerate(regions)}
        members = np.zeros((len(design.pool), len(regions)), dtype=np.bool_)
        for row, drawn in enumerate(design.pool):
            names = [design.regions[number] for number in drawn]
            members[row, [place[name] for name in names if name in place]] = True
        is_set = members.any(axis=1) & ~members.all(axis=1)
        own = np.array([region in changed for region in regions])
        if is_set[design.drawn] and np.array_equal(members[design.drawn], own):
            return members[is_set], int(is_set[: design.drawn].sum()), True
    own_places = np.array([regions.index(region) for region in changed])
    members = reference_of_named(len(regions), own_places, REFERENCE_SETS, experiment.seed)
    return members, 0, False
