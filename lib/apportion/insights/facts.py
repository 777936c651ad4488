"""What has been established, each with an id: all that a sentence about the range may say.

A fact carries its own clause, in which figures, names, days and directions stand. Names of
channels, regions and campaigns are somebody's input: outside they are called by their alias.
"""

from collections.abc import Sequence

from apportion import words
from apportion.insights.health import verdict
from apportion.insights.labels import form_of, when
from apportion.insights.metrics import METRICS
from apportion.results.insights import (
    Anomaly,
    Direction,
    Fact,
    Health,
    KeyMetric,
    Recommendation,
    Severity,
    Story,
    Trend,
)
from apportion.results.mmm import DateRange

MOST_ANOMALIES = 8
MOST_TRENDS = 5
MOST_ACTIONS = 4
LEVEL_CHANGE = 1.0
"""A change of less than so many percent is called the same."""
_GRAVITY = {Severity.CRITICAL: 3.0, Severity.WARNING: 2.0, Severity.INFO: 0.5}


def facts_of(
    period: DateRange,
    metrics: Sequence[KeyMetric],
    anomalies: Sequence[Anomaly],
    stories: Sequence[Story],
    trends: Sequence[Trend],
    recommendations: Sequence[Recommendation],
    health: Health,
    currency: str,
) -> list[Fact]:
    """Give the facts of a range, numbered in their order."""
    followers = {other for story in stories for other in story.anomalies[1:]}
    main = [anomaly for anomaly in anomalies if anomaly.id not in followers]
    aliases = aliases_of([*main, *trends])
    compared = [metric for metric in metrics if metric.previous_change_percent is not None]
    remembered = [metric for metric in metrics if metric.last_year_change_percent is not None]
    going = [one for one in trends[:MOST_TRENDS] if one.direction is not Direction.STABLE]
    found = [
        *(_change(metric, period, currency) for metric in compared),
        *(_last_year(metric, period) for metric in remembered),
        *(_anomaly(one, aliases) for one in main[:MOST_ANOMALIES]),
        *(fact for one in main[:MOST_ANOMALIES] for fact in _causes(one, aliases)),
        *(_trend(one, aliases) for one in going),
        *(_action(one, period, place) for place, one in enumerate(recommendations[:MOST_ACTIONS])),
        _health(health, period),
    ]
    return [fact.model_copy(update={"id": f"F{number}"}) for number, fact in enumerate(found, 1)]


def aliases_of(items: Sequence[Anomaly | Trend]) -> dict[tuple[str, str], str]:
    """Give the alias of every element: E1, E2 and so on."""
    elements = dict.fromkeys((item.dimension, item.element) for item in items if item.element)
    return {element: f"E{number}" for number, element in enumerate(elements, 1)}


def _change(metric: KeyMetric, period: DateRange, currency: str) -> Fact:
    change = metric.previous_change_percent or 0.0
    way = _direction(change)
    n_days = (period.end - period.start).days + 1
    value = form_of(metric.unit, currency)(metric.value)
    than = (
        f"about as in the {n_days} days before"
        if way is Direction.STABLE
        else f"{words.percent(abs(change))} {'more' if change > 0 else 'less'} than in the "
        f"{n_days} days before"
    )
    weight = {"revenue": 3.0, "orders": 1.5, "roas": 1.4}.get(metric.metric, 1.0)
    return Fact(
        id="",
        kind="change",
        metric=metric.metric,
        direction=way,
        value=change,
        unit="percent_change",
        alias=None,
        days=period,
        clause=f"{_lower(metric.label)} reached {value}, {than}",
        rank=weight + min(abs(change), 50) / 50,
    )


def _last_year(metric: KeyMetric, period: DateRange) -> Fact:
    change = metric.last_year_change_percent or 0.0
    way = _direction(change)
    than = (
        "about as on the same days last year"
        if way is Direction.STABLE
        else f"{words.percent(abs(change))} {'above' if change > 0 else 'below'} the same days "
        "last year"
    )
    return Fact(
        id="",
        kind="last_year",
        metric=metric.metric,
        direction=way,
        value=change,
        unit="percent_change",
        alias=None,
        days=period,
        clause=f"{_lower(metric.label)} {METRICS[metric.metric].was} {than}",
        rank=1.0 if metric.metric == "revenue" else 0.4,
    )


def _anomaly(anomaly: Anomaly, aliases: dict[tuple[str, str], str]) -> Fact:
    days = when(anomaly.date_range.start, anomaly.date_range.end)
    if anomaly.is_tracking_problem:
        kind, clause = "tracking", f"{_lower(anomaly.title)} ({days})"
    else:
        kind = "anomaly"
        size = words.percent(abs(anomaly.deviation_percent or 0.0))
        way = "above" if anomaly.direction is Direction.UP else "below"
        was = METRICS[anomaly.metric].was
        clause = f"{_lower(anomaly.metric_label)} {was} {size} {way} normal {days}"
    return Fact(
        id="",
        kind=kind,
        metric=anomaly.metric,
        direction=anomaly.direction,
        value=anomaly.deviation_percent or 0.0,
        unit="percent_of_expected",
        alias=aliases.get((anomaly.dimension, anomaly.element)),
        days=anomaly.date_range,
        clause=clause,
        rank=_GRAVITY[anomaly.severity] + (0.5 if anomaly.is_bad else 0.0),
    )


def _causes(anomaly: Anomaly, aliases: dict[tuple[str, str], str]) -> list[Fact]:
    """Give what accounts for most of an anomaly, where one part does."""
    found = []
    for breakdown in anomaly.breakdowns:
        main = max(breakdown.parts, key=lambda part: part.share)
        if not (main.is_unusual or (breakdown.method == "funnel" and main.share > 0.5)):
            continue
        days = when(anomaly.date_range.start, anomaly.date_range.end)
        element = (breakdown.dimension, main.name)
        is_element = breakdown.method != "funnel"
        if is_element:
            aliases.setdefault(element, f"E{len(aliases) + 1}")
        found.append(
            Fact(
                id="",
                kind="cause",
                metric=anomaly.metric,
                direction=anomaly.direction,
                value=100 * main.share,
                unit="percent_of_change",
                alias=aliases[element] if is_element else None,
                days=anomaly.date_range,
                clause=f"{_subject(main.name, is_element)} for {words.share(main.share)} of the "
                f"change in {_lower(anomaly.metric_label)} {days}",
                rank=1.2,
            )
        )
    return found


def _subject(name: str, is_element: bool) -> str:
    if is_element:
        return f"{name} accounts"
    return f"{_lower(name)} account{'' if name.endswith('s') else 's'}"


def _trend(trend: Trend, aliases: dict[tuple[str, str], str]) -> Fact:
    way = "rising" if trend.direction is Direction.UP else "falling"
    interval = words.span(trend.magnitude_interval, words.percent)
    n_days = (trend.period.end - trend.period.start).days + 1
    has = "have" if METRICS[trend.metric].is_plural else "has"
    return Fact(
        id="",
        kind="trend",
        metric=trend.metric,
        direction=trend.direction,
        value=trend.magnitude,
        unit="percent_change",
        alias=aliases.get((trend.dimension, trend.element)),
        days=trend.period,
        clause=f"{_lower(trend.metric_label)} {has} been {way}, by {interval} within {n_days} days",
        rank=1.1 if trend.is_good is False else 0.9,
    )


def _action(one: Recommendation, period: DateRange, place: int) -> Fact:
    return Fact(
        id="",
        kind="action",
        metric=one.kind,
        direction=Direction.STABLE,
        value=float(place + 1),
        unit="rank",
        alias=None,
        days=period,
        clause=_lower(one.title),
        rank=1.5 - 0.2 * place,
    )


def _health(health: Health, period: DateRange) -> Fact:
    return Fact(
        id="",
        kind="health",
        metric="health",
        direction=Direction.STABLE,
        value=float(health.score),
        unit="score",
        alias=None,
        days=period,
        clause=f"overall health is {verdict(health.score)}, {health.score} of 100",
        rank=0.8,
    )


def _direction(change: float) -> Direction:
    if abs(change) < LEVEL_CHANGE:
        return Direction.STABLE
    return Direction.UP if change > 0 else Direction.DOWN


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
