"""One cause seen in many metrics is told once.

Deviations belong together if their days overlap and one metric is made of the other: revenue of
sessions, conversion and order value; return and cost per order of revenue, orders and spend; and a
total of its elements.
"""

from collections.abc import Mapping, Sequence

from apportion.insights.detection import Deviation, Shape
from apportion.insights.series import MetricSeries

FAMILIES: Mapping[str, str] = {
    "revenue": "sales",
    "orders": "sales",
    "average_order_value": "sales",
    "conversion_rate": "sales",
    "sessions": "sales",
    "touchpoints": "sales",
    "roas": "sales",
    "cpa": "sales",
    "new_customer_share": "customers",
    "spend": "media",
    "cpm": "media",
    "ctr": "media",
    "clicks": "media",
}
APART = 2
"""Days that the beginnings of one story may lie apart."""
RANK = (
    "revenue", "orders", "sessions", "conversion_rate", "average_order_value", "spend", "roas",
    "cpa", "touchpoints", "cpm", "ctr", "clicks", "new_customer_share",
)  # fmt: skip


def group(deviations: Sequence[Deviation]) -> list[list[int]]:
    """Give the positions of the deviations of each story, the main one first; singles too."""
    root = list(range(len(deviations)))

    def find(number: int) -> int:
        while root[number] != number:
            number = root[number]
        return number

    for first in range(len(deviations)):
        for second in range(first):
            if _belong(deviations[first], deviations[second]):
                root[find(first)] = find(second)
    members: dict[int, list[int]] = {}
    for number in range(len(deviations)):
        members.setdefault(find(number), []).append(number)
    return [
        sorted(story, key=lambda number: _rank(deviations[number])) for story in members.values()
    ]


def _belong(one: Deviation, other: Deviation) -> bool:
    if (one.shape is Shape.SHIFT) != (other.shape is Shape.SHIFT):
        return abs(one.start - other.start) <= 1 and _related(one.series, other.series)
    near = abs(one.start - other.start) <= APART or (
        one.start <= other.end and other.start <= one.end
    )
    return near and _related(one.series, other.series)


def _related(one: MetricSeries, other: MetricSeries) -> bool:
    family = FAMILIES[one.metric.name]
    if family != FAMILIES[other.metric.name]:
        return False
    if family == "media":
        return one.scope == other.scope or one.metric == other.metric
    return True


def _rank(deviation: Deviation) -> tuple[bool, int, float]:
    """Totals first, then what is nearest to money, then the clearest."""
    series = deviation.series
    return bool(series.scope.element), RANK.index(series.metric.name), -deviation.peak
