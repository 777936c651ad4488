"""What is wrong with an experiment, or must be known by who reads it.

The cut-offs are judgement on what was measured; ``docs/incrementality.md`` has the tables.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from apportion.incrementality.frame import MIN_BASELINE_DAYS, MIN_REGIONS, Frame
from apportion.incrementality.outages import MOST_OF_PHASE
from apportion.incrementality.planning import SHORTEST_TEST
from apportion.incrementality.power import ALPHA
from apportion.incrementality.synthetic_control import Fits, Floats, plain_average_rmse
from apportion.results.calibration import Direction
from apportion.results.experiment_design import ExperimentCheck, PowerCheck
from apportion.results.incrementality import IncrementalityExperiment
from apportion.results.mmm import CheckLevel

ENOUGH_DONORS = 16
ENOUGH_BASELINE_DAYS = 42
WORST_FITS = 0.95
LEAST_COMPLIANCE = 0.5
"""Of the planned change in spend; or, without a plan, of switching it off."""

DONORS_MOVE = 0.25
TOTAL_OUTAGE = 0.5


@dataclass(frozen=True)
class Event:
    """Something on the calendar: a promotion, another experiment."""

    name: str
    start: dt.date
    end: dt.date
    regions: tuple[str, ...] = ()
    """Empty: all."""

    def touches(self, start: dt.date, end: dt.date) -> bool:
        """Whether it has a day between two days."""
        return self.start <= end and self.end >= start


def before_start(
    found: Frame,
    fits: Fits,
    power: PowerCheck | None,
    *,
    promotions: Sequence[Event] = (),
    running: Sequence[Event] = (),
    earlier: Sequence[Event] = (),
    planned_change: float | None = None,
) -> tuple[ExperimentCheck, ...]:
    """Give what speaks against starting an experiment: refusals first.

    Parameters
    ----------
    running, earlier : sequence of Event
        Other experiments with the regions in which they changed advertising.
    planned_change : float, optional
        Change in spend, for what the test could see of it.
    """
    rules = [
        *_clashes(found, running),
        *_form(found.experiment),
        *_regions(found),
        *_fit(found, fits),
        *_earlier(found, earlier),
        *_calendar(found.experiment, promotions),
        *_worth(found, power, planned_change),
    ]
    return tuple(sorted(rules, key=lambda check: check.level is not CheckLevel.REFUSE))


def at_read_out(
    found: Frame,
    fits: Fits,
    *,
    promotions: Sequence[Event] = (),
    others: Sequence[Event] = (),
) -> tuple[ExperimentCheck, ...]:
    """Give what a reader of the result must know; spending has its own check."""
    experiment = found.experiment
    notes = [
        *_clashes(found, others, CheckLevel.CAUTION),
        *_outages(found),
        *_gaps(found),
        *_regions(found),
        *_fit(found, fits),
        *_earlier(found, others),
        *_calendar(experiment, promotions),
    ]
    if experiment.override_reason:
        notes.insert(
            0,
            caution(
                "power_override",
                "It was started without 80% power to find a lift of "
                f"{experiment.minimum_effect_percent:g}%, because: {experiment.override_reason}",
            ),
        )
    return tuple(
        check.model_copy(update={"level": CheckLevel.CAUTION})
        for check in {each.message: each for each in notes}.values()
    )


def caution(code: str, message: str, regions: Sequence[str] = ()) -> ExperimentCheck:
    """Give something that a reader must know."""
    return ExperimentCheck(
        code=code, level=CheckLevel.CAUTION, message=message, regions=tuple(regions)
    )


def refusal(code: str, message: str, regions: Sequence[str] = ()) -> ExperimentCheck:
    """Give something that must be mended first."""
    return ExperimentCheck(
        code=code, level=CheckLevel.REFUSE, message=message, regions=tuple(regions)
    )


def _form(experiment: IncrementalityExperiment) -> Iterator[ExperimentCheck]:
    days = experiment.days
    if days < SHORTEST_TEST:
        yield refusal(
            "short_test",
            f"The test lasts {days} days; a week is the least. Let it end later.",
        )
    elif days % 7:
        yield caution(
            "not_whole_weeks",
            f"The test lasts {days} days, which are not whole weeks: some weekdays count twice. "
            f"{days + 7 - days % 7} days would be {(days + 6) // 7} weeks.",
        )
    enough = max(ENOUGH_BASELINE_DAYS, 2 * days)
    if experiment.pre_test_days < MIN_BASELINE_DAYS:
        yield refusal(
            "short_baseline",
            f"{experiment.pre_test_days} baseline days; it needs at least {MIN_BASELINE_DAYS}.",
        )
    elif experiment.pre_test_days < enough:
        yield caution(
            "short_baseline",
            f"{experiment.pre_test_days} baseline days are few: with {enough} or more the interval "
            "would be narrower.",
        )


def _regions(found: Frame) -> Iterator[ExperimentCheck]:
    regions, size = len(found.baseline.regions), int(found.inside.sum())
    if found.left_out:
        yield caution(
            "left_out",
            "Left out, because they have no outcome on more than one in ten baseline days: "
            f"{', '.join(found.left_out)}.",
            found.left_out,
        )
    if found.baseline_days < found.experiment.pre_test_days:
        yield caution(
            "baseline_not_there",
            f"Only {found.baseline_days} of {found.experiment.pre_test_days} baseline days are in "
            "the data.",
        )
    if regions < MIN_REGIONS or size > regions / 2:
        yield refusal(
            "few_donors",
            f"{size} of {regions} regions change; at least {MIN_REGIONS} must take part and no "
            "more than half of them change, so that the others can stand for them.",
        )
    elif comb(regions, size) < 2 / ALPHA:
        yield refusal(
            "few_sets",
            f"There are only {comb(regions, size)} ways to choose {size} of {regions} regions, so "
            f"no p-value can be below {1 / comb(regions, size):.2f}. Take part with more regions.",
        )
    if regions - size < ENOUGH_DONORS:
        yield caution(
            "few_donors",
            f"{regions - size} regions stand for the others; with {ENOUGH_DONORS} or more the test "
            "would find smaller effects.",
        )
    if size == 1:
        yield caution(
            "single_region",
            f"Only {_names(found)} changes: an event of its own there cannot be told from an "
            "effect, and no power can be promised.",
            _changed(found),
        )


def _fit(found: Frame, fits: Fits) -> Iterator[ExperimentCheck]:
    own = float(fits.rmse[found.chosen])
    if own > np.quantile(fits.rmse, WORST_FITS):
        yield caution(
            "poor_fit",
            f"Before the test the other regions follow {_names(found)} worse than 19 of 20 sets "
            f"(daily miss {own:.1%}). Other regions would give a narrower interval.",
            _changed(found),
        )
    plain = plain_average_rmse(found.filled.baseline, found.inside)
    if own > plain:
        yield caution(
            "outside_hull",
            f"The weighted regions follow {_names(found)} no better than their plain average "
            f"({own:.1%} against {plain:.1%} a day).",
            _changed(found),
        )


def _clashes(
    found: Frame, others: Sequence[Event], level: CheckLevel = CheckLevel.REFUSE
) -> Iterator[ExperimentCheck]:
    experiment = found.experiment
    own = {*experiment.test_regions, *experiment.control_regions}
    for other in others:
        shared = sorted(own & set(other.regions))
        if shared and other.touches(experiment.start_date, experiment.end_date):
            yield ExperimentCheck(
                code="other_experiment",
                level=level,
                message=f"{', '.join(shared)} also changed in the experiment “{other.name}” on "
                "some of these days: leave these regions out, or take other days.",
                regions=tuple(shared),
            )


def _earlier(found: Frame, others: Sequence[Event]) -> Iterator[ExperimentCheck]:
    first, last = found.baseline.first_day, found.baseline.last_day
    own = set(found.baseline.regions)
    for other in others:
        shared = sorted(own & set(other.regions))
        if shared and other.touches(first, last):
            yield caution(
                "baseline_experiment",
                f"The baseline holds days of the experiment “{other.name}”, which changed "
                f"{', '.join(shared)}. A shorter baseline would leave it out.",
                shared,
            )


def _calendar(
    experiment: IncrementalityExperiment, promotions: Sequence[Event]
) -> Iterator[ExperimentCheck]:
    names = [
        event.name
        for event in promotions
        if event.touches(experiment.start_date, experiment.end_date)
    ]
    if names:
        yield caution(
            "promotion",
            f"During the test: {', '.join(dict.fromkeys(names))}. It does no harm if all regions "
            "respond to it alike.",
        )


def _worth(
    found: Frame, power: PowerCheck | None, planned_change: float | None
) -> Iterator[ExperimentCheck]:
    if power is None or power.mde_percent is None or not planned_change:
        return
    if found.experiment.metric != "revenue":
        return
    daily = found.baseline.values[:, found.inside].sum(axis=1).mean()
    needed = power.mde_percent / 100 * daily * found.experiment.days / planned_change
    margin = found.experiment.margin
    if needed > 1 / margin:
        yield caution(
            "budget_too_small",
            f"To be found, the ads must bring {needed:.1f} for each unit of changed spend; they "
            f"break even at {1 / margin:.1f}. Change more spend, or find a more sensitive design.",
        )


def _outages(found: Frame) -> Iterator[ExperimentCheck]:
    """Find days without sales, of all regions or of one."""
    baseline, test = found.baseline.values, found.test.values
    total = np.vstack([baseline, test]).sum(axis=1)
    before = len(baseline)
    dark = [
        found.test.dates[day]
        for day in range(len(test))
        if total[before + day] < TOTAL_OUTAGE * _usual(total, before + day)
    ]
    if dark:
        yield caution(
            "outage",
            f"On {_dates(dark)} all regions together sold less than half of what is usual on that "
            "weekday: an outage, or data that are missing.",
        )
    for column, region in enumerate(found.baseline.regions):
        out = found.filled.is_test_outage[:, column]
        if out.any():
            lost = [day for day, is_out in zip(found.test.dates, out, strict=True) if is_out]
            yield caution(
                "region_outage",
                f"{region} sold less than half of what is usual on {_dates(lost)}: an outage, "
                "empty shelves or lost data. The lift is that of the other days.",
                [region],
            )
    growth = found.filled.test.sum(axis=0) / found.filled.baseline.sum(axis=0)
    for region, moved in zip(
        found.baseline.regions, growth / max(float(np.median(growth)), 1e-9), strict=True
    ):
        if len(test) and moved < 1 - MOST_OF_PHASE:
            yield caution(
                "long_outage",
                f"{region} sold {moved:.0%} of what its baseline and the other regions make of the "
                "test. If it was an outage, it is too long to be left out: the lift is off by it.",
                [region],
            )
    is_out = found.filled.is_baseline_outage
    if is_out.any():
        regions = [
            name
            for name, out in zip(found.baseline.regions, is_out.any(axis=0), strict=True)
            if out
        ]
        yield caution(
            "baseline_outage",
            f"{int(is_out.sum())} region-days of the baseline are outages and do not count: "
            f"{', '.join(regions)} sold less than half of what is usual.",
            regions,
        )


def _usual(total: Floats, day: int) -> float:
    """Give the median of the earlier days with the same weekday."""
    return float(np.median(total[day % 7 : day : 7]))


def _gaps(found: Frame) -> Iterator[ExperimentCheck]:
    is_gap = ~found.test.is_recorded & ~found.filled.is_test_outage
    if found.test.days and is_gap.any():
        regions = [
            region
            for region, gaps in zip(found.test.regions, is_gap.any(axis=0), strict=True)
            if gaps
        ]
        yield caution(
            "gaps",
            f"{int(is_gap.sum())} days of the test are missing in {', '.join(regions)}; they count "
            "as days without an outcome.",
            regions,
        )


def compliance(
    experiment: IncrementalityExperiment, change: float, expected: float, donors_move: float | None
) -> tuple[ExperimentCheck, ...]:
    """Give whether spend changed as planned.

    Parameters
    ----------
    change : float
        Spend added (on) or spared (off) in the changed regions.
    expected : float
        What they would have spent.
    donors_move : float, optional
        Relative move of the donors' daily spend.
    """
    notes = []
    planned = experiment.budget_estimate
    if planned is None and experiment.direction is Direction.OFF:
        planned = expected
    if planned and change < LEAST_COMPLIANCE * planned:
        notes.append(
            caution(
                "compliance",
                f"Spend changed by {change:,.0f} in {', '.join(experiment.changed_regions)}; "
                f"planned were {planned:,.0f}. The test was hardly one.",
                experiment.changed_regions,
            )
        )
    elif planned is None and change < 0.1 * expected:
        notes.append(
            caution(
                "compliance",
                f"Spend in {', '.join(experiment.changed_regions)} hardly rose above "
                "what it would have been. The test was hardly one.",
                experiment.changed_regions,
            )
        )
    if donors_move is not None and abs(donors_move) > DONORS_MOVE:
        notes.append(
            caution(
                "donors_moved",
                f"Spend in the other regions moved by {donors_move:+.0%} against the baseline. It "
                "does no harm if it moved in all regions alike.",
                experiment.donor_regions,
            )
        )
    return tuple(notes)


def _changed(found: Frame) -> tuple[str, ...]:
    return tuple(
        region for region, is_in in zip(found.baseline.regions, found.inside, strict=True) if is_in
    )


def _names(found: Frame) -> str:
    return ", ".join(_changed(found))


def _dates(days: Sequence[dt.date]) -> str:
    return ", ".join(f"{day:%Y-%m-%d}" for day in days)
