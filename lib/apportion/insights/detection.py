"""Which days of which metrics were not as they should have been.

Single days and changes of level of all series go into one false-discovery control; neighbouring
days of one direction are one deviation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from apportion.insights.calendar import Occasion, masks
from apportion.insights.changepoints import Shift, shifts, stretch
from apportion.insights.decomposition import Decomposition, decompose, row_median
from apportion.insights.series import Days, Floats, MetricSeries
from apportion.insights.significance import (
    FALSE_DISCOVERY_RATE,
    STRICT_RATE,
    discoveries,
    p_values,
    tail_degrees,
)
from apportion.insights.transforms import Scaled, scaled
from apportion.insights.weekdays import combined_z

FEWEST_DAYS = 28
"""Of history, without which nothing is judged."""
FAIRLY_SURE_DAYS = 56
"""Of history, without which nothing is called more than fairly sure."""
LONG = 7
"""Days from which on a deviation is a broken pattern."""
MATERIAL = 0.05
"""A smaller relative deviation is not worth a word."""
NORMAL_90 = 1.645
BAND = 0.9
SHIFT_TAIL = 20


class Shape(StrEnum):
    """What kind of deviation."""

    POINT = "point"
    MIXED = "mixed"
    """Up and down within days: a booking that moved."""
    SHIFT = "shift"
    LONG = "long"


@dataclass(frozen=True, eq=False)
class Expectation:
    """What a series should have been, in its own unit; shapes (n_days,)."""

    middle: Floats
    lower: Floats
    upper: Floats
    z: Floats


@dataclass(frozen=True, eq=False)
class Deviation:
    """Days of a series that were not as they should have been.

    Parameters
    ----------
    series : MetricSeries
    expectation : Expectation
        For a change of level: as if the old level had gone on.
    start, end : int
        First and last day by position, both included.
    shape : Shape
    sign : int
        1 up, -1 down.
    peak : float
        The largest z.
    is_sure : bool
        It passes the strict false-discovery rate, on enough history.
    stretch : float
        By how much autocorrelation stretches the error of a sum of days.
    """

    series: MetricSeries
    expectation: Expectation
    start: int
    end: int
    shape: Shape
    sign: int
    peak: float
    is_sure: bool
    stretch: float = 1.0

    @property
    def days(self) -> slice:
        """The days in question."""
        return slice(self.start, self.end + 1)

    @property
    def actual(self) -> float:
        """Mean of the days in question."""
        return _mean(self.series.daily[self.days])

    @property
    def expected(self) -> float:
        """Mean of what the days should have been."""
        known = np.isfinite(self.series.daily[self.days])
        return _mean(self.expectation.middle[self.days][known])

    @property
    def relative(self) -> float:
        """Actual / expected - 1."""
        return self.actual / self.expected - 1 if self.expected else 0.0


@dataclass(frozen=True, eq=False)
class Detected:
    """Everything that was found in a range of days.

    Parameters
    ----------
    deviations : list of Deviation
    explained : int
        Deviations that the calendar explains.
    expectations : list of Expectation
        Of every series.
    watched : list of MetricSeries
        The series with enough history.
    """

    deviations: list[Deviation]
    explained: int = 0
    expectations: list[Expectation] = field(default_factory=list)
    watched: list[MetricSeries] = field(default_factory=list)


def detect(
    series: Sequence[MetricSeries],
    first: np.datetime64,
    last: np.datetime64,
    occasions: Iterable[Occasion] = (),
    rate: float = FALSE_DISCOVERY_RATE,
) -> Detected:
    """Find the deviations that lie or begin between two days.

    Parameters
    ----------
    series : sequence of MetricSeries
        All with the same days; what comes after `last` is not looked at.
    first, last : datetime64[D]
    occasions : iterable of Occasion
    rate : float
        The false-discovery rate.
    """
    known = [one.until(last) for one in series]
    known = [one for one in known if np.isfinite(one.daily).sum() >= FEWEST_DAYS]
    if not known:
        return Detected([])
    days = known[0].days
    begin = int(np.searchsorted(days, first))
    scales = [scaled(one) for one in known]
    special = masks(occasions, known, days)
    values = np.stack([scale.daily for scale in scales])
    noise = np.stack([scale.noise for scale in scales])
    parts = decompose(values, weekdays_of(days), noise, special)
    changes = shifts(parts)
    z = combined_z(parts, changes)
    degrees = tail_degrees(z)
    p_days = p_values(z[:, begin:], degrees)
    candidates = [
        (row, change) for row, found in enumerate(changes) for change in found
        if change.start >= begin
    ]  # fmt: skip
    p_shifts = np.ones(len(known))
    for row, change in candidates:
        # As many independent places as there are in the range, where it was looked for.
        chances = 2 * stats.t.sf(abs(change.z), SHIFT_TAIL) * (days.size - begin) / LONG
        p_shifts[row] = min(p_shifts[row], chances)
    pooled = np.concatenate([p_days.ravel(), p_shifts])
    is_found, is_strict = (discoveries(pooled, q) for q in (rate, min(rate, STRICT_RATE)))
    points = is_found[: p_days.size].reshape(p_days.shape)
    strict = is_strict[: p_days.size].reshape(p_days.shape)
    expectations = [_expectation(scales[row], parts, row, z[row]) for row in range(len(known))]
    errors = stretch(parts)
    found: list[Deviation] = []
    for row, one in enumerate(known):
        is_long = int(np.isfinite(one.daily).sum()) >= FAIRLY_SURE_DAYS
        of_row = [
            _of_shift(one, scales[row], parts, row, change, bool(is_strict[p_days.size + row]))
            for candidate, change in candidates
            if candidate == row and is_found[p_days.size + row]
        ]
        runs = _runs(points[row], z[row, begin:])
        for start, end in runs:
            deviation = _of_days(
                one, expectations[row], z[row], start + begin, end + begin,
                bool(strict[row, start : end + 1].any()),
            )  # fmt: skip
            if not any(_belongs(deviation, shift) for shift in of_row):
                of_row.append(deviation)
        found += [
            replace(deviation, is_sure=deviation.is_sure and is_long, stretch=float(errors[row]))
            for deviation in of_row
            if abs(deviation.relative) >= MATERIAL
        ]
    explained = _explained(parts, special, points, begin)
    return Detected(found, explained, expectations, known)


def weekdays_of(days: Days) -> NDArray[np.int64]:
    """Give the weekday of each day, 0 for Monday."""
    return np.asarray((days.astype("datetime64[D]").astype(np.int64) + 3) % 7)


def _expectation(scale: Scaled, parts: Decomposition, row: int, z: Floats) -> Expectation:
    middle = parts.expected[row]
    return _band(scale, parts, row, middle, z)


def _band(scale: Scaled, parts: Decomposition, row: int, middle: Floats, z: Floats) -> Expectation:
    sizes = np.abs(parts.residual[row])
    sizes = sizes[np.isfinite(sizes)]
    half = (float(np.quantile(sizes, BAND)) if sizes.size else 0.0) * scale.noise
    return Expectation(scale.back(middle), scale.back(middle - half), scale.back(middle + half), z)


def _of_days(
    series: MetricSeries,
    expectation: Expectation,
    z: Floats,
    start: int,
    end: int,
    is_sure: bool,
) -> Deviation:
    inside = np.nan_to_num(z[start : end + 1])
    sign = 1 if inside.sum() > 0 else -1
    is_mixed = bool(((inside * sign) < -3).any())
    is_long = end - start + 1 >= LONG
    shape = Shape.MIXED if is_mixed else Shape.LONG if is_long else Shape.POINT
    peak = float(np.abs(inside).max())
    return Deviation(series, expectation, start, end, shape, sign, peak, is_sure)


def _of_shift(
    series: MetricSeries,
    scale: Scaled,
    parts: Decomposition,
    row: int,
    change: Shift,
    is_sure: bool,
) -> Deviation:
    before = parts.level[row, max(0, change.start - 28) : change.start]
    middle = parts.expected[row].copy()
    old = row_median(before)
    inside = slice(change.start, change.end + 1)
    middle[inside] += old - parts.level[row, inside]
    z = (scale.daily - middle) / scale.noise / parts.scale[row]
    expectation = _band(scale, parts, row, middle, z)
    sign = 1 if change.gap > 0 else -1
    return Deviation(
        series, expectation, change.start, change.end, Shape.SHIFT, sign, abs(change.z), is_sure
    )


def _belongs(deviation: Deviation, shift: Deviation) -> bool:
    """Tell whether days are the beginning of a change of level rather than something else."""
    near = shift.start - 3 <= deviation.end and deviation.start <= shift.start + LONG
    return near and deviation.sign == shift.sign


def _runs(flags: NDArray[np.bool_], z: Floats) -> list[tuple[int, int]]:
    """Join flagged days that are at most a day apart and go one way, or are neighbours."""
    found: list[tuple[int, int]] = []
    for day in np.flatnonzero(flags):
        if found:
            start, end = found[-1]
            same_way = np.sign(z[day]) == np.sign(z[end])
            if day - end == 1 or (day - end == 2 and same_way):
                found[-1] = (start, int(day))
                continue
        found.append((int(day), int(day)))
    return found


def _explained(
    parts: Decomposition,
    special: Sequence[NDArray[np.bool_]],
    points: NDArray[np.bool_],
    begin: int,
) -> int:
    """Count occasions by series that would have been deviations, were they not in the calendar."""
    without = np.abs(parts.residual + parts.calendar) / parts.scale[:, None] > 5
    count = 0
    for days in special:
        inside = (days & without)[:, begin:] & ~points
        count += int(inside.any(axis=1).sum())
    return count


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else 0.0
