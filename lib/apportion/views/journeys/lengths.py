"""How many touchpoints a conversion had: a bar chart."""

import bqplot
import ipywidgets as widgets
import numpy as np
import traitlets

from apportion.results.journeys import PathAnalysis
from apportion.views import theme
from apportion.views.parts import cards, charts
from apportion.views.parts.boxes import html, show
from apportion.views.parts.download import Download

HEIGHT = 300
LAST = 9
"""The last bar holds all longer paths too."""


class PathLengthChart(widgets.VBox):
    """Conversions by number of touchpoints; assign `paths` to show others."""

    paths = traitlets.Instance(PathAnalysis)

    def __init__(self, paths: PathAnalysis) -> None:
        self.heading, self.below = (
            html(),
            html(cards.foot("Paths without an order are not counted here.")),
        )
        self.x_scale, self.y_scale = bqplot.OrdinalScale(), bqplot.LinearScale(min=0.0)
        scales = {"x": self.x_scale, "y": self.y_scale}
        # Two marks on one scale: the colours of one cannot pick out single bars.
        self.others, self.most = (
            bqplot.Bars(x=[], y=[], scales=scales, colors=[colour], padding=0.28)
            for colour in ("var(--ap-ch-baseline)", charts.TEXT)
        )
        for bars in (self.others, self.most):
            bars.tooltip = bqplot.Tooltip(
                fields=["x", "y"], labels=["Touchpoints", "Conversions"], formats=["", ",.0f"]
            )
        self.x_axis = charts.axis(self.x_scale)
        self.y_axis = charts.axis(self.y_scale, is_vertical=True)
        self.figure = charts.figure(
            [self.others, self.most], [self.x_axis, self.y_axis], height=HEIGHT
        )
        super().__init__([self.heading, self.figure, self.below, Download()], paths=paths)
        for name in ("ap-card", "ap-frame"):
            self.add_class(name)

    @traitlets.observe("paths")
    def _draw(self, _: object) -> None:
        counts = np.zeros(LAST)
        for length in self.paths.path_length_distribution:
            counts[min(length.length, LAST) - 1] += length.count
        names = [str(length) for length in range(1, LAST)] + [f"{LAST}+"]
        is_most = np.arange(LAST) == counts.argmax()
        with self.others.hold_sync(), self.most.hold_sync():
            self.others.x = self.most.x = names
            self.others.y = np.where(is_most, 0.0, counts)
            self.most.y = np.where(is_most, counts, 0.0)
        ticks = charts.ticks(0, float(counts.max()) or 1.0, most=5)
        self.y_scale.max = max(float(counts.max()), ticks[-1]) or 1.0
        width = charts.set_ticks(self.y_axis, ticks, theme.on_axis)
        charts.set_margin(self.figure, left=width)
        most = int(counts.argmax()) + 1
        share = theme.share(counts.max() / max(counts.sum(), 1.0))
        which = "One touchpoint is" if most == 1 else f"{names[most - 1]} touchpoints are"
        finding = f"{which} most common: {share} of orders"
        show(self.heading, cards.title(finding, "Conversions by number of touchpoints"))
