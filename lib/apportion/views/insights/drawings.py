"""The small pictures of the insights page, as SVG in the text: they follow the theme by CSS."""

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from apportion.results.insights import Breakdown, SeriesChart
from apportion.views import theme
from apportion.views.parts.cards import joined

HEIGHT = 64
_TOP, _BOTTOM = 4, 60


def series_picture(chart: SeriesChart, label: str, tone: str) -> Markup:
    """Give a series, the band that was expected, and the days in question.

    Parameters
    ----------
    label : str
        What it shows, in words.
    tone : str
        Colour token of the marks.
    """
    known = [v for v in (*chart.values, *chart.lower, *chart.upper) if v is not None]
    if not known:
        return Markup("")
    low, high = min(known), max(known)
    size = len(chart.values)
    band = _band(chart, size, low, high)
    lines = joined(_lines(chart.values, size, low, high))
    marks = joined(
        Markup(
            '<line x1="{0:.2f}" x2="{0:.2f}" y1="{1:.2f}" y2="{1:.2f}" class="mark" '
            'style="stroke:var(--ap-{2})" vector-effect="non-scaling-stroke"/>'
        ).format(_x(day, size), _y(value, low, high), tone)
        for day in chart.marked
        if (value := chart.values[day]) is not None
    )
    gaps = joined(
        Markup('<rect x="{:.2f}" y="0" width="{:.2f}" height="64" class="gap"/>').format(
            _x(day - 0.5, size), 100 / max(size - 1, 1)
        )
        for day in chart.marked
        if chart.values[day] is None
    )
    first, last = (f"{day.day} {day:%b}" for day in (chart.days[0], chart.days[-1]))
    return Markup(
        '<figure class="ap-small"><svg class="ap-spark" viewBox="0 0 100 64" '
        'preserveAspectRatio="none" role="img" aria-label="{}">{}{}{}{}</svg>'
        '<figcaption aria-hidden="true"><span>{}</span><span>{}</span></figcaption></figure>'
    ).format(label, gaps, band, lines, marks, first, last)


def spark(values: Sequence[float | None]) -> Markup:
    """Give a line of a tile."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    lines = joined(_lines(values, len(values), min(known), max(known)))
    return Markup(
        '<svg class="ap-spark tile" viewBox="0 0 100 64" preserveAspectRatio="none" '
        'aria-hidden="true">{}</svg>'
    ).format(lines)


def waterfall(breakdown: Breakdown, form: Callable[[float], str], title: str) -> Markup:
    """Give a breakdown as a waterfall: before, each part up or down, after; with its figures."""
    steps: list[tuple[str, float, float, str, str]] = []
    steps.append(("Before", 0.0, breakdown.before, form(breakdown.before), "whole"))
    at = breakdown.before
    for part in breakdown.parts:
        way = "up" if part.amount > 0 else "down"
        sign = "+" if part.amount > 0 else ""
        said = f"{sign}{form(part.amount)}, {theme.share(part.share)} of the change"
        steps.append(
            (part.name + (" *" if part.is_unusual else ""), at, at + part.amount, said, way)
        )
        at += part.amount
    steps.append(("After", 0.0, breakdown.after, form(breakdown.after), "whole"))
    ends = [end for _, start, end, _, _ in steps for end in (start, end)]
    inner = [end for _, start, end, _, kind in steps if kind != "whole" for end in (start, end)]
    low, high = min(*ends, *inner), max(ends)
    # Small changes of a large whole: begin the axis above 0, as the head says.
    is_cut = bool(inner) and min(inner) > 0.5 * high > 0
    low = min(inner) - 0.25 * (high - min(inner)) if is_cut else min(low, 0.0)
    rows = joined(
        Markup(
            '<li class="{}"><span>{}</span><i style="--a:{:.2f};--b:{:.2f}"></i><b>{}</b></li>'
        ).format(
            kind,
            name,
            _place(max(min(start, end), low), low, high),
            _place(max(start, end), low, high),
            said,
        )
        for name, start, end, said, kind in steps
    )
    note = "; the axis does not begin at 0" if is_cut else ""
    return Markup('<div class="ap-fall"><p class="small muted">{}{}</p><ul>{}</ul></div>').format(
        title, note, rows
    )


def gauge(score: int, fair: int, good: int) -> Markup:
    """Give the health score on its half circle."""
    track = joined(
        _arc(start, end, "var(--ap-line)", 12)
        for start, end in ((0, fair - 0.7), (fair + 0.7, good - 0.7), (good + 0.7, 100))
    )
    x, y = _on_circle(score)
    return Markup(
        '<svg viewBox="0 0 132 82" role="img" aria-label="Health {} of 100">{}{}'
        '<circle cx="{:.1f}" cy="{:.1f}" r="8" fill="var(--ap-text)" stroke="var(--ap-surface)" '
        'stroke-width="3"/><text x="66" y="64" class="score">{}</text>'
        '<text x="66" y="80" class="of">of 100</text></svg>'
    ).format(score, track, _arc(0, max(score, 1), "var(--ap-text)", 5), x, y, score)


def _arc(start: float, end: float, colour: str, width: int) -> Markup:
    (x0, y0), (x1, y1) = _on_circle(start), _on_circle(end)
    return Markup(
        '<path d="M{:.1f} {:.1f}A54 54 0 0 1 {:.1f} {:.1f}" fill="none" stroke="{}" '
        'stroke-width="{}"/>'
    ).format(x0, y0, x1, y1, colour, width)


def _on_circle(value: float) -> tuple[float, float]:
    angle = math.pi * value / 100
    return 66 - 54 * math.cos(angle), 66 - 54 * math.sin(angle)


def _band(chart: SeriesChart, size: int, low: float, high: float) -> Markup:
    ends = [
        (day, lower, upper)
        for day, (lower, upper) in enumerate(zip(chart.lower, chart.upper, strict=True))
        if lower is not None and upper is not None
    ]
    if not ends:
        return Markup("")
    there = [f"{_x(day, size):.2f},{_y(upper, low, high):.2f}" for day, _, upper in ends]
    back = [f"{_x(day, size):.2f},{_y(lower, low, high):.2f}" for day, lower, _ in reversed(ends)]
    return Markup('<polygon class="band" points="{}"/>').format(" ".join(there + back))


def _lines(values: Sequence[float | None], size: int, low: float, high: float) -> list[Markup]:
    """Give a line for every run of known days."""
    runs: list[list[str]] = [[]]
    for day, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{_x(day, size):.2f},{_y(value, low, high):.2f}")
    return [
        Markup('<polyline class="line" points="{}" vector-effect="non-scaling-stroke"/>').format(
            " ".join(run)
        )
        for run in runs
        if len(run) > 1
    ]


def _x(day: float, size: int) -> float:
    return 100 * day / max(size - 1, 1)


def _y(value: float, low: float, high: float) -> float:
    return _BOTTOM - (value - low) / ((high - low) or 1.0) * (_BOTTOM - _TOP)


def _place(value: float, low: float, high: float) -> float:
    return 100 * (value - low) / ((high - low) or 1.0)
