"""What every bqplot chart shares: axes, ticks, lines, bands.

Colours are given as ``var(--ap-...)``, so that a chart follows the theme without the kernel.
"""

import math
from collections.abc import Callable, Iterable, Sequence

import bqplot
import ipywidgets as widgets
import numpy as np
from numpy.typing import NDArray

TEXT, SURFACE = "var(--ap-text)", "var(--ap-surface)"
CHARACTER_WIDTH = 6.8
"""Of a figure in 12 px, in pixels."""


def ticks(low: float, high: float, most: int = 4) -> NDArray[np.float64]:
    """Give round values from `low` to `high`, at most `most` of them, 0 among them if in range."""
    if not high > low:
        return np.array([low])
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    for step in (1, 2, 2.5, 5, 10, 20, 25, 50):
        first = math.ceil(low / (step * power) - 1e-9)
        last = math.floor(high / (step * power) + 1e-9)
        if last - first + 1 <= most:
            break
    return np.arange(first, last + 1, dtype=np.float64) * (step * power)


def tick_labels(values: Iterable[float], form: Callable[[float], str]) -> dict[str, str]:
    """Give the labels of ticks, keyed as JavaScript writes the numbers."""
    return {
        str(int(value)) if float(value).is_integer() else repr(float(value)): form(float(value))
        for value in values
    }


def axis(scale: bqplot.Scale, *, is_vertical: bool = False, **settings: object) -> bqplot.Axis:
    """Give an axis: vertical ones have grid lines."""
    return bqplot.Axis(
        scale=scale,
        side="left" if is_vertical else "bottom",
        grid_lines="solid" if is_vertical else "none",
        **settings,
    )


def set_ticks(of: bqplot.Axis, values: NDArray[np.float64], form: Callable[[float], str]) -> int:
    """Put ticks on an axis; give the width of the widest label in pixels."""
    labels = tick_labels(values, form)
    with of.hold_sync():
        of.tick_labels = labels
        of.tick_values = values
    return math.ceil(CHARACTER_WIDTH * max(map(len, labels.values()), default=1))


def figure(
    marks: Sequence[bqplot.Mark], axes: Sequence[bqplot.Axis], *, height: int
) -> bqplot.Figure:
    """Give a chart that is as wide as its card and does not animate."""
    return bqplot.Figure(
        marks=list(marks),
        axes=list(axes),
        animation_duration=0,
        display_toolbar=False,
        padding_x=0,
        padding_y=0,
        background_style={"fill": "transparent"},
        layout=widgets.Layout(width="100%", height=f"{height}px", min_width="0"),
    )


def set_margin(of: bqplot.Figure, *, left: int, right: int = 20, top: int = 8) -> None:
    """Give a chart its margins; the left one is the width of its tick labels and a little."""
    of.fig_margin = {"left": left + 14, "right": right, "top": top, "bottom": 24}


def line(scales: dict[str, bqplot.Scale], colour: str, **settings: object) -> bqplot.Lines:
    """Give a line without points yet."""
    return bqplot.Lines(
        x=[], y=[], scales=scales, colors=[colour], **{"stroke_width": 2.5, **settings}
    )


def band(scales: dict[str, bqplot.Scale], colour: str, opacity: float) -> bqplot.Lines:
    """Give an area between a lower and an upper line, without points yet."""
    return bqplot.Lines(
        x=[],
        y=[[], []],
        scales=scales,
        colors=["transparent"] * 2,
        fill="between",
        fill_colors=[colour] * 2,
        fill_opacities=[opacity] * 2,
        stroke_width=0,
    )


def set_points(mark: bqplot.Mark, x: object, y: object) -> None:
    """Move a mark to other points, in one message."""
    with mark.hold_sync():
        mark.x = np.asarray(x)
        mark.y = np.asarray(y, dtype=float)
