"""Experiments calibrate the model: from a lift test to two flights and an observed difference.

A test changes the spend of some regions only. Read for the whole market, its effect is divided by
these regions' share of the outcome, and the two flights are what the market would have seen had all
of it been tested, and had none. The spend in the data is that of the whole market *with* the
test, so what is usual is solved from it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from apportion.mmm.adstock import adstock
from apportion.mmm.data import MediaMixData
from apportion.mmm.diagnostics import interval
from apportion.mmm.lifts import Lift
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.saturation import hill
from apportion.mmm.scaling import outcome_scale, spend_scale
from apportion.mmm.weeks import DAYS
from apportion.results.base import Interval
from apportion.results.calibration import Direction, LiftTest
from apportion.results.mmm import ExperimentEffect

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Entry:
    """A lift test and how the model takes it: as `lift`, or not at all for a `reason`."""

    test: LiftTest
    lift: Lift | None
    reason: str = ""


def enter(
    data: MediaMixData, tests: Sequence[LiftTest], *, off: Collection[str] = ()
) -> tuple[MediaMixData, tuple[Entry, ...]]:
    """Give the data with the tests that can calibrate a model of them, and what became of each.

    Parameters
    ----------
    off : collection of str
        Ids of tests that are switched off.
    """
    entries = tuple(_entry(data, test, test.id in off) for test in tests)
    lifts = tuple(entry.lift for entry in entries if entry.lift is not None)
    return replace(data, lifts=lifts), entries


def modelled(fitted: FittedMMM, lift: Lift) -> NDArray[np.float64]:
    """Give what the test should have found by the model, (n_draws,), for the whole market."""
    draws, row = fitted.draws, lift.channel
    mean = spend_scale(fitted.data)[row]
    flights = np.column_stack([lift.more, lift.less]) / mean
    carried = adstock(
        flights,
        np.repeat(draws.alpha[:, row : row + 1], 2, axis=1),
        fitted.peak[row],
        per_week=fitted.data.rows.per_week,
    )
    half, slope = draws.half_saturation[:, row], draws.slope[:, row]
    effect = hill(carried, half[:, None, None], slope[:, None, None])
    gained = ((effect[:, 0] - effect[:, 1]) * lift.counted).sum(1)
    return np.asarray(draws.beta[:, row] * gained * outcome_scale(fitted.data))


def effect_of(
    entry: Entry,
    fitted: FittedMMM,
    before: FittedMMM | None,
    roi_after: NDArray[np.float64] | None,
    roi_before: NDArray[np.float64] | None,
) -> ExperimentEffect:
    """Give what a test found, what the model says of the same weeks, and what the test changed.

    Parameters
    ----------
    before : FittedMMM, optional
        The model without any experiment.
    roi_after, roi_before : ndarray, shape (n_draws,), optional
        The channel's current ROI with and without the experiments.
    """
    lift = entry.lift
    if lift is None or before is None or roi_after is None or roi_before is None:
        return ExperimentEffect(test=entry.test, used=False, reason=entry.reason)
    found, share = entry.test.incremental_outcome_interval, entry.test.outcome_share
    spent = lift.spend
    own = modelled(fitted, lift) / spent
    alone = modelled(before, lift) / spent
    test_interval = Interval(
        lower=found.lower / share / spent, upper=found.upper / share / spent, level=found.level
    )
    alone_interval = interval(alone)
    apart = alone_interval.lower > test_interval.upper or alone_interval.upper < test_interval.lower
    return ExperimentEffect(
        test=entry.test,
        used=True,
        test_roi=lift.estimate / spent,
        test_roi_interval=test_interval,
        model_roi=float(own.mean()),
        model_roi_interval=interval(own),
        model_roi_without=float(alone.mean()),
        model_roi_without_interval=alone_interval,
        roi_before=float(roi_before.mean()),
        roi_before_interval=interval(roi_before),
        roi_after=float(roi_after.mean()),
        roi_after_interval=interval(roi_after),
        disagrees=apart,
    )


def _entry(data: MediaMixData, test: LiftTest, is_off: bool) -> Entry:
    reason = "It is switched off." if is_off else _unusable(data, test)
    if reason:
        return Entry(test, None, reason)
    lift = _lift(data, test)
    if lift.spend <= 0:
        return Entry(test, None, f"There is no spend on {test.channel} in the test's weeks.")
    return Entry(test, lift)


def _unusable(data: MediaMixData, test: LiftTest) -> str:
    if test.channel not in data.channels:
        return f"{test.channel} is not a channel of this model."
    seen = data.date_range
    if test.start < seen.start or test.end > seen.end:
        return f"Its days are not all within the training data, {seen.start} to {seen.end}."
    return ""


def _lift(data: MediaMixData, test: LiftTest) -> Lift:
    row = data.channels.index(test.channel)
    spend = data.rows.spend[:, row]
    tested = _share_of_rows(data, test)
    inside, outside = spend * tested, spend * (1 - tested)
    share, factor = test.outcome_share, test.spend_factor
    if factor is None:
        usual, changed = np.zeros_like(inside), inside / share
    else:
        usual = inside / (1 - share + share * factor) if share < 1 or factor > 0 else inside
        changed = usual * factor
    more, less = (changed, usual) if test.direction is Direction.ON else (usual, changed)
    return Lift(
        test_id=test.id,
        channel=row,
        more=outside + more,
        less=outside + less,
        counted=tested,
        estimate=test.incremental_outcome / share,
        standard_error=test.standard_error / share,
    )


def _share_of_rows(data: MediaMixData, test: LiftTest) -> NDArray[np.float64]:
    """Give the share of each row's days that lie in the test, (n_rows,)."""
    first, length = data.dates.astype("datetime64[D]"), DAYS // data.rows.per_week
    start, stop = np.datetime64(test.start, "D"), np.datetime64(test.end, "D") + _DAY
    begun = np.maximum(first, start)
    ended = np.minimum(first + length * _DAY, stop)
    return np.asarray(np.maximum((ended - begun) / _DAY, 0) / length)
