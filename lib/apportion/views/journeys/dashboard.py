"""The journeys page as one widget."""

from typing import TYPE_CHECKING

import ipywidgets as widgets
import traitlets

from apportion.errors import NotFoundError
from apportion.results.journeys import JourneyResults
from apportion.results.tenants import Tenant
from apportion.views.journeys import comparison, sections
from apportion.views.journeys.browser import JourneyBrowser
from apportion.views.journeys.flow import flow
from apportion.views.journeys.lengths import PathLengthChart
from apportion.views.journeys.reading import Reading
from apportion.views.journeys.sharing import SharingForm
from apportion.views.journeys.states import not_analysed
from apportion.views.journeys.truth import truth_card
from apportion.views.parts.boxes import html, show, show_if, stack, stylesheet
from apportion.views.parts.choice import Choice

if TYPE_CHECKING:  # a view is given what it works with, and loads no database
    from apportion.workspace.journeys import JourneysWorkspace

AS_THEY_ARE, COLLAPSED = "as they are", "collapsed"


class JourneysDashboard(widgets.VBox):
    """Every path behind every conversion, and its credit under seven models.

    The look-back window and the kind of customers that are chosen in the list hold for the whole
    page; `results` follows them.

    Parameters
    ----------
    journeys : JourneysWorkspace
        Where list and analyses come from.
    tenant : Tenant
        Whose page it is.
    """

    results = traitlets.Instance(JourneyResults, allow_none=True)

    def __init__(self, journeys: "JourneysWorkspace", tenant: Tenant) -> None:
        self._journeys = journeys
        self._tenant = tenant
        self.head, self.figures = html(), html()
        self.browser = JourneyBrowser(journeys, tenant)
        self.sequence = Choice("Repeats", [(COLLAPSED, "As one"), (AS_THEY_ARE, "As they are")])
        self.paths = html()
        self.lengths: PathLengthChart | None = None
        self.flow, self.picture, self.table, self.truth = html(), html(), html(), html()
        self.dimension = Choice("By", list(comparison.DIMENSIONS.items()))
        self.unit = Choice("What", [("conversions", "Conversions"), ("revenue", "Revenue")])
        self.sharing = SharingForm(journeys, self._draw) if journeys.may_change else None
        style = html(stylesheet())
        show_if(style, is_shown=False)
        self.page = stack([], "ap-page")
        super().__init__([style, self.page], results=self._analysis())
        self.add_class("ap")
        self._draw()
        self.observe(lambda _: self._draw(), "results")
        self.browser.observe(lambda _: self._follow(), ["window_days", "customer"])
        self.sequence.observe(lambda _: self._draw_paths(), "value")
        self.dimension.observe(lambda _: self._draw_table(), "value")
        self.unit.observe(lambda _: self._draw_table(), "value")

    def _analysis(self) -> JourneyResults | None:
        try:
            return self._journeys.analysis(self.browser.window_days, self.browser.chosen_customer)
        except NotFoundError:
            return None

    def _follow(self) -> None:
        self.results = self._analysis()

    @property
    def reading(self) -> Reading | None:
        """The results with the words that they are read in."""
        if self.results is None or not self.results.paths.conversions:
            return None
        return Reading(
            self.results,
            self._tenant,
            is_stale=self._journeys.is_stale(self.results),
            truth=self._journeys.truth() if self.results.paths.customer is None else None,
        )

    def _draw(self) -> None:
        reading = self.reading
        if reading is None:
            show(self.head, not_analysed(self._tenant.slug))
            self.page.children = [self.head, self.browser, *self._settings()]
            return
        show(self.head, sections.head(reading))
        show(self.figures, sections.figures(reading))
        self._draw_paths()
        if self.lengths is None:
            self.lengths = PathLengthChart(reading.results.paths)
            self._cards = self._made_cards(self.lengths)
        else:
            self.lengths.paths = reading.results.paths
        show(self.flow, flow(reading))
        show(self.picture, comparison.picture(reading))
        self._draw_table()
        show(self.truth, truth_card(reading))
        self.page.children = [
            self.head,
            self.figures,
            self.browser,
            *self._cards,
            *self._settings(),
        ]

    def _made_cards(self, lengths: PathLengthChart) -> list[widgets.Widget]:
        choices = stack([self.dimension, self.unit], "ap-tools")
        return [
            stack([stack([self.sequence, self.paths], "ap-card"), lengths], "ap-split"),
            self.picture,
            stack([choices, self.table], "ap-card"),
            self.truth,
            self.flow,
        ]

    def _settings(self) -> list[widgets.Widget]:
        return [] if self.sharing is None else [self.sharing.widget]

    def _draw_paths(self) -> None:
        if (reading := self.reading) is not None:
            is_collapsed = self.sequence.value == COLLAPSED
            show(self.paths, sections.common_paths(reading, collapsed=is_collapsed))

    def _draw_table(self) -> None:
        if (reading := self.reading) is not None:
            table = comparison.credit_table(reading, self.dimension.value, self.unit.value)
            show(self.table, table)
