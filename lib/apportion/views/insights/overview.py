"""The top of the insights page: the answer, the summary, health and the headline figures."""

import datetime as dt

from markupsafe import Markup

from apportion.results.insights import Direction, KeyMetric, Severity, Summary, SummarySource
from apportion.views import theme
from apportion.views.insights.drawings import gauge, spark
from apportion.views.insights.reading import REASONS, Reading
from apportion.views.parts import cards
from apportion.views.parts.icons import icon

GOOD, FAIR = 80, 50
PRESETS = ((7, "Last 7 days"), (30, "Last 30 days"), (90, "Last 90 days"), (365, "Last 365 days"))


def head(reading: Reading, message: Markup | str = "") -> Markup:
    """Give the answer in one sentence, which days it is about, and what can be done."""
    insights = reading.insights
    days = insights.date_range
    written = theme.moment(insights.summary.written_at, reading.timezone)
    facts = [
        Markup("{}{}").format(
            icon("calendar"), f"{theme.day(days.start)} to {theme.day(days.end)}"
        ),
        Markup("{}{}").format(icon("clock"), f"Written {written}"),
        Markup("{}").format(
            f"{theme.count(insights.coverage.series_watched, 'metric')} watched over "
            f"{insights.coverage.days_of_history} days"
        ),
    ]
    acts = Markup("{}{}").format(_again(reading), _period(days.start, days.end))
    return Markup(
        '<div class="ap-head"><div><p class="ap-answer" role="heading" aria-level="2">{}</p>'
        '<div class="ap-facts">{}</div></div><div class="ap-row">{}</div></div>{}'
    ).format(
        answer(reading),
        cards.joined(Markup("<span>{}</span>").format(fact) for fact in facts),
        acts,
        message,
    )


def answer(reading: Reading) -> Markup:
    """Give the answer: how revenue (or what is first) does, and the gravest trouble."""
    insights = reading.insights
    first = insights.key_metrics[0] if insights.key_metrics else None
    change = None if first is None else first.previous_change_percent
    if first is None or change is None:
        course = "There is no earlier period to compare with"
    elif abs(change) < 1:
        course = f"{first.label} is as in the period before"
    else:
        way = "up" if change > 0 else "down"
        course = f"{first.label} is {way} {theme.percent(abs(change))} on the period before"
    troubles = [one for one in reading.main if one.is_bad and one.severity is not Severity.INFO]
    if not troubles:
        return Markup("{}, and <em>nothing bad stands out</em>").format(course)
    main = troubles[0]
    name = main.metric_label[0].lower() + main.metric_label[1:]
    days = theme.days_name(main.date_range.start, main.date_range.end)
    if main.is_tracking_problem:
        return Markup("{}; <em>the recording of {} failed</em>, {}").format(course, name, days)
    size = theme.percent(abs(main.deviation_percent or 0))
    way = "above" if main.direction is Direction.UP else "below"
    return Markup("{}; <em>{} was {} {} normal</em>, {}").format(course, name, size, way, days)


def summary(reading: Reading) -> Markup:
    """Give the executive summary and where it comes from, beside health."""
    told = reading.insights.summary
    text = Markup('<p class="ap-summary">{}</p>').format(" ".join(told.sentences))
    return Markup('<div class="ap-split ap-even">{}{}</div>').format(
        cards.card(cards.title("In short"), text, _source(told)), _health(reading)
    )


def figures(reading: Reading) -> Markup:
    """Give the headline figures against the period before and the same days last year."""
    return Markup('<div class="ap-kpis">{}</div>').format(
        cards.joined(_tile(reading, metric) for metric in reading.insights.key_metrics[:8])
    )


def _again(reading: Reading) -> Markup:
    if not reading.can_act:
        return Markup()
    return Markup('<button class="ap-btn" type="button" data-act="again"{}>{}{}</button>').format(
        Markup(" disabled") if reading.is_writing else "",
        icon("ai_insights"),
        "Writing" if reading.is_writing else "Write again",
    )


def _period(start: dt.date, end: dt.date) -> Markup:
    length = (end - start).days + 1
    presets = cards.joined(
        Markup(
            '<button type="button" data-act="days" data-arg="{}" aria-pressed="{}">{}</button>'
        ).format(days, "true" if days == length else "false", name)
        for days, name in PRESETS
    )
    return Markup(
        '<details class="ap-pop" id="period"><summary class="ap-btn">{}{}{}</summary>'
        '<div class="ap-pop-box">{}<form class="ap-dates"><label>From<input type="date" id="from" '
        'name="start" value="{}" data-keep></label><label>To<input type="date" id="to" name="end" '
        'value="{}" data-keep></label><button type="submit" class="ap-btn" data-act="range">'
        "Show these days</button></form></div></details>"
    ).format(
        icon("calendar"),
        theme.days_name(start, end),
        icon("caret", size=16),
        presets,
        start.isoformat(),
        end.isoformat(),
    )


def _source(told: Summary) -> Markup:
    cited = f"Every figure comes from {told.known_facts} checked facts; it says {len(told.facts)}."
    if told.source is SummarySource.CLAUDE:
        chip = cards.chip("Written by Claude", "", "ai_insights")
        by = f" Model {told.model}." if told.model else ""
        if told.reason:
            why = REASONS.get(told.reason, told.reason)
            by += f" It was not written again, because {why}; this text stays."
        return Markup('<div class="ap-row small muted">{}<span>{}{}</span></div>').format(
            chip, cited, by
        )
    reason = REASONS.get(told.reason, told.reason)
    chip = cards.chip("Written by rules", "", "settings")
    return Markup('<div class="ap-row small muted">{}<span>{}</span></div>').format(
        chip, f"Because {reason}. {cited}"
    )


def _health(reading: Reading) -> Markup:
    health = reading.insights.health
    word = "good" if health.score >= GOOD else "fair" if health.score >= FAIR else "poor"
    parts = cards.joined(
        Markup("<li>{}<span>{}</span><b>{}</b></li>").format(
            icon("ok" if part.points > 0.8 * part.most else "warn"),
            part.label,
            f"{part.points:.0f} of {part.most:.0f}",
        )
        for part in health.parts
    )
    sums = cards.joined(
        Markup("<li>{}</li>").format(
            f"{part.label}, {part.points:.1f} of {part.most:.1f}: {part.explanation}"
        )
        for part in health.parts
    )
    return cards.card(
        cards.title(f"Health: {word}"),
        Markup('<div class="ap-gauge">{}<ul>{}</ul></div>').format(
            gauge(health.score, FAIR, GOOD), parts
        ),
        Markup(
            '<details class="ap-how" id="health"><summary>How it is computed</summary><ul>{}</ul>'
            "<p>{}</p></details>"
        ).format(sums, f"{GOOD} and more is good, {FAIR} to {GOOD - 1} fair."),
    )


def _tile(reading: Reading, metric: KeyMetric) -> Markup:
    form = reading.form(metric.unit)
    lines = [
        _delta(metric.previous_change_percent, metric.good, "on the period before"),
        _delta(metric.last_year_change_percent, metric.good, "on last year"),
    ]
    known = cards.joined(Markup("<span>{}</span>").format(line) for line in lines if line)
    return Markup(
        '<div class="ap-card ap-kpi"><div class="l"><span>{}</span></div><p class="v">{}</p>'
        '<div class="s">{}</div>{}</div>'
    ).format(metric.label, form(metric.value), known, spark(metric.daily))


def _delta(change: float | None, good: int, than: str) -> Markup:
    if change is None:
        return Markup()
    way = "flat" if abs(change) < 1 else "up" if change > 0 else "down"
    tone = "flat" if way == "flat" or not good else "good" if change * good > 0 else "bad"
    return Markup('<span class="ap-delta {}">{}{}</span> {}').format(
        tone, icon(way), theme.percent(abs(change)), than
    )
