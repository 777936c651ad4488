"""Days that say something about the recording rather than about the business.

Four signs: there is no record at all (missing; at the end of the range: late); a count that is
never 0 is 0; sessions or touchpoints fall while sales do not, which no shop does; on the last day
everything fell by the same factor, as when a day is loaded before it is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from apportion.insights.detection import Deviation
from apportion.insights.series import MetricSeries

SALES = ("orders", "revenue")
VISITS = ("sessions", "touchpoints")
WHOLE = ("sessions", "orders", "revenue")
SAME_FACTOR = 0.15
"""Largest difference of the logarithms of what is left of each metric on an incomplete day."""
LOST = 0.2
"""Smallest share of visits that must be missing before the recording is suspected."""
ZERO_IS_NO_CHANCE = 10.0
"""Expected a day, from which 0 is a count that was not taken."""


class Sign(StrEnum):
    """Why the days should not be believed."""

    ZERO = "zero"
    VISITS_ONLY = "visits_only"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, eq=False)
class Gap:
    """Days without any record of some metrics.

    Parameters
    ----------
    series : tuple of MetricSeries
        Those that lack the same days.
    start, end : int
        By position.
    is_late : bool
        They are the last ones.
    """

    series: tuple[MetricSeries, ...]
    start: int
    end: int
    is_late: bool


def gaps(series: Sequence[MetricSeries], first: np.datetime64, last: np.datetime64) -> list[Gap]:
    """Give the days without record between two days, of the totals and of devices."""
    found: dict[tuple[int, int, bool], list[MetricSeries]] = {}
    for whole in series:
        one = whole.until(last)
        is_own = one.denominator is None and one.scope.dimension in ("total", "device")
        if not is_own or not np.isfinite(one.daily).any():
            continue
        unknown = ~np.isfinite(one.daily)
        unknown[: max(int(np.argmax(~unknown)), int(np.searchsorted(one.days, first)))] = False
        for start, end in _stretches(unknown):
            found.setdefault((start, end, end == unknown.size - 1), []).append(one)
    return [Gap(tuple(of), *where) for where, of in sorted(found.items())]


def signs(deviations: Sequence[Deviation], last: int) -> dict[int, Sign]:
    """Give, by position in `deviations`, those that are problems of the recording.

    Parameters
    ----------
    last : int
        Position of the last day.
    """
    found = {}
    for number, deviation in enumerate(deviations):
        sign = _sign(deviation, deviations, last)
        if sign is not None:
            found[number] = sign
    return found


def _sign(deviation: Deviation, others: Sequence[Deviation], last: int) -> Sign | None:
    series = deviation.series
    name, scope = series.metric.name, series.scope
    same_days = [other for other in others if _overlap(deviation, other)]
    sales = [
        other
        for other in same_days
        if other.series.metric.name in SALES
        and other.series.scope.dimension in ("total", scope.dimension)
        and other.series.scope.element in ("", scope.element)
    ]
    if name in (*VISITS, "clicks") and deviation.sign < 0 and not sales:
        is_zero = deviation.actual == 0 and deviation.expected >= ZERO_IS_NO_CHANCE
        is_loss = name in VISITS and deviation.relative < -LOST
        return Sign.ZERO if is_zero else Sign.VISITS_ONLY if is_loss else None
    if name == "conversion_rate" and not sales:
        opposite = any(
            other.series.metric.name == "sessions"
            and other.sign == -deviation.sign
            and other.sign < 0
            for other in same_days
        )
        return Sign.VISITS_ONLY if opposite else None
    if name in WHOLE and deviation.start == last and deviation.sign < 0:
        return Sign.INCOMPLETE if _is_incomplete(same_days, last) else None
    return None


def _is_incomplete(same_days: Sequence[Deviation], last: int) -> bool:
    left = {
        other.series.metric.name: other.actual / other.expected
        for other in same_days
        if not other.series.scope.element
        and other.series.metric.name in WHOLE
        and other.start == last
        and other.sign < 0
        and other.expected > 0
    }
    if len(left) < len(WHOLE) or min(left.values()) <= 0:
        return len(left) == len(WHOLE)  # all of them are 0
    logarithms = np.log([*left.values()])
    return bool(logarithms.max() - logarithms.min() < SAME_FACTOR)


def _overlap(one: Deviation, other: Deviation) -> bool:
    return one.start <= other.end + 1 and other.start <= one.end + 1


def _stretches(flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for day in np.flatnonzero(flags):
        if found and day - found[-1][1] == 1:
            found[-1] = (found[-1][0], int(day))
        else:
            found.append((int(day), int(day)))
    return found
