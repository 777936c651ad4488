"""Everything that is to be said of a tenant's range of days, in one call and without a network."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from apportion.errors import NotEnoughDataError
from apportion.insights import tracking
from apportion.insights.calendar import Occasion
from apportion.insights.detection import FEWEST_DAYS, detect
from apportion.insights.facts import facts_of
from apportion.insights.health import health
from apportion.insights.key_metrics import key_metrics
from apportion.insights.knowledge import Knowledge
from apportion.insights.metrics import Sources, series_of
from apportion.insights.outlook import DAYS_A_MONTH, outlook
from apportion.insights.recommendations import recommend
from apportion.insights.reports import Context, report
from apportion.insights.rules import summary_by_rules
from apportion.insights.series import Days, MetricSeries
from apportion.insights.stakes import ordinary_day
from apportion.results.insights import AIInsightsData, Coverage, Fact
from apportion.results.mmm import DateRange

HISTORY_DAYS = 400
"""Before the last day, over which a series is judged."""
MEMORY_DAYS = 370
"""Before the first day, for the comparison with last year."""


@dataclass(frozen=True)
class Circumstances:
    """What the analysis needs to know besides the data.

    Parameters
    ----------
    currency : str
    occasions : sequence of Occasion
        The calendar.
    muted : frozenset of str
        Keys of series that nobody wants to hear of.
    knowledge : Knowledge
        What the other apps know.
    now : datetime
    """

    currency: str
    now: dt.datetime
    occasions: Sequence[Occasion] = ()
    muted: frozenset[str] = frozenset()
    knowledge: Knowledge = field(default_factory=Knowledge)


def first_day_needed(start: dt.date, end: dt.date) -> dt.date:
    """Give the first day of data that the analysis of a range uses."""
    return min(end - dt.timedelta(days=HISTORY_DAYS), start - dt.timedelta(days=MEMORY_DAYS))


def analyse(
    sources: Sources, start: dt.date, end: dt.date, circumstances: Circumstances
) -> AIInsightsData:
    """Give everything that is to be said of the days from `start` to `end`.

    The summary is by rules; who has a key lets Claude write another from the same facts.

    Raises
    ------
    NotEnoughDataError
        If no metric has four weeks of data.
    """
    first, last = (np.datetime64(day, "D") for day in (start, end))
    day = np.timedelta64(1, "D")
    days: Days = np.arange(np.datetime64(first_day_needed(start, end), "D"), last + day, day)
    series = series_of(sources, days)
    recent = [_recent(one) for one in series]
    heard = [one for one in recent if one.key not in circumstances.muted]
    detected = detect(heard, first, last, circumstances.occasions)
    if not detected.watched:
        longest = max((int(np.isfinite(one.daily).sum()) for one in series), default=0)
        raise NotEnoughDataError(
            f"The longest metric has {longest} days of data; insights need at least "
            f"{FEWEST_DAYS}. Import daily outcomes or spend of the last months."
        )
    position = detected.watched[0].days.size - 1
    signs = tracking.signs(detected.deviations, position)
    gaps = tracking.gaps(heard, first, last)
    currency = circumstances.currency
    anomalies, stories = report(
        detected, signs, gaps, Context(currency, position, circumstances.occasions)
    )
    metrics = key_metrics(series, first, last)
    trends = outlook(heard, first, last, currency, circumstances.occasions)
    score = health(metrics, anomalies, stories, start, end)
    advice = recommend(
        anomalies,
        stories,
        trends,
        circumstances.knowledge,
        month=ordinary_day(recent) * DAYS_A_MONTH,
        currency=currency,
        today=end,
    )
    period = DateRange(start=start, end=end)
    facts = facts_of(period, metrics, anomalies, stories, trends, advice, score, currency)
    summary = summary_by_rules(
        facts, reason="", fingerprint=fingerprint(facts), written_at=circumstances.now
    )
    return AIInsightsData(
        date_range=period,
        executive_summary=" ".join(summary.sentences),
        health_score=score.score,
        anomalies=tuple(anomalies),
        trends=tuple(trends),
        recommendations=tuple(advice),
        summary=summary,
        health=score,
        key_metrics=tuple(metrics),
        stories=tuple(stories),
        facts=tuple(facts),
        coverage=Coverage(
            series_watched=len(detected.watched),
            days_of_history=int(np.isfinite(detected.watched[0].daily).sum()),
            data_through=end,
            muted=len(recent) - len(heard),
            expected=detected.explained,
        ),
        currency=currency,
        generated_at=circumstances.now,
    )


def fingerprint(facts: Iterable[Fact], *more: str) -> str:
    """Give a hash of facts, names among them, and whatever else a summary depends on."""
    document = json.dumps([[fact.model_dump(mode="json") for fact in facts], *more], sort_keys=True)
    return hashlib.sha256(document.encode()).hexdigest()


def _recent(series: MetricSeries) -> MetricSeries:
    """Give the days over which a series is judged."""
    kept = slice(max(0, series.days.size - HISTORY_DAYS), None)
    return MetricSeries(
        series.metric,
        series.scope,
        series.days[kept],
        series.numerator[kept],
        None if series.denominator is None else series.denominator[kept],
        None if series.worth is None else series.worth[kept],
    )
