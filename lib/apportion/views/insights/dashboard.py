"""The insights page as one widget."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import ipywidgets as widgets
import traitlets
from markupsafe import Markup

from apportion.errors import AlreadyRequestedError, ApportionError, ConflictError
from apportion.results.accounts import Role
from apportion.results.insights import AIInsightsData, Anomaly, Answer, Verdict
from apportion.results.runs import Run, RunStatus
from apportion.views.insights import advice, anomalies, asking, overview, writing
from apportion.views.insights.reading import Reading
from apportion.views.insights.states import state
from apportion.views.parts import cards
from apportion.views.parts.acting import Acting
from apportion.views.parts.boxes import html, show_if, stylesheet

if TYPE_CHECKING:  # it brings the database along, which showing insights does without
    from apportion.workspace import Workspace


class InsightsDashboard(widgets.VBox):
    """What changed in a range of days, whether it matters, and what to do.

    Parameters
    ----------
    insights : AIInsightsData or None
        What to show; None: there is too little data, as `reason` says.
    workspace : Workspace, optional
        Where other days are looked at and feedback is given; without it the page only shows.
    reason : str
        Why there are none.
    """

    insights = traitlets.Instance(AIInsightsData, allow_none=True)

    def __init__(
        self,
        insights: AIInsightsData | None,
        workspace: "Workspace | None" = None,
        reason: str = "",
    ) -> None:
        self._workspace = workspace
        self._reason = reason
        self._message = Markup()
        self._answer: Answer | None = None
        self._run_id: str | None = None
        self.progress = Acting(self._on_progress)
        self.page = Acting(self._on_act)
        self.page.add_class("ap-page")
        style = html(stylesheet())
        show_if(style, is_shown=False)
        super().__init__([style, self.progress, self.page], insights=insights)
        self.add_class("ap")
        if insights is None:
            self._draw(None)
        self._follow_what_goes_on()

    @property
    def can_act(self) -> bool:
        """Whether who looks may write again and give feedback."""
        if self._workspace is None:
            return False
        member = self._workspace.member
        return member is None or member.role.includes(Role.ANALYST)

    @traitlets.observe("insights")
    def _draw(self, _: object) -> None:
        if self.insights is None:
            self.page.show(state(self._reason))
            return
        workspace = self._workspace
        reading = Reading(
            self.insights,
            workspace.tenant.timezone if workspace else "UTC",
            workspace.insights.feedback() if workspace else {},
            self.can_act,
            is_writing=self._run_id is not None,
        )
        parts = (
            overview.head(reading, self._message),
            overview.summary(reading),
            overview.figures(reading),
            anomalies.anomalies(reading),
            advice.trends(reading),
            advice.recommendations(reading),
            asking.ask(self._answer) if self._can_ask else Markup(),
        )
        pieces = cards.joined(Markup("<div>{}</div>").format(part) for part in parts if part)
        self.page.show(Markup('<div class="ap-page">{}</div>').format(pieces))

    def _on_act(self, act: str, arg: str, fields: Mapping[str, str]) -> None:
        acts: Mapping[str, Callable[[str, Mapping[str, str]], None]] = {
            "days": self._show_last,
            "range": self._show_range,
            "again": self._write_again,
            "say": self._say,
            "event": self._add_event,
            "ask": self._ask,
        }
        if self._workspace is None or self.insights is None or act not in acts:
            return
        self._message = Markup()
        try:
            acts[act](arg, fields)
        except ApportionError as error:
            self._message = cards.note("warn", "That did not work", str(error))
        self._draw(None)

    def _show_last(self, arg: str, _: Mapping[str, str]) -> None:
        if arg not in {str(days) for days, _ in overview.PRESETS}:
            return
        workspace = self._open_workspace()
        end = workspace.insights.data_through()
        self._show(end - dt.timedelta(days=int(arg) - 1), end)

    def _show_range(self, _: str, fields: Mapping[str, str]) -> None:
        start, end = fields.get("start", ""), fields.get("end", "")
        self._show(start, end)

    def _show(self, start: str | dt.date, end: str | dt.date) -> None:
        self._set(self._open_workspace().insights.show(start, end))
        self._follow_what_goes_on()

    def _write_again(self, _: str, __: Mapping[str, str]) -> None:
        days = self._shown().date_range
        try:
            run = self._open_workspace().insights.request(days.start, days.end)
        except AlreadyRequestedError as error:
            run = self._open_workspace().runs.get(error.run_id)
        self._follow(run)

    def _on_progress(self, act: str, _: str, __: Mapping[str, str]) -> None:
        if self._run_id is None or act not in ("poll", "cancel"):
            return
        runs = self._open_workspace().runs
        try:
            if act == "cancel":
                self._follow(runs.cancel(self._run_id))
            else:
                self._follow(runs.get(self._run_id))
        except ConflictError:  # it has ended meanwhile
            self._follow(runs.get(self._run_id))
        except ApportionError as error:
            self.progress.show(cards.note("warn", "That did not work", str(error)))

    def _follow_what_goes_on(self) -> None:
        """Show the run of these days that somebody has asked for."""
        if self._workspace is None or self.insights is None or not self.can_act:
            return
        days = self.insights.date_range
        run = self._workspace.insights.going_on(days.start, days.end)
        if run is None:
            self._run_id = None
            self.progress.show(Markup())
        else:
            self._follow(run)

    def _follow(self, run: Run) -> None:
        """Show how far a run is; once it has ended, what it found."""
        was = self._run_id
        self._run_id = None if run.status.has_ended else run.id
        self.progress.show(writing.progress(run))
        if run.status is RunStatus.COMPLETED:
            days = self._shown().date_range
            self._set(self._open_workspace().insights.show(days.start, days.end))
        if was != self._run_id:
            self._draw(None)

    def _say(self, arg: str, fields: Mapping[str, str]) -> None:
        anomaly_id, _, verdict = arg.partition("|")
        anomaly = self._anomaly(anomaly_id)
        workspace = self._open_workspace()
        if anomaly is None or verdict not in set(Verdict):
            return
        if workspace.insights.feedback().get(anomaly_id) is Verdict(verdict):
            workspace.insights.withdraw(anomaly_id)
        else:
            workspace.insights.say(anomaly, Verdict(verdict))

    def _add_event(self, arg: str, fields: Mapping[str, str]) -> None:
        anomaly = self._anomaly(arg)
        if anomaly is not None:
            name = fields.get("name", "")
            self._open_workspace().insights.add_event(anomaly, name)
            self._message = cards.note(
                "good", f"“{name.strip()}” is in the calendar", "The next run expects these days."
            )

    def _ask(self, _: str, fields: Mapping[str, str]) -> None:
        self._answer = self._open_workspace().insights.ask(fields.get("question", ""))

    @property
    def _can_ask(self) -> bool:
        return self.can_act and self._open_workspace().insights.can_ask

    def _anomaly(self, anomaly_id: str) -> Anomaly | None:
        found = (one for one in self._shown().anomalies if one.id == anomaly_id)
        return next(found, None)

    def _shown(self) -> AIInsightsData:
        assert self.insights is not None
        return self.insights

    def _open_workspace(self) -> "Workspace":
        assert self._workspace is not None
        return self._workspace

    def _set(self, insights: AIInsightsData) -> None:
        self.set_trait("insights", insights)
