"""What a question may be answered from: one tenant's figures, looked up and never changed."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from apportion import words
from apportion.errors import NotFoundError
from apportion.insights.key_metrics import value_of
from apportion.insights.labels import form_of, series_name
from apportion.insights.metrics import Sources, series_of
from apportion.narration.ask import AnomaliesAsked, Finding, MetricsAsked
from apportion.results.insights import AIInsightsData
from apportion.results.mmm import ModelStatus
from apportion.store import TenantStore
from apportion.workspace.insights_data import JOURNEY_DAYS

MOST = 8
FOUND = ("anomaly", "tracking", "cause")


class Answers:
    """The look-ups of one tenant.

    Parameters
    ----------
    store : TenantStore
    sources : callable
        Gives the sources from one day to another.
    insights : callable
        Gives the insights of a range.
    """

    def __init__(
        self,
        store: TenantStore,
        sources: Callable[[dt.date, dt.date], Sources],
        insights: Callable[[str, str], AIInsightsData],
    ) -> None:
        self._store = store
        self._sources = sources
        self._insights = insights

    def metrics(self, asked: MetricsAsked) -> Sequence[Finding]:
        """Give a metric of some days, and of as many days before."""
        start, end = dt.date.fromisoformat(asked.start), dt.date.fromisoformat(asked.end)
        length = min((end - start).days + 1, 400)
        if length < 1:
            return ()
        begin = start - dt.timedelta(days=length)
        day = np.timedelta64(1, "D")
        days = np.arange(np.datetime64(begin, "D"), np.datetime64(end, "D") + day, day)
        found = [
            series
            for series in series_of(self._sources(begin, end), days)
            if series.metric.name == asked.metric and series.scope.dimension == asked.by
        ]
        findings = []
        for series in found[:MOST]:
            now = value_of(series, np.arange(days.size - length, days.size))
            before = value_of(series, np.arange(days.size - length))
            if now is None:
                continue
            form = form_of(series.metric.unit, self._store.tenant.currency)
            when = f"{words.day(start)} to {words.day(end)}"
            clause = f"{series_name(series)} {series.metric.was} {form(now)} from {when}"
            if before:
                change = 100 * (now / before - 1)
                way = "more" if change > 0 else "less"
                clause += f", {words.percent(abs(change))} {way} than in the {length} days before"
            findings.append(
                Finding(
                    clause,
                    f"Imported data of {when}",
                    {"metric": asked.metric, "value": now, "before": before, "by": asked.by},
                    (series.scope.element,) if series.scope.element else (),
                )
            )
        return findings

    def anomalies(self, asked: AnomaliesAsked) -> Sequence[Finding]:
        """Give what stood out within some days."""
        found = self._insights(asked.start, asked.end)
        days = f"{words.day(found.date_range.start)} to {words.day(found.date_range.end)}"
        return [
            Finding(
                fact.clause,
                f"Anomalies of {days}",
                {
                    "kind": fact.kind,
                    "metric": fact.metric,
                    "direction": fact.direction.value,
                    "percent": fact.value,
                    "start": str(fact.days.start),
                    "end": str(fact.days.end),
                },
            )
            for fact in found.facts
            if fact.kind in FOUND
        ]

    def media_mix(self) -> Sequence[Finding]:
        """Give what each channel's next unit of spend earns, with its interval."""
        try:
            model = self._store.model()
        except NotFoundError:
            return ()
        if model.status is not ModelStatus.COMPLETED:
            return ()
        unit = words.unit_name(model.currency)
        return [
            Finding(
                f"{words.channel_name(effect.channel)} returns {words.ratio(effect.current_roi)} "
                f"({words.span(effect.current_roi_interval, words.ratio)}, 90%) on a {unit} now, "
                f"and its next {unit} {words.ratio(effect.marginal_roi)} "
                f"({words.span(effect.marginal_roi_interval, words.ratio)})",
                f"Media mix model, version {model.version}",
                {
                    "roi": effect.current_roi,
                    "marginal_roi": effect.marginal_roi,
                    "how_sure": effect.how_sure.value,
                },
                (effect.channel,),
            )
            for effect in model.channels
        ]

    def experiments(self) -> Sequence[Finding]:
        """Give the tests, with the lift of those that were read out."""
        found = []
        for test in self._store.experiments()[:MOST]:
            clause = f"the test “{test.name}” is {test.status.value}"
            lift = None
            if test.results is not None:
                lift = test.results.incremental_lift_percent
                interval = test.results.incremental_lift_percent_interval
                clause += (
                    f": lift {words.percent(lift)} ({words.span(interval, words.percent)}, 90%)"
                )
            channel = test.channel or test.platform.value
            about = {"status": test.status.value, "lift_percent": lift}
            found.append(Finding(clause, "Incrementality", about, (channel,)))
        return found

    def paths(self) -> Sequence[Finding]:
        """Give the most common paths to an order."""
        try:
            analysis = self._store.journey_results(JOURNEY_DAYS)
        except NotFoundError:
            return ()
        total = max(analysis.paths.conversions, 1)
        return [
            Finding(
                f"{words.share(path.count / total)} of orders came by "
                f"{' → '.join(map(words.channel_name, path.path))}",
                f"Journeys, {JOURNEY_DAYS} days before an order",
                {"orders": path.count, "share_percent": 100 * path.count / total},
                tuple(path.path),
            )
            for path in analysis.paths.common_paths[:MOST]
        ]

    def names(self) -> Sequence[str]:
        """Give every channel, campaign, region and test by name, and the company's own."""
        return self._names

    @cached_property
    def _names(self) -> tuple[str, ...]:
        spend = self._store.spend(*self._recent)
        outcomes = self._store.outcomes(*self._recent)
        found: set[str] = {self._store.tenant.name, self._store.tenant.slug}
        for column in (spend["channel"], spend["campaign"], outcomes["region"]):
            found |= {str(name) for name in column.unique()}
        channels = {words.channel_name(str(name)) for name in spend["channel"].unique()}
        tests = {test.name for test in self._store.experiments()}
        return tuple(sorted((found | channels | tests) - {""}))

    @property
    def _recent(self) -> tuple[dt.date | None, None]:
        last = self._store.covers("outcomes").last
        return (None if last is None else last - dt.timedelta(days=400)), None
