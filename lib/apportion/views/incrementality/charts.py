"""Charts of one experiment, day by day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import bqplot
import ipywidgets as widgets
import numpy as np
from markupsafe import Markup

from apportion.results.incrementality import IncrementalityExperiment, Trajectory
from apportion.views import theme
from apportion.views.incrementality import words
from apportion.views.parts import cards, charts
from apportion.views.parts.boxes import html, show
from apportion.views.parts.download import Download

TALL, LOW = 300, 210
MOST_BASELINE_DAYS = 42
"""Of the chart; the fit is to the whole baseline."""


@dataclass(frozen=True)
class Line:
    """A line of a chart and what it is called in the key."""

    name: str
    values: Sequence[float]
    colour: str
    is_dashed: bool = False


class DayChart(widgets.VBox):
    """Lines over days, with a band and the day on which the test begins."""

    def __init__(self, height: int) -> None:
        self.heading, self.below = html(), html()
        self.x_scale, self.y_scale = bqplot.DateScale(), bqplot.LinearScale()
        self._scales = {"x": self.x_scale, "y": self.y_scale}
        self.band = charts.band(self._scales, charts.TEXT, 0.14)
        self.begins = charts.line(
            self._scales, "var(--ap-text-2)", stroke_width=1, line_style="dotted"
        )
        self.zero = charts.line(self._scales, "var(--ap-text-2)", stroke_width=1)
        self.lines = [charts.line(self._scales, charts.TEXT) for _ in range(2)]
        self.x_axis = charts.axis(self.x_scale, tick_format="%d %b")
        self.y_axis = charts.axis(self.y_scale, is_vertical=True)
        self.figure = charts.figure(
            [self.band, self.zero, self.begins, *self.lines],
            [self.x_axis, self.y_axis],
            height=height,
        )
        super().__init__([self.heading, self.figure, self.below, Download()])
        for name in ("ap-card", "ap-frame"):
            self.add_class(name)

    def draw(
        self,
        days: Sequence[object],
        lines: Sequence[Line],
        *,
        title: tuple[str, str],
        form: Callable[[float], str],
        begins: int | None,
        band: tuple[Sequence[float], Sequence[float]] | None = None,
        band_name: str = "",
        with_zero: bool = False,
        note: str = "",
    ) -> None:
        """Draw other lines.

        Parameters
        ----------
        begins : int, optional
            Position of the first day of the test.
        """
        dates = np.array(days, dtype="datetime64[ns]")
        values = [np.asarray(line.values, dtype=float) for line in lines]
        edges = [np.asarray(edge, dtype=float) for edge in band or ()]
        every = np.concatenate([*values, *edges])
        low = min(0.0, float(every.min())) if with_zero else float(every.min())
        high = float(every.max())
        room = 0.06 * max(high - low, 1e-9)
        self.y_scale.min = low if low == 0 else low - room
        self.y_scale.max = high + room
        for mark, line, of_line in zip(self.lines, lines, values, strict=False):
            mark.colors = [line.colour]
            mark.line_style = "dashed" if line.is_dashed else "solid"
            charts.set_points(mark, dates, of_line)
        for mark in self.lines[len(lines) :]:
            charts.set_points(mark, [], [])
        charts.set_points(self.band, dates if edges else [], edges or np.empty((2, 0)))
        start = [dates[begins]] * 2 if begins is not None else []
        ends = [self.y_scale.min, self.y_scale.max]
        charts.set_points(self.begins, start, ends if start else [])
        zero = [dates[0], dates[-1]] if with_zero and low < 0 else []
        charts.set_points(self.zero, zero, [0.0, 0.0] if zero else [])
        picks = np.unique(np.linspace(0, len(dates) - 1, 4).round().astype(int))
        self.x_axis.tick_values = dates[picks]
        ticks = charts.ticks(self.y_scale.min, self.y_scale.max, most=4)
        width = charts.set_ticks(self.y_axis, ticks, form)
        charts.set_margin(self.figure, left=width, right=36)
        show(self.heading, cards.title(*title) + _key(lines, band_name, has_start=bool(start)))
        said = "; ".join(f"{line.name}: {form(float(line.values[-1]))}" for line in lines)
        spoken = Markup('<p class="ap-sr">On the last day {}.</p>').format(said)
        show(self.below, spoken + (cards.foot(note) if note else Markup()))


class ExperimentCharts(widgets.VBox):
    """Test against synthetic control, cumulative effect, spend and orders."""

    def __init__(self) -> None:
        self.main, self.sum = DayChart(TALL), DayChart(LOW)
        self.spend, self.orders = DayChart(LOW), DayChart(LOW)
        self.grid = widgets.VBox([])
        self.grid.add_class("ap-grid")
        super().__init__([])
        self.add_class("ap-pile")

    def show(self, experiment: IncrementalityExperiment, found: Trajectory, currency: str) -> None:
        """Show the days of one experiment."""
        first = max(found.baseline_days - MOST_BASELINE_DAYS, 0)
        begins = found.baseline_days - first
        days = found.days[first:]
        starts = begins if begins < len(days) else None
        colour = f"var(--ap-ch-{experiment.platform})"
        unit = "day"

        def form(value: float) -> str:
            return theme.on_axis(value, currency if experiment.metric == "revenue" else "")

        changed, donors = _sides(experiment)
        self.main.draw(
            days,
            [
                Line("Expected", found.expected[first:], charts.TEXT, is_dashed=True),
                Line(changed, found.observed[first:], colour),
            ],
            title=(
                _finding(experiment, found),
                f"{experiment.metric.capitalize()} a {unit}, {changed.lower()} together",
            ),
            form=form,
            begins=starts,
            band=(found.expected_lower[first:], found.expected_upper[first:]),
            band_name="holds a single day with 90%",
            note="Expected is what the other regions, weighted, say of these; see below.",
        )
        parts: list[widgets.Widget] = []
        if found.cumulative:
            self._draw_sum(experiment, found, form, colour)
            parts.append(self.sum)
        if found.changed_spend:
            self.spend.draw(
                days,
                [
                    Line(donors, found.donors_spend[first:], charts.TEXT, is_dashed=True),
                    Line(changed, found.changed_spend[first:], colour),
                ],
                title=(
                    f"What {words.channel_name(experiment)} spent on each side",
                    "Spend a day",
                ),
                form=lambda value: theme.on_axis(value, currency),
                begins=starts,
                with_zero=True,
            )
            parts.append(self.spend)
        if found.changed_orders:
            self.orders.draw(
                days,
                [
                    Line(donors, found.donors_orders[first:], charts.TEXT, is_dashed=True),
                    Line(changed, found.changed_orders[first:], colour),
                ],
                title=("Conversions on each side", "Orders a day"),
                form=theme.on_axis,
                begins=starts,
                with_zero=True,
            )
            parts.append(self.orders)
        self.grid.children = parts
        self.children = [self.main, self.grid] if parts else [self.main]

    def _draw_sum(
        self,
        experiment: IncrementalityExperiment,
        found: Trajectory,
        form: Callable[[float], str],
        colour: str,
    ) -> None:
        self.sum.draw(
            found.days[found.baseline_days :],
            [Line("Incremental so far", found.cumulative, colour)],
            title=(
                "The effect adds up day by day",
                f"Incremental {experiment.metric} since the start",
            ),
            form=form,
            begins=None,
            band=(found.cumulative_lower, found.cumulative_upper),
            band_name="holds it with 90%",
            with_zero=True,
        )


def _sides(experiment: IncrementalityExperiment) -> tuple[str, str]:
    if experiment.direction == "on":
        return "Test regions", "Control regions"
    return "Control regions, ads off", "Test regions"


def _finding(experiment: IncrementalityExperiment, found: Trajectory) -> str:
    results = experiment.results
    if results is None:
        return "The days so far; the verdict comes when the test has ended"
    if not results.is_significant:
        return "The regions sold about what was expected of them anyway"
    ahead = sum(found.observed[found.baseline_days :]) > sum(found.expected[found.baseline_days :])
    side = "more" if ahead else "less"
    which = "with" if experiment.direction == "on" else "without"
    return f"The regions {which} the ads sold {side} than expected while the test ran"


def _key(lines: Sequence[Line], band_name: str, *, has_start: bool) -> Markup:
    items = [
        Markup('<span><i class="{}" style="--c:{}"></i>{}</span>').format(
            "dash" if line.is_dashed else "line", line.colour, line.name
        )
        for line in lines
    ]
    if band_name:
        items.append(Markup('<span><i class="band"></i>{}</span>').format(band_name))
    if has_start:
        items.append(Markup('<span class="muted">Dotted: the test begins</span>'))
    return Markup('<div class="ap-key">{}</div>').format(cards.joined(items))
