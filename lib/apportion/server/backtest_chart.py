"""A line per version: its average miss over the weeks since its data, as these came in."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from apportion.results.backtest import BackTest
from apportion.views import theme
from apportion.views.parts import cards
from apportion.views.parts.intervals import nice_ceiling

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 48, 90, 14, 28


def chart(backtests: Sequence[BackTest], current: int | None) -> Markup:
    """Give the figure; its values stand in the table below it.

    Parameters
    ----------
    backtests : sequence of BackTest
        By version, then by the last week measured.
    current : int, optional
        The version to bring out.
    """
    days = [found.period.end for found in backtests]
    first, last = min(days), max(days)
    most = nice_ceiling(100 * max(found.mape for found in backtests)) / 100
    lines = cards.joined(
        _line(version, list(points), first, last, most, is_current=version == current)
        for version, points in groupby(backtests, key=lambda found: found.version)
    )
    label = f"Average miss of each version from {theme.day(first)} to {theme.day(last)}"
    return Markup(
        '<svg class="ap-backtests" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>'
    ).format(WIDTH, HEIGHT, label, _axes(first, last, most), lines)


def _axes(first: dt.date, last: dt.date, most: float) -> Markup:
    grid = cards.joined(
        Markup('<line x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"/>').format(
            LEFT, WIDTH - RIGHT, _y(share * most, most)
        )
        + _text(LEFT - 8, _y(share * most, most) + 4, theme.share(share * most), "end")
        for share in (0, 0.5, 1)
    )
    ends = _text(LEFT, HEIGHT - 6, theme.day(first), "start")
    if last > first:
        ends += _text(WIDTH - RIGHT, HEIGHT - 6, theme.day(last), "end")
    return grid + ends


def _line(
    version: int,
    points: Sequence[BackTest],
    first: dt.date,
    last: dt.date,
    most: float,
    *,
    is_current: bool,
) -> Markup:
    places = [(_x(found.period.end, first, last), _y(found.mape, most)) for found in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = cards.joined(
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3.5"/>').format(x, y) for x, y in places
    )
    x, y = places[-1]
    name = _text(x + 8, y + 4, f"Version {version}", "start")
    return Markup('<g class="{}"><polyline points="{}"/>{}{}</g>').format(
        "current" if is_current else "", path, dots, name
    )


def _x(day: dt.date, first: dt.date, last: dt.date) -> float:
    span = max((last - first).days, 1)
    return LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / span


def _y(miss: float, most: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - miss / most)


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x, y, anchor, text
    )
