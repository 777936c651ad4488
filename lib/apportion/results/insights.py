"""What the insights app shows, stores and serves: ``AIInsightsData`` of the specification.

Texts are finished sentences with their figures in them; every figure is also a field or a fact of
its own, so that nobody has to read it out of a sentence. Percentages are in percent.
"""

import datetime as dt
from enum import StrEnum

from pydantic import JsonValue

from apportion.results.base import Interval, Result
from apportion.results.mmm import DateRange


class AnomalyType(StrEnum):
    """What kind of deviation."""

    SPIKE = "spike"
    DROP = "drop"
    PATTERN_BREAK = "pattern_break"
    """A new level, or a week and more off the old one."""
    OUTLIER = "outlier"
    """Days whose values should not be believed: missing, late, or recorded wrongly."""


class Severity(StrEnum):
    """How much it matters: by the money at stake and by whether it is bad."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Confidence(StrEnum):
    """How sure it is that this is no chance."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Direction(StrEnum):
    """Which way."""

    UP = "up"
    DOWN = "down"
    STABLE = "stable"
    """No reliable trend: up, down and level are all possible."""


class Priority(StrEnum):
    """In which order to act."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Verdict(StrEnum):
    """What a person said of an anomaly."""

    USEFUL = "useful"
    EXPECTED = "expected"
    MUTE = "mute"


class SeriesChart(Result):
    """A series with the band that was expected."""

    days: tuple[dt.date, ...]
    values: tuple[float | None, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    """The band holds 90 % of ordinary days."""
    marked: tuple[int, ...]
    """Positions of the days in question."""


class Share(Result):
    """One cause's part of a change."""

    name: str
    amount: float
    """In the unit of what changed; the parts sum to the change."""
    share: float
    """Of the whole change; shares sum to 1."""
    is_unusual: bool = False
    """More than its usual proportion would explain."""


class Breakdown(Result):
    """A change taken apart exactly."""

    method: str
    """``sum``, ``rate_and_mix`` or ``funnel``."""
    dimension: str
    """Channel, region, ...; for a funnel its steps."""
    before: float
    """Of a comparable day before."""
    after: float
    """Of a day in question."""
    parts: tuple[Share, ...]


class Anomaly(Result):
    """Something that was not as it should have been."""

    id: str
    type: AnomalyType
    severity: Severity
    metric: str
    date_range: DateRange
    title: str
    description: str
    confidence: Confidence
    recommendation: str
    metric_label: str
    unit: str
    dimension: str
    element: str
    series: str
    """What identifies the metric and its scope, for feedback."""
    direction: Direction
    is_bad: bool | None
    """None: neither good nor bad in itself."""
    is_tracking_problem: bool
    actual: float | None
    """Mean a day."""
    expected: float | None
    expected_interval: Interval | None
    deviation_percent: float | None
    money_at_stake: float | None
    """Of all the days together; negative: lost. None: not known, or no money in it."""
    money_at_stake_interval: Interval | None
    story: str | None
    """Id of the story it belongs to."""
    chart: SeriesChart
    breakdowns: tuple[Breakdown, ...]


class Story(Result):
    """Anomalies that have one cause, or look so."""

    id: str
    title: str
    explanation: str
    anomalies: tuple[str, ...]
    """Ids, the main one first."""


class Trend(Result):
    """Where a metric is going."""

    id: str
    direction: Direction
    metric: str
    magnitude: float
    """Change over the period in percent, by the slope."""
    magnitude_interval: Interval
    period: DateRange
    description: str
    projected_impact: str
    projected_percent: float | None
    """Change within the horizon if it goes on; None: no reliable trend."""
    projected_percent_interval: Interval | None
    horizon_days: int | None
    metric_label: str
    unit: str
    dimension: str
    element: str
    series: str
    is_good: bool | None
    chart: SeriesChart


class Recommendation(Result):
    """What to do, what it is worth, and where that is known from."""

    id: str
    priority: Priority
    title: str
    description: str
    estimated_impact: str
    estimated_impact_interval: Interval | None
    """In the tenant's currency, a month unless the sentence says otherwise."""
    impact_source: str
    action_steps: tuple[str, ...]
    link: str
    """Path of the page that shows it."""
    kind: str
    facts: tuple[str, ...]


class KeyMetric(Result):
    """A headline figure against the period before and the same days a year ago."""

    metric: str
    label: str
    unit: str
    value: float
    previous: float | None
    previous_change_percent: float | None
    last_year: float | None
    last_year_change_percent: float | None
    good: int
    """1: more is better, -1: less is better, 0: neither."""
    days_known: int
    daily: tuple[float | None, ...]


class HealthPart(Result):
    """One part of the health score."""

    name: str
    label: str
    points: float
    most: float
    explanation: str
    """The arithmetic, with its figures."""


class Health(Result):
    """The score and what it is made of; the parts' points sum to it."""

    score: int
    parts: tuple[HealthPart, ...]


class Fact(Result):
    """Something established, that a sentence may say."""

    id: str
    kind: str
    """``change``, ``last_year``, ``anomaly``, ``tracking``, ``cause``, ``trend``, ``health`` or
    ``action``."""
    metric: str
    direction: Direction
    value: float
    unit: str
    alias: str | None
    """What its element is called where names do not go; None: it is about the whole."""
    days: DateRange
    clause: str
    """The fact in words, with its figures, as it stands within a sentence."""
    rank: float
    """How much it matters: the larger, the more."""


class SummarySource(StrEnum):
    """Who chose the sentences."""

    CLAUDE = "claude"
    RULES = "rules"


class Summary(Result):
    """The executive summary and where it comes from."""

    sentences: tuple[str, ...]
    source: SummarySource
    reason: str
    """Why Claude wrote none, the last time that it was asked; empty if it did. Where the source is
    Claude all the same, what it wrote of the same facts before has stayed."""
    model: str | None
    prompt_version: str
    written_at: dt.datetime
    facts: tuple[str, ...]
    """Ids of the facts that the sentences say."""
    known_facts: int
    """How many there were to choose from."""
    fingerprint: str
    """Hash of facts, names, model and prompt."""


class Coverage(Result):
    """How much was looked at."""

    series_watched: int
    days_of_history: int
    data_through: dt.date
    muted: int
    expected: int
    """Deviations that the event calendar explains."""


class AIInsightsData(Result):
    """Everything that is to be said of a date range."""

    date_range: DateRange
    executive_summary: str
    health_score: int
    anomalies: tuple[Anomaly, ...]
    trends: tuple[Trend, ...]
    recommendations: tuple[Recommendation, ...]
    summary: Summary
    health: Health
    key_metrics: tuple[KeyMetric, ...]
    stories: tuple[Story, ...]
    facts: tuple[Fact, ...]
    coverage: Coverage
    currency: str
    generated_at: dt.datetime


class Feedback(Result):
    """What a person said of an anomaly; the next run respects it."""

    anomaly: str
    series: str
    verdict: Verdict
    start: dt.date
    end: dt.date


class Figure(Result):
    """A figure of an answer, with where it comes from."""

    text: str
    source: str


class Answer(Result):
    """An answer to a question: sentences whose figures all have a source."""

    question: str
    sentences: tuple[str, ...]
    figures: tuple[Figure, ...]
    is_answered: bool
    reason: str
    """Why there is no answer; empty if there is."""


class TokenUse(Result):
    """What Claude has cost this month."""

    month: dt.date
    input_tokens: int
    output_tokens: int
    limit: int


Document = dict[str, JsonValue]
