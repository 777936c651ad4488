"""What moved a deviation: its days against comparable days before, taken apart exactly.

Comparable are the same weekdays of the four weeks before the deviation began, so that weekdays
cancel out. Sums are taken apart by element, ratios into rate and mix by element, revenue into
sessions, conversion and order value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apportion.insights.contributions import (
    UNUSUAL,
    beyond_proportion,
    by_factors,
    by_rate_and_mix,
    by_sum,
)
from apportion.insights.detection import Deviation
from apportion.insights.labels import scope_name
from apportion.insights.series import Floats, MetricSeries, Scope
from apportion.results.insights import Breakdown, Share

WEEKS = 4
MOST_PARTS = 6
FACTORS = {
    "sessions": "Sessions",
    "conversion_rate": "Conversion rate",
    "average_order_value": "Average order value",
}
REST = "All others"


@dataclass(frozen=True, eq=False)
class Days:
    """Positions of the days in question and of comparable ones before."""

    after: NDArray[np.int64]
    before: NDArray[np.int64]


def breakdowns(deviation: Deviation, series: Sequence[MetricSeries]) -> list[Breakdown]:
    """Give every breakdown of a deviation that the data allow.

    Parameters
    ----------
    series : sequence of MetricSeries
        All of the tenant's, with the same days.
    """
    days = comparable(deviation.start, deviation.end)
    if days.before.size == 0:
        return []
    own = deviation.series
    known = {(one.metric.name, one.scope): one for one in series}
    found = []
    if own.metric.name == "revenue":
        found.append(_funnel(own.scope, days, known))
    if not own.scope.element:
        for dimension in ("region", "channel", "device"):
            elements = [
                one
                for one in series
                if one.metric == own.metric and one.scope.dimension == dimension
            ]
            if len(elements) > 1:
                found.append(_by_element(own, elements, dimension, days))
    return [one for one in found if one is not None]


def comparable(start: int, end: int) -> Days:
    """Give the same weekdays of the four weeks before `start`."""
    after = np.arange(start, end + 1)
    weekdays = set((after % 7).tolist())
    before = [day for day in range(start - 7 * WEEKS, start) if day >= 0 and day % 7 in weekdays]
    return Days(after, np.array(before, dtype=np.int64))


def _by_element(
    whole: MetricSeries, elements: Sequence[MetricSeries], dimension: str, days: Days
) -> Breakdown | None:
    top_after = {scope_name(one.scope): _mean(one.numerator, days.after) for one in elements}
    top_before = {scope_name(one.scope): _mean(one.numerator, days.before) for one in elements}
    if whole.denominator is None:
        # What the elements leave out (small ones are not watched) is a part of its own.
        _complete(top_after, _mean(whole.numerator, days.after))
        _complete(top_before, _mean(whole.numerator, days.before))
        parts = by_sum(top_after, top_before)
        errors = {scope_name(one.scope): _error(one.numerator, days) for one in elements}
        odd = beyond_proportion(top_after, top_before, errors)
        return _breakdown("sum", dimension, top_before, top_after, parts, odd)
    low_after = {scope_name(one.scope): _mean(one.denominator, days.after) for one in elements}
    low_before = {scope_name(one.scope): _mean(one.denominator, days.before) for one in elements}
    _complete(top_after, _mean(whole.numerator, days.after))
    _complete(top_before, _mean(whole.numerator, days.before))
    _complete(low_after, _mean(whole.denominator, days.after))
    _complete(low_before, _mean(whole.denominator, days.before))
    if not (sum(low_after.values()) > 0 and sum(low_before.values()) > 0):
        return None
    split = by_rate_and_mix(top_after, low_after, top_before, low_before)
    parts = {name: part.rate for name, part in split.items()}
    parts["Mix"] = sum(part.mix for part in split.values())
    ratio = {"": sum(top_after.values()) / sum(low_after.values())}
    ratio_before = {"": sum(top_before.values()) / sum(low_before.values())}
    return _breakdown("rate_and_mix", dimension, ratio_before, ratio, parts, {})


def _funnel(
    scope: Scope, days: Days, known: Mapping[tuple[str, Scope], MetricSeries]
) -> Breakdown | None:
    if any((name, scope) not in known for name in ("revenue", "orders", "sessions")):
        return None
    sums = {
        name: (
            _mean(known[name, scope].numerator, days.after),
            _mean(known[name, scope].numerator, days.before),
        )
        for name in ("revenue", "orders", "sessions")
    }
    if min(min(pair) for pair in sums.values()) <= 0:
        return None
    after, before = (
        {
            FACTORS["sessions"]: sums["sessions"][side],
            FACTORS["conversion_rate"]: sums["orders"][side] / sums["sessions"][side],
            FACTORS["average_order_value"]: sums["revenue"][side] / sums["orders"][side],
        }
        for side in (0, 1)
    )
    parts = by_factors(after, before)
    return _breakdown(
        "funnel", "funnel", {"": sums["revenue"][1]}, {"": sums["revenue"][0]}, parts, {}
    )


def _breakdown(
    method: str,
    dimension: str,
    before: Mapping[str, float],
    after: Mapping[str, float],
    parts: Mapping[str, float],
    odd: Mapping[str, float],
) -> Breakdown | None:
    start, end = sum(before.values()), sum(after.values())
    change = end - start
    if change == 0:
        return None
    ranked = sorted(parts.items(), key=lambda part: -abs(part[1]))
    kept = [part for part in ranked if part[0] != REST][:MOST_PARTS]
    rest = sum(amount for _, amount in ranked) - sum(amount for _, amount in kept)
    if abs(rest) > 1e-9 * abs(change):
        kept.append((REST, rest))
    shares = tuple(
        Share(
            name=name,
            amount=amount,
            share=amount / change,
            is_unusual=odd.get(name, 0.0) * np.sign(change) > UNUSUAL,
        )
        for name, amount in kept
    )
    return Breakdown(method=method, dimension=dimension, before=start, after=end, parts=shares)


def _complete(parts: dict[str, float], whole: float) -> None:
    left = whole - sum(parts.values())
    if abs(left) > 1e-9 * max(abs(whole), 1.0):
        parts[REST] = left


def _mean(values: Floats | None, days: NDArray[np.int64]) -> float:
    if values is None:
        return 0.0
    chosen = values[days]
    chosen = chosen[np.isfinite(chosen)]
    return float(chosen.mean()) if chosen.size else 0.0


def _error(values: Floats, days: Days) -> float:
    before = values[days.before]
    before = before[np.isfinite(before)]
    if before.size < 2:
        return 0.0
    spread = float(before.std(ddof=1))
    return spread * float(np.sqrt(1 / max(days.after.size, 1) + 1 / before.size))
