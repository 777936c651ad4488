"""The insights page without a browser: what it shows, what a click does, and nothing unescaped."""

import datetime as dt
import re
from types import SimpleNamespace

import pytest

from apportion.errors import AlreadyRequestedError, FieldError
from apportion.results.base import Interval
from apportion.results.insights import (
    AIInsightsData,
    Anomaly,
    AnomalyType,
    Answer,
    Breakdown,
    Confidence,
    Coverage,
    Direction,
    Figure,
    Health,
    HealthPart,
    KeyMetric,
    Priority,
    Recommendation,
    SeriesChart,
    Severity,
    Share,
    Summary,
    SummarySource,
    Trend,
    Verdict,
)
from apportion.results.mmm import DateRange
from apportion.results.runs import Run, RunStatus
from apportion.views.insights import InsightsDashboard, anomalies_frame, facts_frame
from apportion.views.insights.first import first_content
from apportion.views.insights.overview import answer
from apportion.views.insights.reading import Reading

EVIL = '<img src=x onerror="alert(1)">'
START, END = dt.date(2026, 6, 1), dt.date(2026, 6, 30)
NOW = dt.datetime(2026, 7, 1, 6, tzinfo=dt.UTC)
CHART = SeriesChart(
    days=tuple(START + dt.timedelta(days=k) for k in range(4)),
    values=(1.0, 2.0, None, 3.0),
    lower=(0.5, 1.5, 1.5, None),
    upper=(1.5, 2.5, 2.5, None),
    marked=(1, 2),
)


def anomaly(name: str = "Meta", **more: object) -> Anomaly:
    """Give a drop of revenue."""
    given: dict[str, object] = {
        "id": "A1",
        "type": AnomalyType.DROP,
        "severity": Severity.CRITICAL,
        "metric": "revenue",
        "date_range": DateRange(start=END, end=END),
        "title": f"Revenue of {name}, 41% below normal",
        "description": "It was €10.",
        "confidence": Confidence.HIGH,
        "recommendation": "Look.",
        "metric_label": f"Revenue of {name}",
        "unit": "money",
        "dimension": "channel",
        "element": name,
        "series": f"revenue|channel|{name}",
        "direction": Direction.DOWN,
        "is_bad": True,
        "is_tracking_problem": False,
        "actual": 10.0,
        "expected": 17.0,
        "expected_interval": Interval(lower=15, upper=19),
        "deviation_percent": -41.0,
        "money_at_stake": -7.0,
        "money_at_stake_interval": Interval(lower=-9, upper=-5),
        "story": None,
        "chart": CHART,
        "breakdowns": (
            Breakdown(
                method="sum",
                dimension="region",
                before=17.0,
                after=10.0,
                parts=(
                    Share(name=name, amount=-6.0, share=6 / 7, is_unusual=True),
                    Share(name="South", amount=-1.0, share=1 / 7),
                ),
            ),
        ),
    }
    return Anomaly(**{**given, **more})


def insights(name: str = "Meta", *anomalies: Anomaly) -> AIInsightsData:
    """Give insights whose every name is `name`."""
    days = DateRange(start=START, end=END)
    interval = Interval(lower=-5, upper=5)
    return AIInsightsData(
        date_range=days,
        executive_summary=f"Revenue of {name} fell.",
        health_score=72,
        anomalies=anomalies or (anomaly(name),),
        trends=(
            Trend(
                id="T1",
                direction=Direction.STABLE,
                metric="revenue",
                magnitude=1.0,
                magnitude_interval=interval,
                period=days,
                description="No reliable trend.",
                projected_impact="No change can be projected.",
                projected_percent=None,
                projected_percent_interval=None,
                horizon_days=None,
                metric_label=f"Revenue of {name}",
                unit="money",
                dimension="channel",
                element=name,
                series="s",
                is_good=None,
                chart=CHART,
            ),
        ),
        recommendations=(
            Recommendation(
                id="R1",
                priority=Priority.HIGH,
                title=f"Look at {name}",
                description="Why.",
                estimated_impact="€5 to €9 lost",
                estimated_impact_interval=Interval(lower=5, upper=9),
                impact_source="Anomalies",
                action_steps=(f"Open {name}",),
                link="/admin/attribution/mmm",
                kind="anomaly",
                facts=("A1",),
            ),
        ),
        summary=Summary(
            sentences=(f"Revenue of {name} fell.",),
            source=SummarySource.RULES,
            reason="no_key",
            model=None,
            prompt_version="",
            written_at=NOW,
            facts=("F1",),
            known_facts=3,
            fingerprint="f",
        ),
        health=Health(
            score=72,
            parts=(HealthPart(name="a", label="All", points=72, most=100, explanation="72."),),
        ),
        key_metrics=(
            KeyMetric(
                metric="revenue",
                label="Revenue",
                unit="money",
                value=1000.0,
                previous=900.0,
                previous_change_percent=11.1,
                last_year=None,
                last_year_change_percent=None,
                good=1,
                days_known=30,
                daily=(1.0, 2.0, 3.0),
            ),
        ),
        stories=(),
        facts=(),
        coverage=Coverage(
            series_watched=60, days_of_history=365, data_through=END, muted=0, expected=2
        ),
        currency="EUR",
        generated_at=NOW,
    )


class FakeInsights:
    """The part of a workspace that the page asks."""

    can_ask = True

    def __init__(self) -> None:
        self.run: Run | None = None
        self.said: dict[str, Verdict] = {}
        self.events: list[str] = []
        self.asked: list[tuple[object, object]] = []

    def feedback(self) -> dict[str, Verdict]:
        return dict(self.said)

    def say(self, of: Anomaly, verdict: Verdict) -> None:
        self.said[of.id] = verdict

    def withdraw(self, anomaly_id: str) -> None:
        del self.said[anomaly_id]

    def add_event(self, of: Anomaly, name: str) -> None:
        self.events.append(name)

    def ask(self, question: str) -> Answer:
        found = (Figure(text="Revenue was €10.", source="Imported data"),) if question else ()
        return Answer(
            question=question,
            sentences=(),
            figures=found,
            is_answered=bool(found),
            reason="" if found else "nothing_found",
        )

    def data_through(self) -> dt.date:
        return END

    def going_on(self, start: dt.date, end: dt.date) -> Run | None:
        return self.run

    def request(self, start: dt.date, end: dt.date) -> Run:
        if self.run is not None:
            raise AlreadyRequestedError("ai_insights", self.run.id, self.run.status)
        self.run = Run(id="r1", kind="ai_insights", status=RunStatus.QUEUED, created_at=NOW)
        return self.run

    def show(self, start: object, end: object) -> AIInsightsData:
        self.asked.append((start, end))
        if start == "yesterday":
            raise FieldError("start", found="'yesterday'", allowed="a date as YYYY-MM-DD")
        return insights("Google")


class FakeRuns:
    """The run that is asked for, as a worker would carry it on."""

    def __init__(self, insights: FakeInsights) -> None:
        self.insights = insights

    def get(self, run_id: str) -> Run:
        assert run_id == "r1"
        return self.insights.run

    def cancel(self, run_id: str) -> Run:
        return self.becomes(RunStatus.CANCELLED)

    def becomes(self, status: RunStatus, progress: float = 0.0, message: str = "") -> Run:
        """Let the run go on."""
        told = {"status": status, "progress": progress, "message": message}
        self.insights.run = self.insights.run.model_copy(update=told)
        return self.insights.run


class FakeWorkspace:
    """A workspace without a database."""

    member = None

    tenant = SimpleNamespace(timezone="Europe/Berlin")

    def __init__(self) -> None:
        self.insights = FakeInsights()
        self.runs = FakeRuns(self.insights)


@pytest.fixture
def page() -> InsightsDashboard:
    return InsightsDashboard(insights(), FakeWorkspace())


def click(page: InsightsDashboard, act: str, arg: str = "", **fields: str) -> None:
    """Do what the browser reports."""
    page.page._receive(None, {"act": act, "arg": arg, "fields": fields}, None)


def news(page: InsightsDashboard, act: str = "poll") -> str:
    """Ask for news as the browser does by itself; give what is shown."""
    page.progress._receive(None, {"act": act}, None)
    return page.progress.html


def test_writing_again_is_a_run_whose_progress_is_shown_and_then_its_result(page):
    before = page.insights

    click(page, "again")

    assert "Waiting for a worker" in page.progress.html
    assert 'data-poll="1000"' in page.progress.html
    assert page.insights is before
    assert 'data-act="again" disabled' in page.page.html

    page._workspace.runs.becomes(RunStatus.RUNNING, 0.7, "Writing the summary")
    assert "70%" in news(page)
    assert "Writing the summary." in page.progress.html

    page._workspace.runs.becomes(RunStatus.COMPLETED, 1.0)
    assert "Written again" in news(page)
    assert "data-poll" not in page.progress.html
    assert page._workspace.insights.asked == [(START, END)]
    assert "Google" in page.page.html
    assert 'data-act="again" disabled' not in page.page.html


@pytest.mark.parametrize(
    ("end", "said"),
    [(RunStatus.FAILED, "What was written before stays"), (RunStatus.CANCELLED, "was cancelled")],
)
def test_a_run_that_ends_otherwise_leaves_what_is_shown(page, end, said):
    before = page.insights
    click(page, "again")

    page._workspace.runs.becomes(end, message="No data.")

    assert said in news(page)
    assert page.insights is before
    assert page._workspace.insights.asked == []


def test_a_run_can_be_cancelled_from_the_page(page):
    click(page, "again")

    assert "It was cancelled" in news(page, "cancel")


def test_a_run_that_goes_on_already_is_followed(page):
    workspace = FakeWorkspace()
    workspace.insights.request(START, END)
    workspace.runs.becomes(RunStatus.RUNNING, 0.1, "Looking")

    opened = InsightsDashboard(insights(), workspace)
    assert "10%" in opened.progress.html

    page._workspace.insights.run = workspace.insights.run
    click(page, "again")
    assert "10%" in page.progress.html


def test_without_a_run_there_is_nothing_to_poll_or_cancel(page):
    assert news(page) == news(page, "cancel") == ""


def test_names_are_data_and_never_markup():
    shown = InsightsDashboard(insights(EVIL), FakeWorkspace()).page.html

    assert EVIL not in shown
    assert "<img" not in shown
    assert "&lt;img" in shown


def test_the_answer_names_the_gravest_trouble():
    said = answer(Reading(insights()))

    assert said == (
        "Revenue is up 11% on the period before; <em>revenue of Meta was 41% below normal</em>, "
        "30 June"
    )


def test_a_calm_period_is_said_to_be_calm():
    calm = anomaly(severity=Severity.INFO, is_bad=False)

    assert "nothing bad stands out" in answer(Reading(insights("Meta", calm)))


def test_the_source_of_the_summary_is_said(page):
    assert "Written by rules" in page.page.html
    assert "no key for Claude is set" in page.page.html
    by_claude = page.insights.model_copy(
        update={
            "summary": page.insights.summary.model_copy(update={"source": SummarySource.CLAUDE})
        }
    )

    page.insights = by_claude

    assert "Written by Claude" in page.page.html
    assert "It was not written again, because no key for Claude is set" in page.page.html


def test_the_parts_of_a_rate_have_digits_enough_to_add_up():
    parts = (Share(name="A", amount=-0.0012, share=0.6), Share(name="B", amount=-0.0008, share=0.4))
    rate = Breakdown(
        method="rate_and_mix", dimension="region", before=0.027, after=0.025, parts=parts
    )
    shown = InsightsDashboard(insights("x", anomaly(unit="percent", breakdowns=(rate,)))).page.html

    assert all(text in shown for text in ("2.70%", "−0.12%, 60%", "−0.08%, 40%", "2.50%"))


def test_a_waterfall_says_every_part_with_its_share(page):
    text = re.sub(r"<[^>]+>", " ", page.page.html)

    assert "Before" in text
    assert "−€6, 86% of the change" in text
    assert "−€1, 14% of the change" in text


def test_a_day_without_record_is_a_gap_in_the_line(page):
    assert page.page.html.count('class="gap"') == 2  # the anomaly's and the trend's chart


def test_presets_and_own_dates_show_other_days(page):
    click(page, "days", "90")
    click(page, "range", start="2026-05-01", end="2026-05-30")

    asked = page._workspace.insights.asked
    assert asked == [(END - dt.timedelta(days=89), END), ("2026-05-01", "2026-05-30")]
    assert "Google" in page.page.html


def test_a_refusal_is_shown_and_nothing_else_changes(page):
    before = page.insights

    click(page, "range", start="yesterday", end="")

    assert page.insights is before
    assert "start: found &#39;yesterday&#39;" in page.page.html


@pytest.mark.parametrize(
    ("act", "arg"),
    [("days", "9999"), ("say", "A1|delete"), ("say", "nobody|mute"), ("boom", ""), ("event", "x")],
)
def test_what_a_browser_makes_up_does_nothing(page, act, arg):
    click(page, act, arg, name="x")

    assert page._workspace.insights.said == {}
    assert page._workspace.insights.asked == []
    assert page._workspace.insights.events == []


def test_feedback_is_given_taken_back_and_becomes_an_event(page):
    click(page, "say", "A1|expected")
    assert page._workspace.insights.said == {"A1": Verdict.EXPECTED}
    assert "Add these days to the event calendar" in page.page.html

    click(page, "event", "A1", name="Flash sale")
    assert page._workspace.insights.events == ["Flash sale"]

    click(page, "say", "A1|expected")
    assert page._workspace.insights.said == {}


def test_without_a_workspace_the_page_only_shows():
    shown = InsightsDashboard(insights()).page.html

    assert 'data-act="say"' not in shown
    assert "Write again" not in shown


def test_too_little_data_say_why_and_the_way_out():
    shown = InsightsDashboard(None, reason="The longest metric has 9 days.").page.html

    assert "The longest metric has 9 days." in shown
    assert "/data" in shown


def test_the_first_response_has_the_page_top():
    shown = first_content(insights(EVIL), SimpleNamespace(timezone="Europe/Berlin"))

    assert "In short" in shown
    assert "€1,000" in shown
    assert "<img" not in shown


def test_tables_for_analysts():
    assert anomalies_frame(insights()).loc[0, "metric"] == "Revenue of Meta"
    assert facts_frame(insights()).empty


def test_an_answer_comes_with_the_source_of_each_figure(page):
    click(page, "ask", question="revenue?")
    assert "Revenue was €10.<small>Source: Imported data</small>" in page.page.html

    click(page, "ask", question="")
    assert "your data hold no answer" in page.page.html
