"""The outcome week by week, split by cause: a stacked area chart."""

import bqplot
import ipywidgets as widgets
import numpy as np
import pandas as pd
import traitlets
from markupsafe import Markup
from numpy.typing import NDArray

from apportion.results.mmm import Decomposition
from apportion.views import theme
from apportion.views.mmm import findings
from apportion.views.mmm.frames import weeks_frame
from apportion.views.mmm.reading import Reading
from apportion.views.parts import cards, charts
from apportion.views.parts.boxes import html, show, show_if
from apportion.views.parts.download import Download

HEIGHT = 330
MOST_WEEKS = 104
"""Two years: enough to see the season twice, and still a week wide enough to see."""

_MONTH_STEPS = (1, 2, 3, 4, 6, 12, 24)
_MOST_DATES = 4


class DecompositionChart(widgets.VBox):
    """Baseline, channels and the outcome as measured; assign `reading` to show other results."""

    reading = traitlets.Instance(Reading)

    def __init__(self, reading: Reading) -> None:
        self.heading, self.below = html(), html()
        self.x_scale, self.y_scale = bqplot.DateScale(), bqplot.LinearScale()
        self._scales = {"x": self.x_scale, "y": self.y_scale}
        self.layers: dict[str, bqplot.Lines] = {}
        self.interval = charts.band(self._scales, charts.TEXT, 0.12)
        self.observed = charts.line(self._scales, charts.TEXT, stroke_width=1.4)
        self.x_axis = charts.axis(self.x_scale)
        self.y_axis = charts.axis(self.y_scale, is_vertical=True)
        self.figure = charts.figure([], [self.x_axis, self.y_axis], height=HEIGHT)
        super().__init__([self.heading, self.figure, self.below, self._download()], reading=reading)
        for name in ("ap-card", "ap-frame"):
            self.add_class(name)

    def _download(self) -> Download:
        return Download(lambda: weeks_frame(self.reading.results), "weeks")

    @traitlets.observe("reading")
    def _draw(self, _: object) -> None:
        parts = self.reading.results.decomposition
        show_if(self, parts is not None)
        if parts is None:
            return
        order = [effect.channel for effect in self.reading.channels]
        weeks = np.array(parts.weeks, dtype="datetime64[ns]")[-MOST_WEEKS:]
        self._draw_layers(weeks, parts, order)
        charts.set_points(
            self.interval, weeks, [_last(parts.expected_lower), _last(parts.expected_upper)]
        )
        charts.set_points(self.observed, weeks, _last(parts.observed))
        self._draw_axes(weeks, parts)
        show(self.heading, self._title(len(parts.weeks)))
        show(self.below, self._below(parts, order))

    def _draw_layers(
        self, weeks: NDArray[np.datetime64], parts: Decomposition, order: list[str]
    ) -> None:
        layers = {}
        bottom = np.zeros(len(weeks))
        for name, values in [("", parts.baseline), *((c, parts.channels[c]) for c in order)]:
            layer = self.layers.get(name) or charts.band(self._scales, charts.TEXT, 1)
            colour = self.reading.looks[name].css if name else "var(--ap-ch-baseline)"
            with layer.hold_sync():
                layer.fill_colors = [colour] * 2
                layer.fill_opacities = [1 if name else 0.7] * 2
                layer.colors = ["transparent", charts.SURFACE]
                layer.stroke_width = 1
            top = bottom + _last(values)
            charts.set_points(layer, weeks, [bottom, top])
            layers[name], bottom = layer, top
        self.layers = layers
        self.figure.marks = [*layers.values(), self.interval, self.observed]

    def _draw_axes(self, weeks: NDArray[np.datetime64], parts: Decomposition) -> None:
        highest = max(_last(parts.observed).max(), _last(parts.expected_upper).max())
        lowest = min(0.0, _last(parts.baseline).min(), _last(parts.expected_lower).min())
        with self.y_scale.hold_sync():
            self.y_scale.min, self.y_scale.max = float(lowest), float(highest)
        values = charts.ticks(float(lowest), float(highest))
        width = charts.set_ticks(self.y_axis, values, self.reading.outcome_on_axis)
        charts.set_margin(self.figure, left=width)
        with self.x_axis.hold_sync():
            self.x_axis.tick_values, self.x_axis.tick_format = dates_on_axis(weeks)

    def _title(self, weeks: int) -> Markup:
        drawn = f"{self.reading.noun.capitalize()} a week, split by cause"
        if weeks > MOST_WEEKS:
            drawn += f"; the last {MOST_WEEKS} of {weeks:,} weeks"
        return cards.title(findings.decomposition_finding(self.reading), drawn) + cards.key(
            (f"{self.reading.noun.capitalize()} as measured", "line", ""),
            ("Model, 90%", "band", ""),
            *self._key(),
        )

    def _key(self) -> list[tuple[str, str, str]]:
        looks = [self.reading.looks[effect.channel] for effect in reversed(self.reading.channels)]
        return [(look.name, "", look.colour) for look in looks] + [
            ("Without any ads", "", "baseline")
        ]

    def _below(self, parts: Decomposition, order: list[str]) -> Markup:
        total = float(_last(parts.expected).sum()) or 1.0
        shares = [("Without any ads", float(_last(parts.baseline).sum()) / total)]
        shares += [
            (self.reading.looks[name].name, float(_last(parts.channels[name]).sum()) / total)
            for name in order
        ]
        words = "; ".join(f"{name} {theme.share(part)}" for name, part in shares)
        return cards.foot(
            "Areas are the middle of the estimate; how sure each channel is stands in the table."
        ) + Markup('<p class="ap-sr">Over these weeks: {}.</p>').format(words)


def _last(values: tuple[float, ...]) -> NDArray[np.float64]:
    return np.asarray(values[-MOST_WEEKS:], dtype=np.float64)


def dates_on_axis(weeks: NDArray[np.datetime64]) -> tuple[NDArray[np.datetime64], str]:
    """Give a few dates for the axis, first days of months where there are enough, and a format."""
    first, last = pd.Timestamp(weeks[0]), pd.Timestamp(weeks[-1])
    months = pd.date_range(first, last - (last - first) * 0.04, freq="MS")
    for step in _MONTH_STEPS:
        chosen = months[(months.month - 1 + 12 * months.year) % step == 0]
        if 2 <= len(chosen) <= _MOST_DATES:
            return chosen.to_numpy(), "%b %Y"
    at = np.linspace(0, len(weeks) - 1, min(_MOST_DATES, len(weeks))).astype(int)
    return weeks[at], "%d %b"
