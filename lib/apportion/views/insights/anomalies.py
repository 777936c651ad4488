"""The anomalies of the insights page: each with its picture, what moved it, and what people say."""

from collections.abc import Mapping

from markupsafe import Markup

from apportion.results.insights import Anomaly, AnomalyType, Confidence, Severity, Verdict
from apportion.results.mmm import HowSure
from apportion.views import theme
from apportion.views.insights.drawings import series_picture, waterfall
from apportion.views.insights.reading import Reading
from apportion.views.parts import cards
from apportion.views.parts.cards import Tone

SHOWN = 6
"""Anomalies that are shown at once; the others are behind a click."""
METHODS = {
    "sum": "by {}: what each part changed, a day",
    "rate_and_mix": "by {}: each part's own rate, and the shift between parts",
    "funnel": "sessions × conversion rate × average order value, a day",
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
_VERDICTS = {
    Verdict.USEFUL: "Useful",
    Verdict.EXPECTED: "Expected",
    Verdict.MUTE: "Mute this metric",
}


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
        '</span>{}</div><h3>{}</h3>{}<p class="muted">{}</p>{}'
        '<p class="act"><b>Do:</b> {}</p>{}{}</article>'
    ).format(
        cards.chip(word, tone),
        cards.chip(kind, "", glyph),
        cards.how_sure(_CONFIDENCE[one.confidence]),
        one.title,
        picture,
        one.description,
        story,
        one.recommendation,
        _moved(reading, one),
        _verdicts(reading, one),
    )


def _moved(reading: Reading, one: Anomaly) -> Markup:
    if not one.breakdowns:
        return Markup()
    form = reading.change_form(one.unit)
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
