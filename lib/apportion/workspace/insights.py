"""The insights of one tenant: find, tell, store, and respect what people say of them."""

import datetime as dt
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from apportion.config import Settings
from apportion.errors import (
    ConflictError,
    FieldError,
    NotEnoughDataError,
    NotFoundError,
)
from apportion.frames import EVENTS, conform
from apportion.results.insights import (
    AIInsightsData,
    Anomaly,
    Answer,
    Feedback,
    Summary,
    TokenUse,
    Verdict,
)
from apportion.results.journeys import AttributionModel
from apportion.results.mmm import MMMResults, ModelStatus
from apportion.store import TenantStore
from apportion.workspace.runs import RunsWorkspace

if TYPE_CHECKING:  # SciPy, which a page that shows stored insights does not need
    from apportion.insights.analysis import Circumstances
    from apportion.insights.calendar import Occasion
    from apportion.insights.knowledge import Knowledge
    from apportion.insights.metrics import Sources

log = logging.getLogger("apportion.insights")

DEFAULT_DAYS = 30
QUESTIONS_AN_HOUR = 20
FEWEST_DAYS, MOST_DAYS = 7, 366
JOURNEY_DAYS: Literal[30] = 30
"""Before a conversion, of the attribution that is compared with the model."""
SOURCES = ("outcomes", "spend")
"""The last day of either is the last day of data."""


class InsightsWorkspace:
    """What changed, whether it matters, and what to do."""

    def __init__(self, store: TenantStore, runs: RunsWorkspace, settings: Settings) -> None:
        self._store = store
        self._runs = runs
        self._settings = settings

    def data_through(self) -> dt.date:
        """Give the last day of data.

        Raises
        ------
        NotEnoughDataError
            If there are none.
        """
        last = [self._store.covers(dataset).last for dataset in SOURCES]
        known = [day for day in last if day is not None]
        if not known:
            raise NotEnoughDataError(
                "There are no daily data yet. Import spend and outcomes, about two months of both."
            )
        return max(known)

    def range_of(
        self, start: str | dt.date | None = None, end: str | dt.date | None = None
    ) -> tuple[dt.date, dt.date]:
        """Give the first and last day that are meant; by default the last 30 days of data.

        Raises
        ------
        FieldError
            If one is no date, they are the wrong way round, too near or too far apart, or there are
            no data at the end.
        NotEnoughDataError
            If there are no data at all.
        """
        through = self.data_through()
        last = _day(end, "end") or through
        first = _day(start, "start") or last - dt.timedelta(days=DEFAULT_DAYS - 1)
        if last > through:
            raise FieldError("end", found=str(last), allowed=f"days up to {through}, the last one")
        length = (last - first).days + 1
        if not FEWEST_DAYS <= length <= MOST_DAYS:
            allowed = f"{FEWEST_DAYS} to {MOST_DAYS} days before the end, {last}"
            raise FieldError("start", found=str(first), allowed=allowed)
        return first, last

    def show(
        self, start: str | dt.date | None = None, end: str | dt.date | None = None
    ) -> AIInsightsData:
        """Give the insights of a range: the stored ones, or new ones by rules, which it stores not.

        Stored ones count as long as no file was imported since.

        Raises
        ------
        FieldError, NotEnoughDataError
            As :meth:`range_of`; or if no metric has four weeks of data.
        """
        first, last = self.range_of(start, end)
        stored = self._stored(first, last)
        return self._analyse(first, last) if stored is None else stored

    def show_if_possible(
        self, start: str | dt.date | None = None, end: str | dt.date | None = None
    ) -> tuple[AIInsightsData | None, str]:
        """Give the insights of a range; without enough data None, and the reason in words."""
        try:
            return self.show(start, end), ""
        except NotEnoughDataError as error:
            return None, str(error)

    def stored(self) -> AIInsightsData | None:
        """Give the stored insights of the last 30 days of data; None: there are none."""
        try:
            return self._stored(*self.range_of())
        except NotEnoughDataError:
            return None

    def refresh(
        self,
        start: str | dt.date | None = None,
        end: str | dt.date | None = None,
        *,
        force: bool = False,
    ) -> AIInsightsData:
        """Find the insights of a range anew, have them told, and store them.

        What was stored stays until the new insights are whole.

        Parameters
        ----------
        force : bool
            Have the summary written again though nothing has changed.

        Raises
        ------
        FieldError, NotEnoughDataError
            As :meth:`show`.
        """
        first, last = self.range_of(start, end)
        with self._runs.of_this_process("ai_insights", self._settings.run_id) as run_id:
            self._runs.report(run_id, 0.1, "Looking for what changed")
            found = self._analyse(first, last)
            self._runs.report(run_id, 0.7, "Writing the summary")
            told = self._told(found, force=force)
            self._store.store_insights(told)
        return told

    def token_use(self) -> TokenUse:
        """Give what Claude has cost this month."""
        month = dt.datetime.now(dt.UTC).date().replace(day=1)
        return self._store.token_use(month, self._settings.claude_tokens_a_month)

    def feedback(self) -> Mapping[str, Verdict]:
        """Give what was said of each anomaly, by id."""
        return {said.anomaly: said.verdict for said in self._store.feedback()}

    def say(self, anomaly: Anomaly, verdict: Verdict) -> None:
        """Store what somebody thinks of an anomaly; the next run respects it.

        *Expected* takes its days out for its metric, *mute* the whole metric.
        """
        self._store.give_feedback(
            Feedback(
                anomaly=anomaly.id,
                series=anomaly.series,
                verdict=verdict,
                start=anomaly.date_range.start,
                end=anomaly.date_range.end,
            )
        )

    def withdraw(self, anomaly_id: str) -> None:
        """Forget what was said of an anomaly; NotFoundError if nothing was."""
        self._store.withdraw_feedback(anomaly_id)

    def add_event(self, anomaly: Anomaly, name: str) -> None:
        """Put the days of an anomaly into the event calendar, for every metric.

        Raises
        ------
        FieldError
            If the event has no name.
        """
        name = name.strip()
        if not name or len(name) > 80 or not name.isprintable():
            raise FieldError("name", found=repr(name[:80]), allowed="1 to 80 characters")
        row = {"start": anomaly.date_range.start, "end": anomaly.date_range.end, "name": name}
        self._store.write("events", [conform(pd.DataFrame([row]), EVENTS)])

    @property
    def can_ask(self) -> bool:
        """Whether questions can be answered: a key is set."""
        return self._settings.claude_api_key is not None

    def ask(self, question: str) -> Answer:
        """Have a question answered from this tenant's figures; each comes with its source.

        Who asked and what is not kept, only that it was asked and what it took.

        Raises
        ------
        FieldError
            If the question is empty or too long.
        ConflictError
            If too much was asked within an hour.
        """
        # Here and not above: they bring SciPy and the client, which showing insights does without.
        from apportion.narration.ask import LONGEST_QUESTION, Conversation, ask
        from apportion.narration.budget import Budget
        from apportion.narration.client import NoAnswerError, client_of
        from apportion.workspace.answers import Answers

        question = question.strip()
        if not question or len(question) > LONGEST_QUESTION:
            found = f"{len(question)} characters"
            raise FieldError("question", found=found, allowed=f"1 to {LONGEST_QUESTION} characters")
        now = dt.datetime.now(dt.UTC)
        if self._store.questions_since(now - dt.timedelta(hours=1)) >= QUESTIONS_AN_HOUR:
            raise ConflictError(
                f"{QUESTIONS_AN_HOUR} questions were asked within an hour. Ask again later."
            )
        client = client_of(self._settings)
        if client is None:
            return _no_answer(question, "no_key")
        conversation = Conversation()
        budget = Budget(
            self._store, now.date().replace(day=1), self._settings.claude_tokens_a_month
        )
        try:
            answer = ask(
                client,
                self._settings.claude_model,
                question,
                Answers(self._store, self._sources, self.show),
                budget,
                conversation,
                today=str(self.data_through()),
            )
        except NoAnswerError as error:
            log.warning("A question was not answered: %s", error)
            answer = _no_answer(question, error.reason)
        finally:
            client.close()
        self._store.log_question(
            conversation.tools,
            is_answered=answer.is_answered,
            reason=answer.reason,
            input_tokens=conversation.tokens[0],
            output_tokens=conversation.tokens[1],
        )
        return answer

    def _stored(
        self, first: dt.date, last: dt.date, *, at_any_age: bool = False
    ) -> AIInsightsData | None:
        try:
            found = self._store.insights(first, last)
        except NotFoundError:
            return None
        if at_any_age:
            return found
        imports = self._store.imports()
        is_old = bool(imports) and imports[0].imported_at > found.generated_at
        return None if is_old else found

    def _analyse(self, first: dt.date, last: dt.date) -> AIInsightsData:
        # Here and not above: showing stored insights needs no SciPy.
        from apportion.insights.analysis import analyse, first_day_needed

        begin = first_day_needed(first, last)
        sources = self._sources(begin, last)
        return analyse(sources, first, last, self._circumstances(begin, last))

    def _sources(self, begin: dt.date, last: dt.date) -> "Sources":
        from apportion.insights.metrics import Sources

        return Sources(
            spend=self._store.spend(begin, last),
            outcomes=self._store.outcomes(begin, last),
            customers=self._customers(begin, last),
            touchpoints=self._touchpoints(begin, last),
        )

    def _circumstances(self, begin: dt.date, last: dt.date) -> "Circumstances":
        from apportion.insights.analysis import Circumstances
        from apportion.insights.calendar import occasions_of

        said = self._store.feedback()
        return Circumstances(
            currency=self._store.tenant.currency,
            now=dt.datetime.now(dt.UTC),
            occasions=[
                *occasions_of(self._store.events(begin, last)),
                *(_occasion(one) for one in said if one.verdict is Verdict.EXPECTED),
            ],
            muted=frozenset(one.series for one in said if one.verdict is Verdict.MUTE),
            knowledge=self._knowledge(),
        )

    def _knowledge(self) -> "Knowledge":
        from apportion.insights.knowledge import Knowledge

        newest = self._store.models(limit=1)
        model = self._store.latest_model() if newest else None
        is_refused = bool(newest) and newest[0].status is ModelStatus.FAILED
        return Knowledge(
            model=model if model and model.status is ModelStatus.COMPLETED else None,
            newest_failed=(newest[0].reason or "The training failed.") if is_refused else None,
            experiments=tuple(self._store.experiments()),
            credit=self._credit(model),
        )

    def _credit(self, model: MMMResults | None) -> dict[str, float]:
        """Give each channel's percent of the credit by the Markov chain, among those modelled."""
        try:
            analysis = self._store.journey_results(JOURNEY_DAYS)
        except NotFoundError:
            return {}
        modelled = {effect.channel for effect in model.channels} if model else set()
        table = next(table for table in analysis.credit if table.dimension == "channel")
        credit = {
            row.name: next(c.revenue for c in row.credits if c.model is AttributionModel.MARKOV)
            for row in table.rows
            if row.name in modelled
        }
        total = sum(credit.values())
        return {name: 100 * part / total for name, part in credit.items()} if total > 0 else {}

    def _told(self, found: AIInsightsData, *, force: bool) -> AIInsightsData:
        """Have Claude write the summary; by rules, with the reason, if nothing can be shown."""
        if self._settings.claude_api_key is None:
            return _with_summary(found, found.summary.model_copy(update={"reason": "no_key"}))
        # Here and not above: without a key nobody needs the client, which takes a second to load.
        from apportion.narration.budget import Budget
        from apportion.narration.client import NoAnswerError, client_of
        from apportion.narration.summary import fingerprint_of, write

        days, model = found.date_range, self._settings.claude_model
        facts = list(found.facts)
        fingerprint = fingerprint_of(facts, model, start=days.start, end=days.end)
        before = self._stored(days.start, days.end, at_any_age=True)
        if before is not None and not force and before.summary.fingerprint == fingerprint:
            return _with_summary(found, before.summary)
        client = client_of(self._settings)
        assert client is not None
        limit = self._settings.claude_tokens_a_month
        month = found.generated_at.date().replace(day=1)
        try:
            told = write(
                client,
                model,
                facts,
                Budget(self._store, month, limit),
                fingerprint=fingerprint,
            )
        except NoAnswerError as error:
            log.warning("The summary is by rules: %s", error)
            told = found.summary.model_copy(update={"reason": error.reason})
        finally:
            client.close()
        return _with_summary(found, told)

    def _customers(self, begin: dt.date, last: dt.date) -> pd.DataFrame:
        orders = self._store.conversions(begin, last)
        counted = pd.DataFrame(
            {
                "date": self._days(orders["timestamp"]),
                "orders": 1,
                "new_orders": orders["is_new_customer"].astype("int64"),
            }
        )
        return counted.groupby("date", as_index=False).sum()

    def _touchpoints(self, begin: dt.date, last: dt.date) -> pd.DataFrame:
        touches = self._store.touchpoints(begin, last)
        counted = pd.DataFrame(
            {
                "date": self._days(touches["timestamp"]),
                "device": touches["device"],
                "touchpoints": 1,
            }
        )
        return counted.groupby(["date", "device"], as_index=False).sum()

    def _days(self, timestamps: pd.Series) -> pd.Series:
        local = timestamps.dt.tz_convert(self._store.tenant.timezone)
        days: pd.Series = local.dt.tz_localize(None).dt.normalize()
        return days


def _no_answer(question: str, reason: str) -> Answer:
    return Answer(question=question, sentences=(), figures=(), is_answered=False, reason=reason)


def _with_summary(found: AIInsightsData, summary: Summary) -> AIInsightsData:
    text = " ".join(summary.sentences)
    return found.model_copy(update={"summary": summary, "executive_summary": text})


def _occasion(said: Feedback) -> "Occasion":
    from apportion.insights.calendar import Occasion

    span = (np.datetime64(said.start, "D"), np.datetime64(said.end, "D"))
    return Occasion(f"expected {said.anomaly}", (span,), frozenset({said.series}))


def _day(value: str | dt.date | None, name: str) -> dt.date | None:
    if not value or isinstance(value, dt.date):
        return value or None
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise FieldError(name, found=repr(value), allowed="a date as YYYY-MM-DD") from error
