"""What to do, from everything that the suite knows, the most valuable first.

Every recommendation carries its impact as a 90 % interval with its source, or says that it is not
known. Moves of budget are small steps (a tenth of the spend), because a marginal return holds for
the next unit and not for any number of them.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence

from apportion import words
from apportion.insights.knowledge import Knowledge
from apportion.insights.labels import when
from apportion.insights.metrics import METRICS
from apportion.results.base import Interval
from apportion.results.incrementality import ExperimentStatus
from apportion.results.insights import (
    Anomaly,
    Direction,
    Priority,
    Recommendation,
    Severity,
    Story,
    Trend,
)
from apportion.results.mmm import ChannelEffect, HowSure

STEP = 0.1
"""Share of a channel's spend that a step moves."""
STALE_DAYS = 45
"""After the last week that a model has seen, it no longer speaks of now."""
WEEKS_A_MONTH = 365.25 / 12 / 7
HIGH, MEDIUM = 0.01, 0.002
"""Share of a month's revenue from which a middle estimate is of high, of medium priority."""
MOST = 10
FIRM = (HowSure.VERY_SURE, HowSure.FAIRLY_SURE)
STARTED = (ExperimentStatus.RUNNING, ExperimentStatus.COMPLETED)
MMM_PAGE = "/admin/attribution/mmm"
TESTS_PAGE = "/admin/attribution/incrementality"
INSIGHTS_PAGE = "/admin/attribution/ai-insights"
JOURNEYS_PAGE = "/admin/attribution/journeys"
DATA_PAGE = "/data"


def recommend(
    anomalies: Sequence[Anomaly],
    stories: Sequence[Story],
    trends: Sequence[Trend],
    knowledge: Knowledge,
    *,
    month: float,
    currency: str,
    today: dt.date,
) -> list[Recommendation]:
    """Give what to do, by expected value.

    Parameters
    ----------
    month : float
        Revenue of an ordinary month.
    today : date
        The last day of data.
    """
    found = [
        *_of_anomalies(anomalies, stories, currency),
        *_of_trends(trends),
        *_of_model(knowledge, currency, today),
        *_of_experiments(knowledge, today),
        *_of_attribution(knowledge),
    ]
    weighed = [_with_priority(one, month) for one in found]
    order = list(Priority)
    weighed.sort(key=lambda one: (order.index(one.priority), -_value(one)))
    return weighed[:MOST]


def _of_anomalies(
    anomalies: Sequence[Anomaly], stories: Sequence[Story], currency: str
) -> Iterator[Recommendation]:
    followers = {other for story in stories for other in story.anomalies[1:]}
    for anomaly in anomalies:
        if anomaly.id in followers or not anomaly.is_bad or anomaly.severity is Severity.INFO:
            continue
        days = words.days_name(anomaly.date_range.start, anomaly.date_range.end)
        if anomaly.is_tracking_problem:
            yield _make(
                "tracking",
                anomaly.id,
                f"Repair the recording of {_lower(anomaly.metric_label)} ({days})",
                f"{anomaly.description} Until then every rate of these days misleads.",
                "not known: the data are missing",
                None,
                "Anomalies of this page",
                (
                    "Check the measurement tag and consent banner for these days.",
                    "Import the days again if the source has them.",
                    "Mark the anomaly as expected if the gap is known and will stay.",
                ),
                DATA_PAGE,
                Priority.HIGH if anomaly.severity is Severity.CRITICAL else Priority.MEDIUM,
            )
            continue
        impact = anomaly.money_at_stake_interval
        lost = None if impact is None else Interval(lower=-impact.upper, upper=-impact.lower)
        said = "not known" if lost is None else f"{_span(lost, currency)} lost"
        yield _make(
            "anomaly",
            anomaly.id,
            f"Find out why {_lower(anomaly.metric_label)} {METRICS[anomaly.metric].was} "
            f"{words.percent(abs(anomaly.deviation_percent or 0.0))} "
            f"{'above' if anomaly.direction is Direction.UP else 'below'} normal "
            f"{when(anomaly.date_range.start, anomaly.date_range.end)}",
            anomaly.description,
            said,
            lost,
            "Anomalies of this page: money at stake on these days, 90%",
            (anomaly.recommendation, *_where(anomaly)),
            INSIGHTS_PAGE,
            Priority.HIGH if anomaly.severity is Severity.CRITICAL else Priority.MEDIUM,
        )


def _where(anomaly: Anomaly) -> Iterator[str]:
    for breakdown in anomaly.breakdowns:
        main = max(breakdown.parts, key=lambda part: part.share)
        if main.share > 0:
            yield (
                f"Begin with {main.name}: it accounts for {words.share(main.share)} of the change "
                f"by {breakdown.dimension}."
            )


def _of_trends(trends: Sequence[Trend]) -> Iterator[Recommendation]:
    for trend in trends:
        if trend.is_good is False and trend.dimension == "total":
            yield _make(
                "trend",
                trend.id,
                f"Turn {_lower(trend.metric_label)} around",
                f"{trend.description} {trend.projected_impact}",
                trend.projected_impact.removeprefix("If it goes on, ").rstrip("."),
                None,
                f"Trend of this page, {words.day(trend.period.end)}",
                (
                    "Look at which channel or region moved it in the breakdowns above.",
                    "Decide what would show within a month that it has turned.",
                ),
                INSIGHTS_PAGE,
                Priority.MEDIUM,
            )


def _of_model(knowledge: Knowledge, currency: str, today: dt.date) -> Iterator[Recommendation]:
    model = knowledge.model
    if knowledge.newest_failed:
        yield _make(
            "refused_model",
            "refused",
            "See why the newest media mix model was refused",
            knowledge.newest_failed,
            "not known",
            None,
            "Media mix model",
            ("Open Media mix and read the reason.", "Mend the data, then train again."),
            MMM_PAGE,
            Priority.MEDIUM,
        )
    if model is None or not model.channels or model.estimate_window is None:
        return
    source = f"Media mix model, version {model.version}, first-order from the marginal return"
    for effect in model.channels:
        if effect.how_sure not in FIRM:
            continue
        low, high = effect.marginal_roi_interval.lower, effect.marginal_roi_interval.upper
        step = STEP * effect.current_spend * WEEKS_A_MONTH
        name = words.channel_name(effect.channel)
        spend = words.money(STEP * effect.current_spend, currency)
        if high < 1:
            yield _make(
                "reduce",
                effect.channel,
                f"Take {spend} a week out of {name}",
                _marginal(name, effect, currency),
                f"{_span(Interval(lower=step * (1 - high), upper=step * (1 - low)), currency)} "
                "saved a month",
                Interval(lower=step * (1 - high), upper=step * (1 - low)),
                source,
                _steps(name, "less"),
                MMM_PAGE,
                Priority.LOW,
            )
        elif low > 1:
            yield _make(
                "raise",
                effect.channel,
                f"Put {spend} more a week into {name}",
                _marginal(name, effect, currency),
                f"{_span(Interval(lower=step * (low - 1), upper=step * (high - 1)), currency)} "
                "more a month, after the spend",
                Interval(lower=step * (low - 1), upper=step * (high - 1)),
                source,
                _steps(name, "more"),
                MMM_PAGE,
                Priority.LOW,
            )
    age = (today - model.estimate_window.end).days
    if age > STALE_DAYS:
        yield _make(
            "stale_model",
            model.model_id,
            "Train the media mix model again",
            f"It has seen data to {words.day(model.estimate_window.end)}, {age} days ago.",
            "not known",
            None,
            "Media mix model",
            ("Open Media mix and train.",),
            MMM_PAGE,
            Priority.MEDIUM,
        )


def _of_experiments(knowledge: Knowledge, today: dt.date) -> Iterator[Recommendation]:
    for test in knowledge.experiments:
        if test.status is ExperimentStatus.RUNNING and test.end_date < today:
            yield _make(
                "read_out",
                test.id,
                f"Read out the test “{test.name}”",
                f"It ended on {words.day(test.end_date)} and has no result yet.",
                "not known",
                None,
                "Incrementality",
                ("Open the test.", "Check the days after its end are imported.", "Read it out."),
                TESTS_PAGE,
                Priority.HIGH,
            )
    untested = _widest_untested(knowledge)
    if untested is not None:
        name = words.channel_name(untested.channel)
        interval = untested.current_roi_interval
        yield _make(
            "test",
            untested.channel,
            f"Test {name} before moving its budget",
            f"It was never tested, and its return reaches from {words.ratio(interval.lower)} to "
            f"{words.ratio(interval.upper)}: the widest of all channels by money.",
            "not known: the data cannot tell yet",
            None,
            "Media mix model and Incrementality",
            ("Create a test with holdout regions.", "Run it four weeks.", "Train the model again."),
            TESTS_PAGE,
            Priority.MEDIUM,
        )


def _widest_untested(knowledge: Knowledge) -> ChannelEffect | None:
    if knowledge.model is None:
        return None
    tested = knowledge.tested_elsewhere | {
        test.channel or test.platform.value
        for test in knowledge.experiments
        if test.status in STARTED
    }
    open_ = [effect for effect in knowledge.model.channels if effect.channel not in tested]

    def width(effect: ChannelEffect) -> float:
        interval = effect.contribution_interval
        return interval.upper - interval.lower

    return max(open_, key=width, default=None)


def _of_attribution(knowledge: Knowledge) -> Iterator[Recommendation]:
    model = knowledge.model
    if model is None or not knowledge.credit:
        return
    for effect in model.channels:
        credit = knowledge.credit.get(effect.channel)
        if credit is None or effect.how_sure not in FIRM:
            continue
        interval = effect.contribution_percent_interval
        if interval.lower <= credit <= interval.upper:
            continue
        name = words.channel_name(effect.channel)
        way = "more" if credit > interval.upper else "less"
        yield _make(
            "attribution",
            effect.channel,
            f"Do not steer {name} by attribution alone",
            f"Attribution gives it {words.percent(credit)} of the credit, the media mix model "
            f"{words.span(interval, words.percent)}: paths show {way} than it caused.",
            "not known",
            None,
            f"Journeys against media mix model, version {model.version}",
            ("Compare both pages.", "Let a test decide where they disagree most."),
            JOURNEYS_PAGE,
            Priority.LOW,
        )


def _marginal(name: str, effect: ChannelEffect, currency: str) -> str:
    unit = words.unit_name(currency)
    return (
        f"The next {unit} in {name} brings {words.ratio(effect.marginal_roi)} "
        f"({words.span(effect.marginal_roi_interval, words.ratio)}, 90%) of revenue, so the step "
        f"{'does not earn itself back' if effect.marginal_roi < 1 else 'earns more than it costs'}"
        f".{_saturated(name, effect, currency)} Whether it earns a profit depends on your margin."
    )


def _saturated(name: str, effect: ChannelEffect, currency: str) -> str:
    point = effect.saturation_point
    if point is None or effect.current_spend <= point:
        return ""
    return (
        f" {name} is saturated: it spends {words.money(effect.current_spend, currency)} a week, "
        f"and from {words.money(point, currency)} on returns fall off."
    )


def _steps(name: str, way: str) -> tuple[str, ...]:
    return (
        f"Open the budget plan in Media mix and set {name} a tenth {way}.",
        "Change it in one step and keep the rest as it is for two weeks.",
        "Look here for an anomaly in orders, then take the next step.",
    )


def _make(
    kind: str,
    about: str,
    title: str,
    description: str,
    impact: str,
    interval: Interval | None,
    source: str,
    steps: tuple[str, ...],
    link: str,
    priority: Priority,
) -> Recommendation:
    return Recommendation(
        id="R" + hashlib.sha256(f"{kind}|{about}".encode()).hexdigest()[:12],
        priority=priority,
        title=title,
        description=description,
        estimated_impact=impact,
        estimated_impact_interval=interval,
        impact_source=source,
        action_steps=steps,
        link=link,
        kind=kind,
        facts=(about,),
    )


def _with_priority(one: Recommendation, month: float) -> Recommendation:
    """Raise the priority where the money says so; it is never lowered."""
    if one.estimated_impact_interval is None or month <= 0:
        return one
    share = _value(one) / month
    by_money = (
        Priority.HIGH if share >= HIGH else Priority.MEDIUM if share >= MEDIUM else Priority.LOW
    )
    order = list(Priority)
    best = min(one.priority, by_money, key=order.index)
    return one.model_copy(update={"priority": best})


def _value(one: Recommendation) -> float:
    interval = one.estimated_impact_interval
    return 0.0 if interval is None else (interval.lower + interval.upper) / 2


def _span(interval: Interval, currency: str) -> str:
    return words.span(interval, lambda value: words.money(value, currency))


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
