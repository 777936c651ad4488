"""The media mix page as one widget."""

from collections.abc import Sequence

import ipywidgets as widgets
import traitlets

from apportion.results.mmm import MMMResults
from apportion.results.tenants import Tenant
from apportion.views.mmm import sections
from apportion.views.mmm.curves import SaturationCurves
from apportion.views.mmm.decomposition import DecompositionChart
from apportion.views.mmm.reading import Reading
from apportion.views.mmm.states import state
from apportion.views.mmm.table import channel_table
from apportion.views.parts.boxes import html, show, show_if, stack, stylesheet


class MMMDashboard(widgets.VBox):
    """What each channel earns and where the next unit of spend should go.

    Parameters
    ----------
    results : MMMResults
        The version to show; assign another to show that one.
    versions : sequence of MMMResults, optional
        All versions, newest first: if a later one trains or was refused, the page says so.
    tenant : Tenant, optional
        Whose page it is, for its time zone and its name in the command that trains.
    """

    results = traitlets.Instance(MMMResults)
    versions = traitlets.Tuple()

    def __init__(
        self,
        results: MMMResults,
        versions: Sequence[MMMResults] = (),
        tenant: Tenant | None = None,
    ) -> None:
        self._tenant = tenant
        self.state, self.newer, self.head = html(), html(), html()
        self.figures, self.table = html(), html()
        self.cautions, self.origin = html(), html()
        self.curves: SaturationCurves | None = None
        self.decomposition: DecompositionChart | None = None
        self.page = stack([], "ap-page")
        style = html(stylesheet())
        show_if(style, is_shown=False)
        super().__init__([style, self.page], results=results, versions=tuple(versions))
        self.add_class("ap")

    @traitlets.observe("results", "versions")
    def _draw(self, _: object) -> None:
        if not self.results.channels:
            show(self.state, state(self.results, self._tenant.slug if self._tenant else ""))
            self.page.children = [self.state]
            return
        reading = Reading(self.results, self._tenant.timezone if self._tenant else "UTC")
        newest = max(self.versions, key=lambda model: model.version, default=self.results)
        show(self.newer, sections.newer_version(newest, self.results))
        show(self.head, sections.head(reading))
        show(self.figures, sections.figures(reading))
        show(self.table, channel_table(reading))
        show(self.cautions, sections.cautions(reading))
        show(self.origin, sections.origin(reading))
        self._draw_charts(reading)

    def _draw_charts(self, reading: Reading) -> None:
        if self.curves is None:
            self.curves = SaturationCurves(reading)
        else:
            self.curves.reading = reading
        if self.decomposition is None:
            self.decomposition = DecompositionChart(reading)
        else:
            self.decomposition.reading = reading
        show_if(self.decomposition, reading.results.decomposition is not None)
        self.page.children = [
            self.head,
            self.newer,
            self.figures,
            self.table,
            self.curves,
            self.decomposition,
            self.cautions,
            self.origin,
        ]
