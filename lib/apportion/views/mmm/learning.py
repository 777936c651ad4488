"""What the data taught about each channel: its carry-over, and its return before and after them."""

from collections.abc import Callable

import bqplot
import ipywidgets as widgets
import numpy as np
from markupsafe import Markup

from apportion.results.mmm import ChannelLearning
from apportion.views import theme
from apportion.views.mmm.calibration import calibration_card
from apportion.views.mmm.frames import decay_frame, learned_frame
from apportion.views.mmm.reading import Reading
from apportion.views.parts import cards, charts
from apportion.views.parts.boxes import html, stack
from apportion.views.parts.download import Download

HEIGHT = 150
SHOWN_WEEKS = 9
CONTRACTED = 0.25
"""From this share of the prior's spread removed on, the data said something (mmm.diagnostics)."""

_DECADES = (0.01, 0.1, 1.0, 10.0, 100.0)


def learning_cards(reading: Reading) -> widgets.VBox:
    """Give the cards of decay and of prior against posterior."""
    parts = [_returns(reading), _decays(reading)]
    if reading.results.experiments:
        parts.insert(0, html(calibration_card(reading)))
    return stack(parts, "ap-page")


def _decays(reading: Reading) -> widgets.VBox:
    title = cards.title(
        _decay_finding(reading),
        "Share of an effect (up) that falls on each week after the spend (across); bands hold 90%",
    )
    return _card(
        reading, title, _decay_chart, Download(lambda: decay_frame(reading.results), "decay")
    )


def _returns(reading: Reading) -> widgets.VBox:
    title = cards.title(
        _learned_finding(reading),
        "How plausible (up) each return over all training weeks is (across, logarithmic), before "
        "the data and after them",
    )
    key = cards.key(("Before the data (prior)", "dash", ""), ("After them (posterior)", "band", ""))
    download = Download(lambda: learned_frame(reading.results), "prior-and-posterior")
    return _card(reading, title + key, _density_chart, download)


def _card(
    reading: Reading,
    heading: Markup,
    chart: Callable[[Reading, ChannelLearning], bqplot.Figure],
    download: Download,
) -> widgets.VBox:
    by_name = {each.channel: each for each in reading.results.learned}
    boxes = [
        stack(
            [html(_head(reading, by_name[effect.channel])), chart(reading, by_name[effect.channel])]
        )
        for effect in reading.channels
        if effect.channel in by_name
    ]
    grid = stack(boxes, "ap-grid", "ap-curves")
    if len(boxes) in (3, 5, 6, 9):
        grid.add_class("ap-three")
    return stack([html(heading), grid, download], "ap-card", "ap-frame")


def _head(reading: Reading, learned: ChannelLearning) -> Markup:
    return Markup('<div class="ap-curve-head">{}</div>').format(
        cards.channel(reading.looks[learned.channel])
    )


def _decay_chart(reading: Reading, learned: ChannelLearning) -> bqplot.Figure:
    colour = reading.looks[learned.channel].css
    scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale(min=0.0, max=1.0)}
    weeks = np.arange(SHOWN_WEEKS)
    band, line = charts.band(scales, colour, 0.2), charts.line(scales, colour)
    shown = slice(SHOWN_WEEKS)
    charts.set_points(band, weeks, [learned.decay_lower[shown], learned.decay_upper[shown]])
    charts.set_points(line, weeks, learned.decay[shown])
    x_axis, y_axis = charts.axis(scales["x"]), charts.axis(scales["y"], is_vertical=True)
    charts.set_ticks(x_axis, np.array([0.0, 4.0, 8.0]), lambda week: f"{week:.0f}")
    width = charts.set_ticks(y_axis, np.array([0.0, 0.5, 1.0]), lambda share: f"{share:.0%}")
    figure = charts.figure([band, line], [x_axis, y_axis], height=HEIGHT)
    charts.set_margin(figure, left=width)
    return figure


def _density_chart(reading: Reading, learned: ChannelLearning) -> bqplot.Figure:
    colour = reading.looks[learned.channel].css
    at = np.log10(np.array(learned.roi))
    top = max(*learned.prior_density, *learned.posterior_density)
    scales = {
        "x": bqplot.LinearScale(min=float(at[0]), max=float(at[-1])),
        "y": bqplot.LinearScale(min=0.0, max=top or 1.0),
    }
    area, line = charts.band(scales, colour, 0.25), charts.line(scales, colour, stroke_width=2)
    before = charts.line(scales, charts.TEXT, stroke_width=1.5, line_style="dashed")
    charts.set_points(area, at, [np.zeros(len(at)), learned.posterior_density])
    charts.set_points(line, at, learned.posterior_density)
    charts.set_points(before, at, learned.prior_density)
    x_axis = charts.axis(scales["x"])
    inside = [value for value in _DECADES if at[0] <= np.log10(value) <= at[-1]]
    charts.set_ticks(x_axis, np.log10(np.array(inside)), lambda power: f"{10**power:g}")
    figure = charts.figure([area, line, before], [x_axis], height=HEIGHT)
    charts.set_margin(figure, left=4)
    return figure


def _decay_finding(reading: Reading) -> str:
    learned = reading.results.learned
    if not learned:
        return "How long effects last is not stored with this version"
    longest = max(learned, key=lambda each: 1 - each.decay[0])
    share = theme.share(1 - longest.decay[0])
    return (
        f"{reading.looks[longest.channel].name} works longest: {share} of it after the first week"
    )


def _learned_finding(reading: Reading) -> str:
    told = [effect for effect in reading.channels if effect.contraction >= CONTRACTED]
    if not told:
        return "The data moved no channel's return far from what was assumed"
    rest = len(reading.channels) - len(told)
    more = f"; the other {rest} are mostly what was assumed" if rest > 1 else ""
    one = "; the other one is mostly what was assumed" if rest == 1 else ""
    return f"The data taught the return of {reading.names(told, most=4)}{more}{one}"
