"""The interval bar: a band that holds the estimate with 90 %, a dot at its middle."""

import math
from dataclasses import dataclass

from markupsafe import Markup

from apportion.results.base import Interval
from apportion.views.parts.cards import joined


@dataclass(frozen=True)
class Track:
    """The axis that the bars of a column share.

    Parameters
    ----------
    low, high : float
        Its ends.
    reference : float, optional
        A value to hold the estimates against, drawn as a dashed line.
    """

    low: float
    high: float
    reference: float | None = None

    def place(self, value: float) -> float:
        """Give where `value` lies, in percent of the track, kept within it."""
        inside = min(max(value, self.low), self.high)
        return 100 * (inside - self.low) / (self.high - self.low)


def nice_ceiling(value: float) -> float:
    """Give the smallest of 1, 2, 3, 5, 8 times a power of ten that is not below `value`."""
    if not value > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 3, 5, 8, 10) if step * power >= value * (1 - 1e-9))


def interval_bar(
    estimate: float,
    interval: Interval,
    track: Track,
    *,
    label: str,
    colour: str = "",
    is_hatched: bool = False,
) -> Markup:
    """Give the bar of one estimate.

    Parameters
    ----------
    label : str
        What it shows, in words: the bar is an image to who cannot see it.
    colour : str
        Token of the channel; empty: the colour of text.
    is_hatched : bool
        The data cannot tell: the band is hatched and the dot hollow.
    """
    classes = [
        f"ap-c-{colour}" if colour else "",
        "hatched" if is_hatched else "",
        "beyond" if interval.upper > track.high else "",
    ]
    reference = (
        Markup('<u style="--ref:{:.1f}"></u>').format(track.place(track.reference))
        if track.reference is not None and track.low <= track.reference <= track.high
        else ""
    )
    return Markup(
        '<span class="ap-iv {}" role="img" aria-label="{}" '
        'style="--lo:{:.1f};--x:{:.1f};--hi:{:.1f}">{}<i></i><b></b></span>'
    ).format(
        " ".join(filter(None, classes)),
        label,
        track.place(interval.lower),
        track.place(estimate),
        track.place(interval.upper),
        reference,
    )


def axis_labels(*labels: tuple[float, str]) -> Markup:
    """Give the labels above a column of bars; positions in percent of the track."""
    return Markup('<span class="ap-axis">{}</span>').format(
        joined(
            Markup('<span class="{}" style="--x:{:.1f}">{}</span>').format(
                "end" if place > 85 else "mid" if place > 15 else "", place, text
            )
            for place, text in labels
        )
    )
