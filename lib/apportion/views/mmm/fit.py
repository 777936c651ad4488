"""The outcome as measured against what the model expects, with its band."""

import bqplot
import ipywidgets as widgets
import numpy as np

from apportion.views import theme
from apportion.views.mmm.decomposition import dates_on_axis
from apportion.views.mmm.frames import weeks_frame
from apportion.views.mmm.reading import Reading
from apportion.views.parts import cards, charts
from apportion.views.parts.boxes import html, stack
from apportion.views.parts.download import Download

HEIGHT = 280
EXPECTED = "var(--ap-accent)"


def fit_card(reading: Reading) -> widgets.VBox:
    """Give the card; the results must have a decomposition."""
    parts = reading.results.decomposition
    assert parts is not None
    weeks = np.array(parts.weeks, dtype="datetime64[ns]")
    scales = {"x": bqplot.DateScale(), "y": bqplot.LinearScale()}
    band = charts.band(scales, EXPECTED, 0.18)
    expected = charts.line(scales, EXPECTED, stroke_width=2)
    observed = charts.line(scales, charts.TEXT, stroke_width=1.3)
    charts.set_points(band, weeks, [parts.expected_lower, parts.expected_upper])
    charts.set_points(expected, weeks, parts.expected)
    charts.set_points(observed, weeks, parts.observed)
    low = min(*parts.observed, *parts.expected_lower)
    high = max(*parts.observed, *parts.expected_upper)
    bottom = max(0.0, low - 0.15 * (high - low)) if low >= 0 else low
    scales["y"].min, scales["y"].max = bottom, high
    x_axis, y_axis = charts.axis(scales["x"]), charts.axis(scales["y"], is_vertical=True)
    x_axis.tick_values, x_axis.tick_format = dates_on_axis(weeks)
    width = charts.set_ticks(y_axis, charts.ticks(bottom, high), reading.outcome_on_axis)
    figure = charts.figure([band, observed, expected], [x_axis, y_axis], height=HEIGHT)
    charts.set_margin(figure, left=width)
    noun = reading.noun.capitalize()
    heading = cards.title(_finding(reading), f"{noun} a week; the axis need not begin at 0")
    key = cards.key(
        (f"{noun} as measured", "line", ""), ("Model", "line", "fit"), ("Model, 90%", "band", "fit")
    )
    return stack(
        [
            html(heading + key),
            figure,
            html(cards.foot("A good fit says nothing about single channels.")),
            Download(lambda: weeks_frame(reading.results), "fit"),
        ],
        "ap-card",
        "ap-frame",
    )


def _finding(reading: Reading) -> str:
    fit = reading.results.model_fit
    if fit is None:
        return "Measured and expected"
    return (
        f"The model misses a week by {theme.share(fit.mape)} on average; "
        f"{theme.share(fit.coverage90)} of the weeks lie inside its 90% band"
    )
