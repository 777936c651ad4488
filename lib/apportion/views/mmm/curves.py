"""Saturation curves: a chart per channel, revenue a week by spend a week."""

import bqplot
import ipywidgets as widgets
import numpy as np
import traitlets
from markupsafe import Markup
from numpy.typing import NDArray

from apportion.results.mmm import ChannelEffect, HowSure, SaturationCurve
from apportion.views.mmm import findings
from apportion.views.mmm.frames import curves_frame
from apportion.views.mmm.reading import Reading
from apportion.views.parts import cards, charts
from apportion.views.parts.boxes import html, show, stack
from apportion.views.parts.download import Download

HEIGHT = 172
HEIGHTS = {1: 280, 2: 240}
"""Of the charts when there are few."""

HIGHEST_BAND = 3.0
"""The chart ends at this multiple of the curve's highest point; a wider band is cut there."""

_DIAMOND = Markup(
    '<svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true"><path d="M7 1.5 12.5 7 '
    '7 12.5 1.5 7z" fill="var(--ap-surface)" stroke="currentColor" stroke-width="2"/></svg>'
)

_UPRIGHT = Markup(
    '<svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true"><path d="M7 0v14" '
    'stroke="currentColor" stroke-width="1.5" stroke-dasharray="4 3"/></svg>'
)


class SaturationChart(widgets.VBox):
    """Expected outcome against the spend of one channel; assign `reading` to show other results.

    The band holds 90 %; the dashed vertical line is the spend now, the diamond the saturation
    point. The curve is dashed where it is beyond every week in the data, and throughout when the
    data cannot tell.
    """

    reading = traitlets.Instance(Reading)

    def __init__(self, channel: str, reading: Reading) -> None:
        self.channel = channel
        colour = reading.looks[channel].css
        self.heading = html()
        self.summary = html()
        self.x_scale, self.y_scale = bqplot.LinearScale(min=0.0), bqplot.LinearScale(min=0.0)
        scales = {"x": self.x_scale, "y": self.y_scale}
        self.band = charts.band(scales, colour, 0.2)
        self.line = charts.line(scales, colour)
        self.extrapolated = charts.line(scales, colour, line_style="dashed")
        self.spend_now = charts.line(scales, charts.TEXT, stroke_width=1.5, line_style="dashed")
        self.saturation = bqplot.Scatter(
            x=[],
            y=[],
            scales=scales,
            colors=[charts.SURFACE],
            stroke=colour,
            stroke_width=2.5,
            marker="diamond",
            default_size=90,
        )
        self.x_axis = charts.axis(self.x_scale)
        self.y_axis = charts.axis(self.y_scale, is_vertical=True)
        self.figure = charts.figure(
            [self.band, self.line, self.extrapolated, self.spend_now, self.saturation],
            [self.x_axis, self.y_axis],
            height=HEIGHT,
        )
        super().__init__([self.heading, self.figure, self.summary], reading=reading)

    @traitlets.observe("reading")
    def _draw(self, _: object) -> None:
        results = self.reading.results
        effect = next(e for e in results.channels if e.channel == self.channel)
        curve = next((c for c in results.saturation_curves if c.channel == self.channel), None)
        show(self.heading, _heading(self.reading, effect))
        if curve is None:
            return
        show(self.summary, _summary(self.reading, effect))
        colour = self.reading.looks[self.channel].css
        self.band.fill_colors = [colour] * 2
        self.line.colors = self.extrapolated.colors = [colour]
        self.saturation.stroke = colour
        self._draw_curve(effect, curve)

    def _draw_curve(self, effect: ChannelEffect, curve: SaturationCurve) -> None:
        spend = np.array([point.spend for point in curve.curve])
        revenue = np.array([point.revenue for point in curve.curve])
        lower = np.array([point.revenue_interval.lower for point in curve.curve])
        upper = np.array([point.revenue_interval.upper for point in curve.curve])
        right = max(float(spend[-1]), effect.current_spend) or 1.0
        top = min(float(upper.max()), HIGHEST_BAND * float(revenue.max())) or 1.0
        self._draw_axes(right, top)
        is_told = effect.how_sure is not HowSure.CANNOT_TELL
        charts.set_points(self.band, spend, np.clip([lower, upper], None, top))
        self.band.fill_opacities = [0.2 if is_told else 0.12] * 2
        seen = effect.highest_spend if is_told else 0.0
        charts.set_points(self.line, *_part(spend, revenue, 0.0, seen))
        charts.set_points(self.extrapolated, *_part(spend, revenue, seen, right))
        charts.set_points(self.spend_now, [effect.current_spend] * 2, [0.0, top])
        point = effect.saturation_point
        at = [point] if is_told and point is not None and point <= right else []
        charts.set_points(self.saturation, at, np.interp(at, spend, revenue))

    def _draw_axes(self, right: float, top: float) -> None:
        self.x_scale.max, self.y_scale.max = right, top
        charts.set_ticks(self.x_axis, charts.ticks(0, right, most=2), self.reading.spend_on_axis)
        width = charts.set_ticks(
            self.y_axis, charts.ticks(0, top, most=3), self.reading.outcome_on_axis
        )
        charts.set_margin(self.figure, left=width)


class SaturationCurves(widgets.VBox):
    """The card with every channel's chart; charts of channels that stay are kept."""

    reading = traitlets.Instance(Reading)

    def __init__(self, reading: Reading) -> None:
        self.charts: dict[str, SaturationChart] = {}
        self.heading = html()
        self.grid = stack([], "ap-grid", "ap-curves")
        download = Download(lambda: curves_frame(self.reading.results), "curves")
        super().__init__([self.heading, self.grid, download], reading=reading)
        for name in ("ap-card", "ap-frame"):
            self.add_class(name)

    @traitlets.observe("reading")
    def _draw(self, _: object) -> None:
        reading = self.reading
        title = cards.title(
            findings.curves_finding(reading),
            f"{reading.noun.capitalize()} a week (up) by spend a week (across), "
            "each channel on its own scale",
        )
        show(self.heading, title + _key())
        kept = {}
        for effect in reading.channels:
            chart = self.charts.get(effect.channel)
            if chart is None:
                chart = SaturationChart(effect.channel, reading)
            else:
                chart.reading = reading
            chart.figure.layout.height = f"{HEIGHTS.get(len(reading.channels), HEIGHT)}px"
            kept[effect.channel] = chart
        self.charts = kept
        self.grid.children = list(kept.values())
        in_three = len(kept) in (3, 5, 6, 9)  # a row of four would leave one alone
        if in_three:
            self.grid.add_class("ap-three")
        else:
            self.grid.remove_class("ap-three")


def _part(
    spend: NDArray[np.float64], revenue: NDArray[np.float64], start: float, end: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the curve between two spends, both ends included."""
    if start >= min(end, spend[-1]):
        return np.array([]), np.array([])
    inner = spend[(spend > start) & (spend < end)]
    x = np.concatenate([[start], inner, [min(end, spend[-1])]])
    return x, np.interp(x, spend, revenue)


def _heading(reading: Reading, effect: ChannelEffect) -> Markup:
    place = findings.position(effect)
    said = (
        cards.chip(place.value, "warn")
        if place is findings.Position.CANNOT_TELL
        else Markup('<span class="small muted">{}</span>').format(place.value)
    )
    return Markup('<div class="ap-curve-head">{}{}</div>').format(
        cards.channel(reading.looks[effect.channel]), said
    )


def _summary(reading: Reading, effect: ChannelEffect) -> Markup:
    """Say what the chart shows to who cannot see it."""
    text = f"{reading.name(effect)}: spend now {reading.spend(effect.current_spend)} a week"
    if effect.how_sure is HowSure.CANNOT_TELL:
        text += "; the data cannot tell the curve."
    elif effect.saturation_point is None:
        text += "; the saturation point is not reached."
    else:
        text += f", saturation point {reading.spend(effect.saturation_point)} a week."
    return Markup('<p class="ap-sr">{}</p>').format(text)


def _key() -> Markup:
    entries = (
        (Markup('<i class="band"></i>'), "The estimate; the band holds 90%"),
        (_UPRIGHT, "Spend now"),
        (_DIAMOND, "Saturation: from here the next unit earns less than half of the average one"),
        (Markup('<i class="dash"></i>'), "Beyond every week in the data, or cannot tell"),
    )
    return Markup('<div class="ap-key">{}</div>').format(
        cards.joined(Markup("<span>{}{}</span>").format(*entry) for entry in entries)
    )
