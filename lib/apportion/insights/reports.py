"""Deviations and gaps as the anomalies that a reader sees, and their stories."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apportion import words
from apportion.insights import stories as told
from apportion.insights.breakdowns import breakdowns
from apportion.insights.calendar import Occasion, causes
from apportion.insights.charts import chart_of
from apportion.insights.detection import Detected, Deviation, Shape
from apportion.insights.labels import date_of, form_of, series_name, when
from apportion.insights.series import MetricSeries, Unit
from apportion.insights.stakes import Stake, is_bad, ordinary_day, severity, stake
from apportion.insights.tracking import Gap, Sign
from apportion.results.base import Interval
from apportion.results.insights import (
    Anomaly,
    AnomalyType,
    Confidence,
    Direction,
    Severity,
    Story,
)
from apportion.results.mmm import DateRange

MOST = 60
"""Anomalies of one run that are kept, the gravest first."""
_ORDER = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
_TRACKING = {
    Sign.ZERO: "Nothing was recorded, while sales went on.",
    Sign.VISITS_ONLY: "Sales did not move with it, so it is most likely the recording.",
    Sign.INCOMPLETE: "Everything fell by the same factor on the last day: it is most likely not "
    "complete yet.",
}
_CHECK = {
    "revenue": "Look at checkout, payment and stock on these days, and at what was released.",
    "orders": "Look at checkout, payment and stock on these days, and at what was released.",
    "average_order_value": "Compare baskets and discounts of these days with the weeks before.",
    "conversion_rate": "Follow the checkout step by step on the devices that lost most.",
    "sessions": "Look at which source of visits changed: campaigns, ranking, mailings.",
    "touchpoints": "Look at the tag of this device.",
    "spend": "Compare with the plan: was this change of budget intended?",
    "roas": "See whether spend or revenue moved, and where.",
    "cpa": "See whether spend or orders moved, and where.",
    "cpm": "Look at bids, audiences and the season of the auction.",
    "ctr": "Look at creatives and placements that changed.",
    "clicks": "Look at creatives, placements and the tag.",
    "new_customer_share": "Compare prospecting and retention campaigns of these days.",
}


@dataclass(frozen=True)
class Context:
    """What every sentence needs to know."""

    currency: str
    last: int
    """Position of the last day of the range."""
    occasions: Sequence[Occasion] = ()
    """The calendar: what it has for an anomaly's days is said."""


def report(
    detected: Detected,
    signs: dict[int, Sign],
    gaps: Sequence[Gap],
    context: Context,
) -> tuple[list[Anomaly], list[Story]]:
    """Give the anomalies, the gravest first, and the stories that they tell.

    Parameters
    ----------
    signs : dict of int to Sign
        Of :func:`apportion.insights.tracking.signs`.
    """
    series = detected.watched
    day = ordinary_day(series)
    groups = told.group(detected.deviations)
    found: list[Anomaly] = []
    tales: list[Story] = []
    for members in groups:
        story_id = None
        if len(members) > 1:
            story_id = "S" + _digest(*sorted(_key(detected.deviations[n]) for n in members))
        # A story is about the recording if its main deviation is.
        whole = signs.get(members[0])
        made = [
            _anomaly(
                detected.deviations[number],
                signs.get(number) or (whole if whole is not None else None),
                story_id,
                day,
                series if position == 0 else (),
                context,
            )
            for position, number in enumerate(members)
        ]
        gravest = min((one.severity for one in made), key=_ORDER.index)
        made[0] = made[0].model_copy(update={"severity": gravest})
        found += made
        if story_id is not None:
            tales.append(_story(story_id, made))
    found += [_missing(gap, context) for gap in gaps]
    found.sort(key=lambda one: (_ORDER.index(one.severity), -abs(one.money_at_stake or 0.0)))
    kept = found[:MOST]
    ids = {one.id for one in kept}
    tales = [
        story.model_copy(update={"anomalies": tuple(i for i in story.anomalies if i in ids)})
        for story in tales
    ]
    return kept, [story for story in tales if story.anomalies]


def _anomaly(
    deviation: Deviation,
    sign: Sign | None,
    story: str | None,
    ordinary: float,
    series: Sequence[MetricSeries],
    context: Context,
) -> Anomaly:
    own = deviation.series
    days = DateRange(start=date_of(own.days[deviation.start]), end=date_of(own.days[deviation.end]))
    is_tracking = sign is not None
    worth = None if is_tracking else stake(deviation)
    bad = True if is_tracking else is_bad(deviation)
    grave = Severity.WARNING if is_tracking else severity(worth, bad, ordinary)
    if is_tracking and sign is not Sign.INCOMPLETE and own.scope.element:
        grave = Severity.INFO
    way = Direction.UP if deviation.sign > 0 else Direction.DOWN
    expected = deviation.expectation
    known = np.isfinite(own.daily[deviation.days])
    count = max(int(known.sum()), 1)
    half = (expected.upper[deviation.days] - expected.lower[deviation.days])[known] / 2
    error = float(np.sqrt((half**2).sum())) / count * deviation.stretch
    return Anomaly(
        id="A" + _digest(_key(deviation)),
        type=_type(deviation, is_tracking),
        severity=grave,
        metric=own.metric.name,
        date_range=days,
        title=_title(deviation, sign),
        description=_description(deviation, sign, worth, days, context),
        confidence=_confidence(deviation),
        recommendation=_advice(own, sign),
        metric_label=series_name(own),
        unit=own.metric.unit,
        dimension=own.scope.dimension,
        element=own.scope.element,
        series=own.key,
        direction=way,
        is_bad=bad,
        is_tracking_problem=is_tracking,
        actual=deviation.actual,
        expected=deviation.expected,
        expected_interval=Interval(
            lower=max(0.0, deviation.expected - error), upper=deviation.expected + error
        ),
        deviation_percent=100 * deviation.relative,
        money_at_stake=None if worth is None else worth.amount,
        money_at_stake_interval=None if worth is None else worth.interval,
        story=story,
        chart=chart_of(own, expected, range(deviation.start, deviation.end + 1), context.last),
        breakdowns=tuple(breakdowns(deviation, series)) if series else (),
    )


def _type(deviation: Deviation, is_tracking: bool) -> AnomalyType:
    if is_tracking or deviation.shape is Shape.MIXED:
        return AnomalyType.OUTLIER
    if deviation.shape in (Shape.SHIFT, Shape.LONG):
        return AnomalyType.PATTERN_BREAK
    return AnomalyType.SPIKE if deviation.sign > 0 else AnomalyType.DROP


def _confidence(deviation: Deviation) -> Confidence:
    if deviation.is_sure:
        return Confidence.HIGH
    known = int(np.isfinite(deviation.series.daily).sum())
    return Confidence.MEDIUM if known >= 56 else Confidence.LOW


def _title(deviation: Deviation, sign: Sign | None) -> str:
    name = series_name(deviation.series)
    if sign is Sign.INCOMPLETE:
        return f"{name}: the last day looks incomplete"
    if sign is not None and deviation.sign < 0:
        return f"{name}: {words.share(-deviation.relative)} were probably not recorded"
    if sign is not None:
        return f"{name}: too high, because visits were not recorded"
    if deviation.shape is Shape.MIXED:
        return f"{name}: up and down within days"
    way = "above" if deviation.sign > 0 else "below"
    level = "the old level" if deviation.shape is Shape.SHIFT else "normal"
    return f"{name}, {words.share(abs(deviation.relative))} {way} {level}"


def _description(
    deviation: Deviation,
    sign: Sign | None,
    worth: Stake | None,
    days: DateRange,
    context: Context,
) -> str:
    unit = deviation.series.metric.unit
    form = form_of(unit, context.currency)
    is_level = unit in (Unit.PERCENT, Unit.RATIO)
    mean = "" if days.start == days.end or is_level else " a day"
    stays = (
        " and stays there"
        if deviation.shape is Shape.SHIFT and deviation.end == context.last
        else ""
    )
    text = (
        f"It was {form(deviation.actual)}{mean} {when(days.start, days.end)}{stays}, where "
        f"{form(deviation.expected)} was to be expected."
    )
    own = deviation.series
    known = causes(context.occasions, own, own.days[deviation.start], own.days[deviation.end])
    if known:
        text += f" In the calendar: {words.listing(known)}."
    if sign is not None:
        return f"{text} {_TRACKING[sign]}"
    if worth is not None and deviation.series.metric.name != "spend":
        verb = "more" if worth.amount > 0 else "less"
        low, high = sorted((abs(worth.interval.lower), abs(worth.interval.upper)))
        if worth.interval.lower > 0 or worth.interval.upper < 0:
            amounts = (
                f"{words.money(low, context.currency)} to {words.money(high, context.currency)}"
            )
            text += f" That accounts for {amounts} {verb}."
    return text


def _advice(series: MetricSeries, sign: Sign | None) -> str:
    if sign is Sign.INCOMPLETE:
        return "Load the last day again once it is over, then look again."
    if sign is not None:
        return "Check the measurement tag and the import of these days before acting on any rate."
    return _CHECK[series.metric.name]


def _missing(gap: Gap, context: Context) -> Anomaly:
    first = gap.series[0]
    days = DateRange(start=date_of(first.days[gap.start]), end=date_of(first.days[gap.end]))
    names = words.listing([series_name(one).lower() for one in gap.series])
    is_sales = any(one.metric.name in ("revenue", "orders") for one in gap.series)
    state = "late" if gap.is_late else "missing"
    name = names[0].upper() + names[1:]
    return Anomaly(
        id="A" + _digest("gap", first.key, str(gap.start), str(first.days[gap.start])),
        type=AnomalyType.OUTLIER,
        severity=Severity.CRITICAL if is_sales and gap.end - gap.start >= 1 else Severity.WARNING,
        metric=first.metric.name,
        date_range=days,
        title=f"{name}: data are {state}",
        description=f"There is no record {when(days.start, days.end)}, so nothing can be said of "
        "these days; no drop is reported for them.",
        confidence=Confidence.HIGH,
        recommendation="Import the days that are missing; the figures follow by themselves.",
        metric_label=series_name(first),
        unit=first.metric.unit,
        dimension=first.scope.dimension,
        element=first.scope.element,
        series=first.key,
        direction=Direction.STABLE,
        is_bad=True,
        is_tracking_problem=True,
        actual=None,
        expected=None,
        expected_interval=None,
        deviation_percent=None,
        money_at_stake=None,
        money_at_stake_interval=None,
        story=None,
        chart=chart_of(first, None, range(gap.start, gap.end + 1), context.last),
        breakdowns=(),
    )


def _story(story_id: str, members: Sequence[Anomaly]) -> Story:
    main, others = members[0], members[1:]
    names = list(dict.fromkeys(other.metric_label for other in others))
    about = "one tracking problem" if main.is_tracking_problem else "one event"
    return Story(
        id=story_id,
        title=main.title,
        explanation=f"Seen in {words.count(len(members), 'metric')} on the same days, so told as "
        f"{about}: also {words.listing([name[0].lower() + name[1:] for name in names])}.",
        anomalies=tuple(member.id for member in members),
    )


def _key(deviation: Deviation) -> str:
    days = deviation.series.days
    return f"{deviation.series.key}|{days[deviation.start]}|{days[deviation.end]}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
