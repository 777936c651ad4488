"""Before a test: its power, and the designs that could replace it, in the words of the results."""

import datetime as dt
import math
import time
from collections.abc import Iterable, Sequence

import numpy as np

from apportion.errors import NotEnoughDataError
from apportion.incrementality import design as designs
from apportion.incrementality.frame import DAY, Frame, frame
from apportion.incrementality.panel import Panel
from apportion.incrementality.power import (
    MOST_WINDOWS,
    WINDOW_STEP,
    PowerCurve,
    is_enough,
    power_curve,
)
from apportion.incrementality.synthetic_control import Floats, fit_sets
from apportion.incrementality.threads import one_thread
from apportion.results.calibration import Direction
from apportion.results.experiment_design import (
    CurvePoint,
    DesignOption,
    DesignSearch,
    DrawnDesign,
    PowerCheck,
    RankedSet,
)
from apportion.results.incrementality import IncrementalityExperiment

SHORTEST_TEST = 7


def history_of(data: Panel, start: dt.date, *, baseline_days: int, days: int) -> Panel:
    """Give the days that power is replayed on: enough for six windows before the start."""
    last = min(start - DAY, data.last_day)
    needed = baseline_days + (MOST_WINDOWS - 1) * WINDOW_STEP + days
    return data.between(last - (needed - 1) * DAY, last)


@one_thread
def power_check(experiment: IncrementalityExperiment, data: Panel) -> PowerCheck | None:
    """Give what the experiment would find, if history is long enough to replay it; else None.

    A single changed region is promised nothing: a break of its own cannot be told from an effect.
    """
    found = frame(experiment, data)
    days = experiment.days
    history = history_of(
        data, experiment.start_date, baseline_days=experiment.pre_test_days, days=days
    ).of(found.baseline.regions)
    if days < SHORTEST_TEST:
        return None
    try:
        replay = designs.pool_power if found.is_exact else power_curve
        curve = replay(
            history.values,
            found.members,
            days,
            np.random.default_rng([experiment.seed, days]),
            baseline_days=experiment.pre_test_days,
            sign=found.sign,
        )
    except NotEnoughDataError:
        return None
    fits = fit_sets(found.filled.baseline, found.members)
    curve = curve.scaled(float(fits.scale[found.chosen] / np.median(fits.scale)))
    return _power(curve, found)


def _power(curve: PowerCurve, found: Frame) -> PowerCheck:
    experiment = found.experiment
    lift = experiment.minimum_effect_percent / 100
    is_single = int(found.inside.sum()) == 1
    power = 0.0 if is_single else curve.at(lift)
    lowest, highest = curve.mde_range
    return PowerCheck(
        power=power,
        minimum_effect_percent=experiment.minimum_effect_percent,
        mde_percent=None if is_single else _percent(curve.mde),
        mde_lowest_percent=None if is_single else _percent(lowest),
        mde_highest_percent=None if is_single else _percent(highest),
        curve=() if is_single else points(curve),
        windows=len(curve.windows),
        days=experiment.days,
        changed_regions=int(found.inside.sum()),
        reference_sets=len(found.members),
        is_sufficient=is_enough(power),
    )


def points(curve: PowerCurve) -> tuple[CurvePoint, ...]:
    """Give the claimed power by lift."""
    return tuple(
        CurvePoint(lift_percent=100 * float(lift), power=float(power))
        for lift, power in zip(curve.lifts, curve.claimed, strict=True)
    )


@one_thread
def find_designs(
    data: Panel,
    start: dt.date,
    *,
    direction: Direction,
    metric: str,
    minimum_effect_percent: float,
    baseline_days: int,
    daily_spend: Floats,
    spend_factor: float,
    seed: int,
    forced: Sequence[str] = (),
    excluded: Sequence[str] = (),
    lengths: Iterable[int] = designs.LENGTHS,
    on_progress: designs.OnProgress = lambda fraction, message: None,
) -> DesignSearch:
    """Compare numbers of regions and lengths: by power, then MDE, cost and fit.

    Parameters
    ----------
    data : Panel
        The regions that may take part; those with too many days without an outcome are left out.
    daily_spend : ndarray, shape (n_regions,)
        Usual spend a day of the channel, in the panel's order of regions.
    spend_factor : float
        Spend in the changed regions during the test over the usual one: 0 is off.
    forced, excluded : sequence of str
        Regions that must or must not be changed; excluded ones still serve as donors.

    Raises
    ------
    NotEnoughDataError
        If too few regions or days are there to replay a single design.
    """
    begun = time.perf_counter()
    lengths = tuple(lengths)
    usable, left_out = usable_panel(data, start, baseline_days)
    kept = data.places(usable.regions)
    history = history_of(usable, start, baseline_days=baseline_days, days=max(lengths))
    found = designs.search(
        history.values,
        baseline_days=baseline_days,
        seed=seed,
        sign=1 if direction is Direction.ON else -1,
        forced=[int(place) for place in usable.places(forced)],
        excluded=[int(p) for p in usable.places(r for r in excluded if r in usable.regions)],
        lengths=lengths,
        on_progress=on_progress,
    )
    if not found:
        raise NotEnoughDataError(
            f"{history.days} days before {start} are too few to replay a test of {min(lengths)} "
            "days after a baseline of 28. Import earlier days, or let the test begin later."
        )
    lift = minimum_effect_percent / 100
    options = [
        _option(each, lift, _typical_cost(each, daily_spend[kept], spend_factor)) for each in found
    ]
    options.sort(
        key=lambda each: (
            -round(each.power, 1),
            math.inf if each.mde_percent is None else round(each.mde_percent, 1),
            each.spend_change,
            each.fit_percent,
        )
    )
    return DesignSearch(
        metric=metric,
        direction=direction,
        minimum_effect_percent=minimum_effect_percent,
        baseline_days=baseline_days,
        seed=seed,
        regions=usable.regions,
        left_out=left_out,
        options=tuple(options),
        seconds=time.perf_counter() - begun,
    )


def usable_panel(data: Panel, start: dt.date, baseline_days: int) -> tuple[Panel, tuple[str, ...]]:
    """Give the regions that can take part in a test, and the names of those that cannot."""
    last = min(start - DAY, data.last_day)
    is_usable = data.between(last - (baseline_days - 1) * DAY, last).usable()
    names = [name for name, is_in in zip(data.regions, is_usable, strict=True) if is_in]
    out = tuple(name for name, is_in in zip(data.regions, is_usable, strict=True) if not is_in)
    if len(names) < 10:
        raise NotEnoughDataError(
            f"{len(names)} regions have an outcome on enough days; a design needs at least 10."
        )
    return data.of(names), out


@one_thread
def draw(
    data: Panel,
    start: dt.date,
    *,
    size: int,
    days: int,
    baseline_days: int,
    longest: int,
    seed: int,
    draw_seed: int,
    forced: Sequence[str] = (),
    excluded: Sequence[str] = (),
) -> DrawnDesign:
    """Draw a test set at random from the pool of a size, with everything to draw it again."""
    usable, _ = usable_panel(data, start, baseline_days)
    history = history_of(usable, start, baseline_days=baseline_days, days=longest)
    baseline = history.between(history.last_day - (baseline_days - 1) * DAY, history.last_day)
    pool = designs.make_pool(
        history.values,
        size,
        baseline_days,
        seed,
        forced=[int(place) for place in usable.places(forced)],
        excluded=[int(p) for p in usable.places(r for r in excluded if r in usable.regions)],
    )
    return DrawnDesign(
        seed=draw_seed,
        size=size,
        days=days,
        baseline_start=baseline.first_day,
        baseline_end=baseline.last_day,
        data_hash=baseline.data_hash,
        regions=usable.regions,
        pool=tuple(tuple(np.flatnonzero(row).tolist()) for row in pool.members),
        drawn=pool.draw(draw_seed),
    )


@one_thread
def ranked(
    data: Panel,
    start: dt.date,
    option: DesignOption,
    search: DesignSearch,
    *,
    daily_spend: Floats,
    spend_factor: float,
    longest: int,
    forced: Sequence[str] = (),
    excluded: Sequence[str] = (),
) -> list[RankedSet]:
    """Give the sets of an option's pool, most power first."""
    usable = data.of(search.regions)
    history = history_of(usable, start, baseline_days=search.baseline_days, days=longest)
    pool = designs.make_pool(
        history.values,
        option.size,
        search.baseline_days,
        search.seed,
        forced=[int(place) for place in usable.places(forced)],
        excluded=[int(p) for p in usable.places(r for r in excluded if r in usable.regions)],
    )
    curve = PowerCurve(
        np.array([point.lift_percent / 100 for point in option.curve]),
        np.array([[point.power for point in option.curve]]),
    )
    sets = designs.ranked_sets(
        designs.Design(option.size, option.days, pool, curve),
        history.values[-search.baseline_days :],
        lift=search.minimum_effect_percent / 100,
        daily_spend=daily_spend[data.places(search.regions)],
        spend_factor=spend_factor,
    )
    return [
        RankedSet(
            regions=tuple(search.regions[place] for place in each.regions),
            power=each.power,
            mde_percent=_percent(each.mde),
            fit_percent=100 * each.rmse,
            outcome_share=each.share,
            spend_change=each.spend_change,
        )
        for each in sets
    ]


def _option(found: designs.Design, lift: float, cost: float) -> DesignOption:
    lowest, highest = found.curve.mde_range
    return DesignOption(
        size=found.size,
        days=found.days,
        power=found.curve.at(lift),
        mde_percent=_percent(found.curve.mde),
        mde_lowest_percent=_percent(lowest),
        mde_highest_percent=_percent(highest),
        fit_percent=100 * float(np.median(found.pool.fits.rmse)),
        spend_change=cost,
        curve=points(found.curve),
    )


def _typical_cost(found: designs.Design, daily_spend: Floats, spend_factor: float) -> float:
    sums = found.pool.members.astype(float) @ daily_spend
    return float(np.median(sums)) * abs(spend_factor - 1) * found.days


def _percent(fraction: float) -> float | None:
    return None if math.isnan(fraction) else 100 * fraction
