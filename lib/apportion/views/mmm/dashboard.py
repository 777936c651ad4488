"""The media mix page as one widget."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets
import traitlets

from apportion.errors import NotFoundError
from apportion.results.accounts import Role
from apportion.results.mmm import MMMResults
from apportion.results.tenants import Tenant
from apportion.views.mmm import sections
from apportion.views.mmm.ahead import PlanAhead
from apportion.views.mmm.allocator import BudgetAllocator
from apportion.views.mmm.beliefs import beliefs_card
from apportion.views.mmm.budget import budget_card
from apportion.views.mmm.curves import SaturationCurves
from apportion.views.mmm.decomposition import DecompositionChart
from apportion.views.mmm.fit import fit_card
from apportion.views.mmm.frames import results_frame
from apportion.views.mmm.learning import learning_cards
from apportion.views.mmm.reading import Reading
from apportion.views.mmm.states import state
from apportion.views.mmm.table import channel_table
from apportion.views.mmm.training import training_card
from apportion.views.mmm.versions import Versions
from apportion.views.parts.boxes import html, show, show_if, stack, stylesheet
from apportion.views.parts.download import Download
from apportion.views.parts.sorting import Sorting
from apportion.views.parts.tabs import Build, LazyTabs

if TYPE_CHECKING:  # it brings the database along, which showing results does without
    from apportion.mmm.planner import Planner
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
        download = Download(lambda: results_frame(self.results), "channels", picture="table")
        self.table_box = stack([self.table, Sorting(), download], "ap-frame")
        self.cautions, self.origin = html(), html()
        self.reading: Reading | None = None
        self.tabs: LazyTabs | None = None
        self._training_card: widgets.VBox | None = None
        self._priced: Planner | None = None
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
            self.table_box,
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
            "fit": ("Fit", self._fit),
            "learned": ("What the data taught", lambda: learning_cards(self._read())),
        }
        workspace = self._workspace
        if workspace is not None:
            views["budget"] = ("Budget", lambda: budget_card(self._planner(), self._read()))
            views["ahead"] = (
                "Plan ahead",
                lambda: PlanAhead(
                    workspace,
                    self._planner(),
                    self._read(),
                    self._split_of_sliders,
                    may_save=self._may_train,
                ),
            )
            views["versions"] = (
                "Versions",
                lambda: Versions(
                    workspace,
                    self.versions or workspace.mmm.versions(),
                    self.results.version,
                    self._show_version,
                ),
            )
        if self._may_train:
            views["train"] = ("Train", self._training)
        return views

    def _planner(self) -> "Planner":
        """Give the version on the page, read from the store once."""
        assert self._workspace is not None
        version = self.results.version
        if self._priced is None or self._priced.results.version != version:
            self._priced = self._workspace.mmm.planner(version)
        return self._priced

    def _split_of_sliders(self) -> Mapping[str, float] | None:
        if self.tabs is None or "budget" not in self.tabs.built:
            return None
        found = [
            child
            for child in self.tabs.built["budget"].children
            if isinstance(child, BudgetAllocator)
        ]
        return found[0].spend

    def _show_version(self, version: int) -> None:
        assert self._workspace is not None
        self.results = self._workspace.mmm.version(version)

    def _fit(self) -> widgets.Widget:
        reading = self._read()
        if reading.results.decomposition is None:
            raise NotFoundError("The weeks of this version are not stored.")
        return fit_card(reading)

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
            before = self._workspace.mmm.before_training()
            parts = [training_card(self._workspace, self._reload, before)]
            if before.spend:
                parts.append(beliefs_card(self._workspace, before))
            self._training_card = stack(parts, "ap-page")
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
