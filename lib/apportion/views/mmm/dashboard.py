"""The media mix page as one widget."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets
import traitlets

from apportion.results.accounts import Role
from apportion.results.mmm import MMMResults
from apportion.results.tenants import Tenant
from apportion.views.mmm import sections
from apportion.views.mmm.budget import budget_card
from apportion.views.mmm.curves import SaturationCurves
from apportion.views.mmm.decomposition import DecompositionChart
from apportion.views.mmm.reading import Reading
from apportion.views.mmm.states import state
from apportion.views.mmm.table import channel_table
from apportion.views.mmm.training import training_card
from apportion.views.parts.boxes import html, show, show_if, stack, stylesheet
from apportion.views.parts.tabs import Build, LazyTabs

if TYPE_CHECKING:  # it brings the database along, which showing results does without
    from apportion.workspace import Workspace

REDRAWN = ("curves", "weeks")
"""Tabs whose charts are updated in place; the others are made anew."""


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
    workspace : Workspace, optional
        Where budgets are priced and models are trained; without it the page only shows.
    """

    results = traitlets.Instance(MMMResults)
    versions = traitlets.Tuple()

    def __init__(
        self,
        results: MMMResults,
        versions: Sequence[MMMResults] = (),
        tenant: Tenant | None = None,
        workspace: "Workspace | None" = None,
    ) -> None:
        self._tenant = tenant
        self._workspace = workspace
        self.state, self.newer, self.head = html(), html(), html()
        self.figures, self.table = html(), html()
        self.cautions, self.origin = html(), html()
        self.reading: Reading | None = None
        self.tabs: LazyTabs | None = None
        self._training_card: widgets.VBox | None = None
        self.page = stack([], "ap-page")
        style = html(stylesheet())
        show_if(style, is_shown=False)
        super().__init__([style, self.page], results=results, versions=tuple(versions))
        self.add_class("ap")

    @traitlets.observe("results", "versions")
    def _draw(self, _: object) -> None:
        if not self.results.channels:
            show(self.state, state(self.results, self._tenant.slug if self._tenant else ""))
            self.page.children = [self.state, *([self._training()] if self._may_train else [])]
            return
        reading = Reading(self.results, self._tenant.timezone if self._tenant else "UTC")
        newest = max(self.versions, key=lambda model: model.version, default=self.results)
        show(self.newer, sections.newer_version(newest, self.results))
        show(self.head, sections.head(reading))
        show(self.figures, sections.figures(reading))
        show(self.table, channel_table(reading))
        show(self.cautions, sections.cautions(reading))
        show(self.origin, sections.origin(reading))
        self._draw_tabs(reading)
        self.page.children = [
            self.head,
            self.newer,
            self.figures,
            self.table,
            self.tabs,
            self.cautions,
            self.origin,
        ]

    def _draw_tabs(self, reading: Reading) -> None:
        self.reading = reading
        if self.tabs is None:
            self.tabs = LazyTabs("What the model says", self._views())
            return
        for name, view in self.tabs.built.items():
            if name in REDRAWN:
                view.reading = reading
        self.tabs.forget(*(set(self.tabs.built) - set(REDRAWN) - {"train"}))

    def _views(self) -> dict[str, tuple[str, Build]]:
        """Give the tabs: what can be drawn from the results, and what needs the workspace."""
        views: dict[str, tuple[str, Build]] = {
            "curves": ("Saturation", lambda: SaturationCurves(self._read())),
            "weeks": ("Week by week", lambda: DecompositionChart(self._read())),
        }
        workspace = self._workspace
        if workspace is not None:
            views["budget"] = (
                "Budget",
                lambda: budget_card(workspace.mmm.planner(self.results.version), self._read()),
            )
        if self._may_train:
            views["train"] = ("Train", self._training)
        return views

    @property
    def _may_train(self) -> bool:
        """Whether to offer it; the store refuses a viewer in any case."""
        workspace = self._workspace
        return workspace is not None and (
            workspace.member is None or workspace.member.may(Role.ANALYST)
        )

    def _training(self) -> widgets.VBox:
        assert self._workspace is not None
        if self._training_card is None:
            self._training_card = training_card(self._workspace, self._reload)
        return self._training_card

    def _reload(self) -> None:
        """Show what there is after a training has ended."""
        assert self._workspace is not None
        mmm = self._workspace.mmm
        with self.hold_trait_notifications():
            self.versions = tuple(mmm.versions())
            self.results = mmm.latest()

    def _read(self) -> Reading:
        assert self.reading is not None  # tabs are made after it
        return self.reading
