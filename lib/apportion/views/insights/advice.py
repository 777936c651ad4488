"""Trends and recommendations of the insights page."""

from collections.abc import Mapping

from markupsafe import Markup

from apportion.results.insights import Direction, Priority, Recommendation, Trend
from apportion.views import theme
from apportion.views.insights.drawings import series_picture
from apportion.views.insights.reading import Reading
from apportion.views.parts import cards
from apportion.views.parts.cards import Tone
from apportion.views.parts.icons import icon

_PRIORITY: Mapping[Priority, tuple[str, Tone, str]] = {
    Priority.HIGH: ("High priority", "bad", "up"),
    Priority.MEDIUM: ("Medium priority", "warn", "flat"),
    Priority.LOW: ("Low priority", "", "down"),
}


def trends(reading: Reading) -> Markup:
    """Give the trends, each with its line, its cone and what it comes to."""
    found = reading.insights.trends
    if not found:
        return Markup()
    return Markup(
        '<section><h2 class="ap-sec">Trends</h2><div class="ap-grid" style="--min:330px">{}</div>'
        "</section>"
    ).format(cards.joined(_trend(one) for one in found))


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
