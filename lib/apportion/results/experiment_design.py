"""Designs of experiments: power, sets of regions to choose from, and what speaks against one."""

import datetime as dt

from apportion.results.base import Result
from apportion.results.calibration import Direction
from apportion.results.mmm import CheckLevel


class ExperimentCheck(Result):
    """Something that is wrong with an experiment, or that its reader must know."""

    code: str
    level: CheckLevel
    message: str
    regions: tuple[str, ...] = ()


class CurvePoint(Result):
    """The chance that a test finds a lift of this size."""

    lift_percent: float
    power: float


class PowerCheck(Result):
    """What a test of some form would find, by replaying history with lifts injected."""

    power: float
    """At the minimum effect; a fraction."""
    minimum_effect_percent: float
    mde_percent: float | None
    """The smallest lift found with 80 % power; None: beyond every lift that was tried."""
    mde_lowest_percent: float | None
    """In the kindest window of the history."""
    mde_highest_percent: float | None
    curve: tuple[CurvePoint, ...]
    windows: int
    """How many windows of the history were replayed."""
    days: int
    changed_regions: int
    reference_sets: int
    is_sufficient: bool


class RankedSet(Result):
    """A set of regions that a test set may be drawn from."""

    regions: tuple[str, ...]
    power: float
    mde_percent: float | None
    fit_percent: float
    """Average daily miss over the baseline, in percent of its mean."""
    outcome_share: float
    spend_change: float
    """What a test with it would spend more, or spare."""


class DesignOption(Result):
    """A number of changed regions and of days."""

    size: int
    days: int
    power: float
    mde_percent: float | None
    mde_lowest_percent: float | None
    mde_highest_percent: float | None
    fit_percent: float
    """Of the median set of the pool."""
    spend_change: float
    """Of the median set of the pool."""
    curve: tuple[CurvePoint, ...]


class DesignSearch(Result):
    """All designs that were compared, most powerful first."""

    metric: str
    direction: Direction
    minimum_effect_percent: float
    baseline_days: int
    seed: int
    regions: tuple[str, ...]
    left_out: tuple[str, ...]
    """Regions that cannot take part, because of gaps or days without an outcome."""
    options: tuple[DesignOption, ...]
    seconds: float


class DrawnDesign(Result):
    """A test set drawn at random from a pool, with what is needed to draw it again."""

    seed: int
    size: int
    days: int
    baseline_start: dt.date
    baseline_end: dt.date
    data_hash: str
    """SHA-256 of the panel that the pool was chosen on."""
    regions: tuple[str, ...]
    """All that take part, in the order that `pool` counts them."""
    pool: tuple[tuple[int, ...], ...]
    """The sets that could have been drawn."""
    drawn: int
    """Which of them was."""
