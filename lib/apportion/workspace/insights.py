"""The insights of one tenant: find, tell, store, and respect what people say of them."""

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from apportion.config import Settings
from apportion.errors import (
    ConflictError,
    FieldError,
    NotEnoughDataError,
    NotFoundError,
)
from apportion.frames import EVENTS, conform
from apportion.results.accounts import Actor
from apportion.results.insights import (
    AIInsightsData,
    Anomaly,
    Answer,
    Feedback,
    Summary,
    TokenUse,
    Verdict,
)
from apportion.results.runs import Run
from apportion.store import TenantStore
from apportion.workspace.runs import RunsWorkspace

DEFAULT_DAYS = 30
QUESTIONS_AN_HOUR = 20
LONGEST_QUESTION = 300
FEWEST_DAYS, MOST_DAYS = 7, 366
LATEST_RUNS = 20
"""Among so many, the one that goes on is looked for."""
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

    def request(
        self,
        start: str | dt.date | None = None,
        end: str | dt.date | None = None,
        *,
        requested_by: Actor | None = None,
    ) -> Run:
        """Ask for the insights of a range to be found, told and stored anew, in the background.

        Raises
        ------
        FieldError, NotEnoughDataError
            As :meth:`range_of`.
        AlreadyRequestedError
            If a run of the same range waits or runs; it names the run.
        ForbiddenError
            If who asks may only look.
        """
        first, last = self.range_of(start, end)
        parameters = {"start": str(first), "end": str(last), "force": "true"}
        return self._runs.request("ai_insights", parameters, requested_by=requested_by)

    def going_on(self, start: dt.date, end: dt.date) -> Run | None:
        """Give the run that waits or runs for a range; None: there is none."""
        days = {"start": str(start), "end": str(end)}
        return next(
            (
                run
                for run in self._runs.list(LATEST_RUNS)
                if run.kind == "ai_insights"
                and not run.status.has_ended
                and days.items() <= run.parameters.items()
            ),
            None,
        )

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
        """Whether Claude can be asked at all: a key is set."""
        key = self._settings.claude_api_key
        return key is not None and bool(key.get_secret_value())

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
        question = question.strip()
        if not question or len(question) > LONGEST_QUESTION:
            found = f"{len(question)} characters"
            raise FieldError("question", found=found, allowed=f"1 to {LONGEST_QUESTION} characters")
        now = dt.datetime.now(dt.UTC)
        if self._store.questions_since(now - dt.timedelta(hours=1)) >= QUESTIONS_AN_HOUR:
            raise ConflictError(
                f"{QUESTIONS_AN_HOUR} questions were asked within an hour. Ask again later."
            )
        if not self.can_ask:
            return Answer(
                question=question, sentences=(), figures=(), is_answered=False, reason="no_key"
            )
        # Here and not above: it brings SciPy and the client, which showing insights does without.
        from apportion.workspace.insights_told import answered

        return answered(
            self._store, self._settings, question, self.show, now=now, today=self.data_through()
        )

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
        from apportion.workspace.insights_data import circumstances_of, sources_of

        begin = first_day_needed(first, last)
        sources = sources_of(self._store, begin, last)
        return analyse(sources, first, last, circumstances_of(self._store, begin, last))

    def _told(self, found: AIInsightsData, *, force: bool) -> AIInsightsData:
        """Have Claude write the summary; by rules, with the reason, if nothing can be shown."""
        if not self.can_ask:
            return _with_summary(found, found.summary.model_copy(update={"reason": "no_key"}))
        from apportion.workspace.insights_told import written

        days = found.date_range
        before = self._stored(days.start, days.end, at_any_age=True)
        told = written(self._store, self._settings, found, before, force=force)
        return _with_summary(found, told)


def _with_summary(found: AIInsightsData, summary: Summary) -> AIInsightsData:
    text = " ".join(summary.sentences)
    return found.model_copy(update={"summary": summary, "executive_summary": text})


def _day(value: str | dt.date | None, name: str) -> dt.date | None:
    if not value or isinstance(value, dt.date):
        return value or None
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise FieldError(name, found=repr(value), allowed="a date as YYYY-MM-DD") from error
