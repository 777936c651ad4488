r"""One number of 0 to 100 that anybody can compute again from its four parts.

=========== ==== ===========================================================================
part        most points
=========== ==== ===========================================================================
revenue     30   :math:`30\,\mathrm{clip}(1 + c / 0.2)`, c being the mean relative change
                 against the period before and against the same days a year ago
efficiency  25   the same of the return on ad spend
losses      25   :math:`25\,(1 - \mathrm{clip}(l / 0.1))`, l being the money lost by bad
                 anomalies as a share of the range's revenue; one story counts once
data        20   :math:`20\,(1 - \mathrm{clip}(5\,d))`, d being the share of days with a
                 tracking problem of a total
=========== ==== ===========================================================================

clip keeps to 0 to 1: no change at all gives all points, a fall by 20 % none. A part without data is
left out, and the others are scaled so that the most is 100 again. The score is the rounded sum.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from apportion import words
from apportion.results.insights import Anomaly, Health, HealthPart, KeyMetric, Story

WORST_CHANGE = 0.2
WORST_LOSS = 0.1
WORST_DATA = 0.2
SOURCES = ("revenue", "orders", "sessions", "spend")
"""What is recorded rather than computed."""
GOOD, FAIR = 80, 50
"""From which score on health is called good, and fair."""


def health(
    metrics: Sequence[KeyMetric],
    anomalies: Sequence[Anomaly],
    stories: Sequence[Story],
    start: dt.date,
    end: dt.date,
) -> Health:
    """Give the score of a range and its parts."""
    known = {metric.metric: metric for metric in metrics}
    parts = [
        _course(known.get("revenue"), "revenue", "Revenue on course", 30),
        _course(known.get("roas"), "efficiency", "Spend efficient", 25),
        _losses(known.get("revenue"), anomalies, stories),
        _data(anomalies, (end - start).days + 1),
    ]
    there = [part for part in parts if part is not None]
    scale = 100 / sum(part.most for part in there)
    scaled = tuple(
        part.model_copy(update={"points": part.points * scale, "most": part.most * scale})
        for part in there
    )
    return Health(score=round(sum(part.points for part in scaled)), parts=scaled)


def verdict(score: int) -> str:
    """Give the word for a score."""
    return "good" if score >= GOOD else "fair" if score >= FAIR else "poor"


def _course(metric: KeyMetric | None, name: str, label: str, most: float) -> HealthPart | None:
    if metric is None:
        return None
    against = {
        "the period before": metric.previous_change_percent,
        "the same days last year": metric.last_year_change_percent,
    }
    changes = {reference: change for reference, change in against.items() if change is not None}
    if not changes:
        return None
    mean = sum(changes.values()) / len(changes) / 100
    said = " and ".join(
        f"{words.percent(change)} against {reference}" for reference, change in changes.items()
    )
    return HealthPart(
        name=name,
        label=label,
        points=most * _clip(1 + mean / WORST_CHANGE),
        most=most,
        explanation=f"{metric.label}: {said}; no fall gives all points, a fall by "
        f"{words.share(WORST_CHANGE)} none.",
    )


def _losses(
    revenue: KeyMetric | None, anomalies: Iterable[Anomaly], stories: Iterable[Story]
) -> HealthPart | None:
    if revenue is None or revenue.value <= 0:
        return None
    followers = {other for story in stories for other in story.anomalies[1:]}
    lost = sum(
        -min(anomaly.money_at_stake or 0.0, 0.0)
        for anomaly in anomalies
        if anomaly.is_bad and anomaly.id not in followers and not anomaly.is_tracking_problem
    )
    share = lost / revenue.value
    return HealthPart(
        name="losses",
        label="No money lost by anomalies",
        points=25 * (1 - _clip(share / WORST_LOSS)),
        most=25,
        explanation=f"Bad anomalies account for {words.share(share)} of the revenue; "
        f"{words.share(WORST_LOSS)} gives no points.",
    )


def _data(anomalies: Iterable[Anomaly], n_days: int) -> HealthPart:
    days: set[dt.date] = set()
    for anomaly in anomalies:
        is_source = anomaly.metric in SOURCES and anomaly.dimension == "total"
        if anomaly.is_tracking_problem and is_source:
            length = (anomaly.date_range.end - anomaly.date_range.start).days + 1
            days |= {anomaly.date_range.start + dt.timedelta(days=k) for k in range(length)}
    share = len(days) / n_days
    return HealthPart(
        name="data",
        label="Data complete",
        points=20 * (1 - _clip(share / WORST_DATA)),
        most=20,
        explanation=f"{words.count(len(days), 'day')} of {n_days} with a tracking problem; "
        f"{words.share(WORST_DATA)} of the days gives no points.",
    )


def _clip(value: float) -> float:
    return min(max(value, 0.0), 1.0)
