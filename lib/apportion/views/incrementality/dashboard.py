"""The incrementality page as one widget."""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import ipywidgets as widgets
from markupsafe import Markup

from apportion.errors import ApportionError, FieldError, NotFoundError
from apportion.results.accounts import ActingMember, Role
from apportion.results.calibration import Direction
from apportion.results.incrementality import ExperimentStatus, IncrementalityExperiment, Monitoring
from apportion.results.tenants import Tenant
from apportion.views.incrementality import detail, form, listing
from apportion.views.incrementality.charts import ExperimentCharts
from apportion.views.incrementality.dialog import dialog
from apportion.views.incrementality.evidence import evidence
from apportion.views.incrementality.figures import figures, result_card
from apportion.views.incrementality.form import Assessment, Choices, Form
from apportion.views.parts.boxes import html, show, show_if, stack, stylesheet
from apportion.views.parts.interactive import Interactive

if TYPE_CHECKING:  # a view is given what it works with, and loads no database
    from apportion.workspace.experiments import ExperimentsWorkspace

Fields = Mapping[str, str]


class ExperimentsDashboard(widgets.VBox):
    """All experiments, one of them in detail, and the dialog that makes a new one.

    Parameters
    ----------
    experiments : ExperimentsWorkspace
    tenant : Tenant
        Whose page it is.
    member : ActingMember, optional
        Who looks; None: an analyst in JupyterLab.
    """

    def __init__(
        self,
        experiments: "ExperimentsWorkspace",
        tenant: Tenant,
        member: ActingMember | None = None,
    ) -> None:
        self._experiments = experiments
        self._tenant = tenant
        self._may_edit = member is None or member.may(Role.ANALYST)
        self._error = ""
        self.chosen = ""
        self.form: Form | None = None
        self.head, self.table = Interactive(self._on_act), Interactive(self._on_act)
        self.header, self.top = Interactive(self._on_act), Interactive(self._on_act)
        self.dialog = Interactive(self._on_form)
        self.below = html()
        self.charts: ExperimentCharts | None = None
        self.detail = stack([], "ap-pile")
        style = html(stylesheet())
        show_if(style, is_shown=False)
        self.page = stack([self.head, self.table, self.detail, self.dialog], "ap-page")
        super().__init__([style, self.page])
        self.add_class("ap")
        self.redraw()

    def redraw(self) -> None:
        """Read everything again and show it."""
        found = self._experiments.list()
        if not any(each.id == self.chosen for each in found):
            self.chosen = next((each.id for each in found if each.results), "")
            self.chosen = self.chosen or next((each.id for each in found), "")
        self.head.show(listing.head(found, may_edit=self._may_edit))
        self.table.show(listing.table(found, self.chosen))
        chosen = next((each for each in found if each.id == self.chosen), None)
        if chosen is None:
            self.detail.children = []
        else:
            self._draw_detail(chosen)

    def _draw_detail(self, one: IncrementalityExperiment) -> None:
        currency = self._tenant.currency
        self.header.show(detail.header(one, may_edit=self._may_edit, error=self._error))
        parts: list[widgets.Widget] = [self.header]
        trajectory = None
        if one.results is not None:
            self.top.show(_pile(figures(one, currency), result_card(one)))
            show(self.below, evidence(one, currency))
            trajectory = one.results.trajectory
        elif one.status is ExperimentStatus.DRAFT:
            self.top.show(detail.draft(one, may_edit=self._may_edit))
            show(self.below, Markup())
        else:
            seen = self._monitoring(one)
            is_running = one.status is ExperimentStatus.RUNNING
            self.top.show(detail.running(one, seen) if is_running else Markup())
            show(self.below, detail.notes(seen.checks) if seen is not None else Markup())
            trajectory = seen.trajectory if seen is not None else None
        parts.append(self.top)
        if trajectory is not None and len(trajectory.days) > 1:
            if self.charts is None:
                self.charts = ExperimentCharts()
            self.charts.show(one, trajectory, currency)
            parts.append(self.charts)
        self.detail.children = [*parts, self.below]

    def _monitoring(self, one: IncrementalityExperiment) -> Monitoring | None:
        try:
            return self._experiments.monitor(one.id)
        except ApportionError as error:
            self._error = str(error)
            self.header.show(detail.header(one, may_edit=self._may_edit, error=self._error))
            return None

    def _on_act(self, act: str, arg: str, fields: Fields) -> None:
        self._error = ""
        try:
            self._do(act, arg, fields)
        except ApportionError as error:
            self._error = str(error)
            self.redraw()

    def _do(self, act: str, arg: str, fields: Fields) -> None:
        experiments = self._experiments
        match act:
            case "open":
                self.chosen = arg
            case "new":
                self._open_form()
            case "edit":
                self._open_form(experiments.get(self.chosen))
            case "start":
                experiments.start(self.chosen, override_reason=fields.get("override", ""))
            case "cancel":
                experiments.cancel(self.chosen)
            case "read":
                experiments.read_out(self.chosen)
            case "delete":
                experiments.delete(self.chosen)
            case "certificate":
                text = experiments.certificate(self.chosen).model_dump_json(indent=1)
                self.top.save(f"certificate-{self.chosen}.json", text)
                return
            case _:
                return
        self.redraw()

    def _open_form(self, draft: IncrementalityExperiment | None = None) -> None:
        data = self._experiments.data
        metric = draft.metric if draft is not None else "revenue"
        regions = data.regions(metric)
        choices = Choices(regions, tuple(data.metrics()), tuple(data.channels()))
        start = self._next_monday()
        entered = (
            form.blank(regions, start, self._experiments.designs.default_baseline(metric, start))
            if draft is None
            else form.of_draft(draft, regions)
        )
        self.form = Form(entered, choices, currency=self._tenant.currency)
        if draft is not None:
            self.form = replace(self.form, assessment=self._assess(self.form))
        self.dialog.show(dialog(self.form))

    def _next_monday(self) -> dt.date:
        today = dt.datetime.now(ZoneInfo(self._tenant.timezone)).date()
        return today + dt.timedelta(days=7 - today.weekday())

    def _on_form(self, act: str, arg: str, fields: Fields) -> None:
        if self.form is None or act == "close":
            self._close()
            return
        texts = {**self.form.entered.texts, **fields}
        texts = {name: texts[name] for name in self.form.entered.texts}
        self.form = replace(self.form, entered=replace(self.form.entered, texts=texts))
        try:
            self._change(act, arg)
        except FieldError as error:
            found = Assessment(error=error, message=str(error))
            self.form = replace(self.form, assessment=found)
        except ApportionError as error:
            self.form = replace(self.form, assessment=Assessment(message=str(error)))
        if self.form is not None:
            self.dialog.show(dialog(self.form))

    def _change(self, act: str, arg: str) -> None:
        assert self.form is not None
        entered = self.form.entered
        match act:
            case "region":
                entered = form.toggled(entered, arg)
            case "find":
                self._find()
                return
            case "draw":
                entered = self._drawn(int(arg))
            case "sets":
                self._rank(int(arg))
                return
            case "use":
                choices = self.form.choices
                search, chosen = choices.search, choices.sets[int(arg)]
                assert search is not None
                option = search.options[choices.ranked]
                entered = form.with_set(entered, search.regions, chosen.regions, option.days)
            case "save":
                self._save()
                return
            case "changed" if arg == "metric":
                known = self._experiments.data.regions(entered.texts["metric"])
                roles = {region: entered.roles.get(region, form.CONTROL) for region in known}
                entered = replace(entered, roles=roles)
            case "changed" if arg in ("forced", "excluded", "name"):
                return
            case _:
                pass
        self.form = replace(self.form, entered=entered)
        self.form = replace(self.form, assessment=self._assess(self.form))

    def _assess(self, of: Form) -> Assessment:
        entered = of.entered
        if not any(role == form.TEST for role in entered.roles.values()):
            return Assessment()
        try:
            new = form.experiment_of(entered)
            power, checks = self._experiments.assess(new, entered.draft_id)
        except FieldError as error:
            return Assessment(error=error, message=str(error))
        return Assessment(power, checks)

    def _save(self) -> None:
        assert self.form is not None
        entered = self.form.entered
        if not entered.texts["name"].strip():
            raise FieldError("name", found="nothing", allowed="1 to 200 characters")
        new = form.experiment_of(entered)
        saved = (
            self._experiments.change(entered.draft_id, new)
            if entered.draft_id
            else self._experiments.create(new)
        )
        self.chosen = saved.id
        self._close()
        self.redraw()

    def _find(self) -> None:
        assert self.form is not None
        texts, shown = self.form.entered.texts, self.form

        def on_progress(fraction: float, message: str) -> None:
            said = f"{fraction:.0%} {message}"
            self.dialog.show(dialog(_with_choices(shown, progress=said)))

        new = form.experiment_of(self.form.entered)
        search = self._experiments.designs.find(
            start=new.start_date,
            direction=Direction(texts["direction"]),
            metric=texts["metric"],
            channel=texts["channel"] or texts["platform"],
            minimum_effect_percent=new.minimum_effect_percent,
            baseline_days=new.pre_test_days,
            forced=form.named(texts["forced"]),
            excluded=form.named(texts["excluded"]),
            on_progress=on_progress,
        )
        self.form = _with_choices(self.form, search=search, sets=(), progress="")

    def _drawn(self, number: int) -> form.Entered:
        assert self.form is not None
        search, texts = self.form.choices.search, self.form.entered.texts
        if search is None:
            raise NotFoundError("There is no design yet. Find designs first.")
        new = form.experiment_of(self.form.entered)
        drawn = self._experiments.designs.draw(
            search,
            search.options[number],
            start=new.start_date,
            draw_seed=secrets.randbelow(2**31),
            forced=form.named(texts["forced"]),
            excluded=form.named(texts["excluded"]),
        )
        return form.with_design(self.form.entered, drawn)

    def _rank(self, number: int) -> None:
        assert self.form is not None
        search, texts = self.form.choices.search, self.form.entered.texts
        if search is None:
            return
        sets = self._experiments.designs.ranked(
            search,
            search.options[number],
            start=form.experiment_of(self.form.entered).start_date,
            channel=texts["channel"] or texts["platform"],
            forced=form.named(texts["forced"]),
            excluded=form.named(texts["excluded"]),
        )
        self.form = _with_choices(self.form, sets=sets, ranked=number)

    def _close(self) -> None:
        self.form = None
        self.dialog.show(Markup())


def _with_choices(of: Form, **changes: object) -> Form:
    return replace(of, choices=replace(of.choices, **changes))  # type: ignore[arg-type]


def _pile(*parts: Markup) -> Markup:
    return Markup('<div class="ap-pile">{}</div>').format(Markup("").join(parts))
