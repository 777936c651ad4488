"""The insights page's markup: summary, health, figures, anomalies, trends, what to do."""

import datetime as dt
from collections.abc import Mapping

from markupsafe import Markup

from apportion.results.insights import (
    Anomaly,
    AnomalyType,
    Answer,
    Confidence,
    Direction,
    KeyMetric,
    Priority,
    Recommendation,
    Severity,
    Summary,
    SummarySource,
    Trend,
    Verdict,
)
from apportion.results.mmm import HowSure
from apportion.views import theme
from apportion.views.insights.drawings import gauge, series_picture, spark, waterfall
from apportion.views.insights.reading import Reading
from apportion.views.parts import cards
from apportion.views.parts.cards import Tone
from apportion.views.parts.icons import icon

GOOD, FAIR = 80, 50
SHOWN = 6
"""Anomalies that are shown at once; the others are behind a click."""
PRESETS = ((7, "Last 7 days"), (30, "Last 30 days"), (90, "Last 90 days"), (365, "Last 365 days"))
METHODS = {
    "sum": "by {}: what each part changed, a day",
    "rate_and_mix": "by {}: each part's own rate, and the shift between parts",
    "funnel": "sessions × conversion rate × average order value, a day",
}
REASONS = {
    "no_key": "no key for Claude is set",
    "outage": "Claude could not be reached",
    "timeout": "Claude did not answer in time",
    "refusal": "Claude declined",
    "budget": "this month's tokens are used up",
    "grounding": "Claude's text did not match the facts",
    "": "nobody has asked for a written summary yet",
}
_SEVERITY: Mapping[Severity, tuple[str, Tone]] = {
    Severity.CRITICAL: ("Critical", "bad"),
    Severity.WARNING: ("Warning", "warn"),
    Severity.INFO: ("For information", "info"),
}
_TYPES = {
    AnomalyType.SPIKE: ("Spike", "up"),
    AnomalyType.DROP: ("Drop", "down"),
    AnomalyType.PATTERN_BREAK: ("Pattern break", "flat"),
    AnomalyType.OUTLIER: ("Outlier", "warn"),
}
_CONFIDENCE = {
    Confidence.HIGH: HowSure.VERY_SURE,
    Confidence.MEDIUM: HowSure.FAIRLY_SURE,
    Confidence.LOW: HowSure.NOT_SURE,
}
_PRIORITY: Mapping[Priority, tuple[str, Tone, str]] = {
    Priority.HIGH: ("High priority", "bad", "up"),
    Priority.MEDIUM: ("Medium priority", "warn", "flat"),
    Priority.LOW: ("Low priority", "", "down"),
}
_VERDICTS = {
    Verdict.USEFUL: "Useful",
    Verdict.EXPECTED: "Expected",
    Verdict.MUTE: "Mute this metric",
}


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


def anomalies(reading: Reading) -> Markup:
    """Give the anomalies, the gravest first; a click opens what moved each."""
    main = reading.main
    covered = reading.insights.coverage
    quiet = [
        text
        for size, text in (
            (covered.expected, f"{covered.expected} deviations are explained by the calendar"),
            (covered.muted, f"{theme.count(covered.muted, 'metric')} muted"),
        )
        if size
    ]
    small = Markup('<p class="ap-foot">{}.</p>').format("; ".join(quiet)) if quiet else Markup()
    title = Markup('<h2 class="ap-sec">Anomalies</h2>')
    if not main:
        none = cards.note(
            "good", "Nothing stood out", "Every metric was within what was to be expected."
        )
        return Markup("<section>{}{}{}</section>").format(title, none, small)
    shown, hidden = main[:SHOWN], main[SHOWN:]
    more = Markup()
    if hidden:
        more = Markup(
            '<details class="ap-hidden" id="more-anomalies"><summary class="ap-btn">{}</summary>'
            '<div class="ap-grid" style="--min:330px">{}</div></details>'
        ).format(f"{len(hidden)} more", cards.joined(_anomaly(reading, one) for one in hidden))
    return Markup(
        '<section>{}<div class="ap-grid" style="--min:330px">{}</div>{}{}</section>'
    ).format(title, cards.joined(_anomaly(reading, one) for one in shown), more, small)


def trends(reading: Reading) -> Markup:
    """Give the trends, each with its line, its cone and what it comes to."""
    found = reading.insights.trends
    if not found:
        return Markup()
    return Markup(
        '<section><h2 class="ap-sec">Trends</h2><div class="ap-grid" style="--min:330px">{}</div>'
        "</section>"
    ).format(cards.joined(_trend(one) for one in found))


def ask(answer: Answer | None) -> Markup:
    """Give the question box, and the answer to the last question."""
    form = Markup(
        '<form class="ap-ask" id="ask"><label for="question">For example: which region lost most '
        'revenue last week?</label><div class="ap-row"><input id="question" name="question" '
        'maxlength="300" autocomplete="off" data-keep><button type="submit" class="ap-btn primary" '
        'data-act="ask">Ask</button></div></form>'
    )
    said = Markup()
    if answer is not None and answer.is_answered:
        said = Markup('<ul class="ap-answers" role="status">{}</ul>').format(
            cards.joined(
                Markup("<li>{}<small>{}</small></li>").format(
                    figure.text, f"Source: {figure.source}"
                )
                for figure in answer.figures
            )
        )
    elif answer is not None:
        reason = REASONS.get(answer.reason, "your data hold no answer to it")
        said = cards.note("warn", "No answer", f"Because {reason}.")
    return cards.card(
        cards.title(
            "Ask about these data",
            "Claude looks things up; every figure comes from your data and says from where.",
        ),
        form,
        said,
    )


def recommendations(reading: Reading) -> Markup:
    """Give what to do, the most valuable first; a click shows why and how."""
    found = reading.insights.recommendations
    title = cards.title(
        "What to do, most valuable first",
        "Impact as a 90% interval with its source. From the anomalies and trends above, the media "
        "mix, the tests and attribution.",
    )
    if not found:
        return cards.card(title, cards.note("good", "Nothing to do", "No data ask for an action."))
    return cards.card(
        title, cards.joined(_recommendation(place, one) for place, one in enumerate(found, 1))
    )


def _again(reading: Reading) -> Markup:
    if not reading.can_act:
        return Markup()
    return Markup('<button class="ap-btn" type="button" data-act="again">{}{}</button>').format(
        icon("ai_insights"), "Write again"
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
        return Markup('<div class="ap-row small muted">{}<span>{}</span></div>').format(chip, cited)
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


def _anomaly(reading: Reading, one: Anomaly) -> Markup:
    word, tone = _SEVERITY[one.severity]
    kind, glyph = _TYPES[one.type]
    days = theme.days_name(one.date_range.start, one.date_range.end)
    mark = {Severity.CRITICAL: "bad", Severity.WARNING: "warn"}.get(one.severity, "accent")
    picture = series_picture(
        one.chart, f"{one.metric_label}, a day; marked: {days}. {one.description}", mark
    )
    others = reading.others(one)
    story = Markup()
    if others:
        names = theme.listing([other.metric_label for other in others], most=4)
        story = Markup('<p class="small muted">{}</p>').format(f"Seen also in: {names}.")
    return Markup(
        '<article class="ap-card ap-anom"><div class="ap-row between"><span class="ap-row">{}{}'
        "</span>{}</div><h3>{}</h3>{}<p class=muted>{}. {}</p>{}"
        '<p class="act"><b>Do:</b> {}</p>{}{}</article>'
    ).format(
        cards.chip(word, tone),
        cards.chip(kind, "", glyph),
        cards.how_sure(_CONFIDENCE[one.confidence]),
        one.title,
        picture,
        days,
        one.description,
        story,
        one.recommendation,
        _moved(reading, one),
        _verdicts(reading, one),
    )


def _moved(reading: Reading, one: Anomaly) -> Markup:
    if not one.breakdowns:
        return Markup()
    form = reading.form(one.unit)
    falls = cards.joined(
        waterfall(b, form, METHODS[b.method].format(b.dimension).capitalize())
        for b in one.breakdowns
    )
    return Markup(
        '<details class="ap-how" id="w{}"><summary>What moved it</summary>{}'
        '<p class="small muted">Against the same weekdays of the four weeks before. Parts account '
        "for the change; they did not necessarily cause it. * more than its usual share.</p>"
        "</details>"
    ).format(one.id, falls)


def _verdicts(reading: Reading, one: Anomaly) -> Markup:
    if not reading.can_act:
        return Markup()
    said = reading.feedback.get(one.id)
    buttons = cards.joined(
        Markup(
            '<button type="button" class="ap-say" data-act="say" data-arg="{}|{}" '
            'aria-pressed="{}">{}</button>'
        ).format(one.id, verdict.value, "true" if said is verdict else "false", name)
        for verdict, name in _VERDICTS.items()
    )
    event = Markup()
    if said is Verdict.EXPECTED:
        event = Markup(
            '<form class="ap-event"><label for="e{0}">Add these days to the event calendar as'
            '</label><div class="ap-row"><input id="e{0}" name="name" maxlength="80" '
            'placeholder="Flash sale" data-keep><button type="submit" class="ap-btn" '
            'data-act="event" data-arg="{0}">Add the event</button></div></form>'
        ).format(one.id)
    after = (
        Markup('<p class="small muted">{}</p>').format("The next run respects it.")
        if said
        else Markup()
    )
    return Markup(
        '<div class="ap-verdicts" role="group" aria-label="What do you think of: {}">{}</div>{}{}'
    ).format(one.title, buttons, after, event)


def _trend(one: Trend) -> Markup:
    way = {Direction.UP: "up", Direction.DOWN: "down", Direction.STABLE: "flat"}[one.direction]
    tone = "flat" if one.is_good is None else "good" if one.is_good else "bad"
    n_days = (one.period.end - one.period.start).days + 1
    size = (
        "No reliable trend"
        if one.direction is Direction.STABLE
        else f"{theme.percent(abs(one.magnitude))} in {n_days} days"
    )
    picture = series_picture(
        one.chart, f"{one.metric_label}, a day, with its trend. {one.description}", "text"
    )
    interval = theme.span(one.magnitude_interval, theme.percent)
    days = f"{theme.day(one.period.start)} to {theme.day(one.period.end)}"
    return Markup(
        '<article class="ap-card ap-anom"><div class="ap-row between"><h3>{}</h3>'
        '<span class="ap-delta {}">{}{}</span></div>{}<p class="muted small">{}</p>'
        '<p class="act">{}</p></article>'
    ).format(
        one.metric_label,
        tone,
        icon(way),
        size,
        picture,
        f"{interval} (90%), {days}",
        one.projected_impact,
    )


def _recommendation(place: int, one: Recommendation) -> Markup:
    word, tone, glyph = _PRIORITY[one.priority]
    steps = cards.joined(Markup("<li>{}</li>").format(step) for step in one.action_steps)
    return Markup(
        '<details class="ap-rec" id="{}"><summary><span class="ap-rank">{}</span><div><h3>{}</h3>'
        '<div>{}</div></div><span class="imp">{}</span>{}</summary><div class="body"><p>{}</p>'
        '<b>Steps</b><ol>{}</ol><p class="small muted">Impact: {}</p>'
        '<a class="ap-btn" href="{}">Open the page that shows it</a></div></details>'
    ).format(
        one.id,
        place,
        one.title,
        cards.chip(word, tone, glyph),
        one.estimated_impact,
        icon("chevron"),
        one.description,
        steps,
        one.impact_source,
        one.link,
    )
