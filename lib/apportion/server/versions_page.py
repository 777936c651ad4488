"""The model's versions, for analysts: which is current, how far each was off, and going back."""

import asyncio
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from apportion.errors import ParameterError
from apportion.mmm.succession import JUMP_FACTOR, JUMP_POINTS
from apportion.results.backtest import BackTest
from apportion.results.comparison import VersionComparison
from apportion.results.mmm import MMMResults, ModelStatus
from apportion.server import backtest_chart, comparison_parts
from apportion.server.pages import RUNS
from apportion.server.runs_page import RunsPageHandler
from apportion.views import theme
from apportion.views.parts import cards
from apportion.views.parts.tables import Cell, Column, table
from apportion.workspace import Workspace

PATH = f"{RUNS.path}/versions"
MOST_VERSIONS = 20

RULE = (
    "A new version becomes current when it passes its checks and is no wild jump from the current "
    f"one: no channel's return moved by more than {JUMP_FACTOR:g} times and beyond both 90% "
    f"intervals, and the share of media moved by no more than {JUMP_POINTS:g} points or within "
    "them. Otherwise it is held back, and an analyst decides."
)


class VersionsHandler(RunsPageHandler):
    """Versions, back-tests, a comparison of two; make one current, measure now."""

    async def get(self) -> None:
        """Write the page."""
        await self.show()

    async def post(self) -> None:
        """Make a version current, or measure the versions against the data as they are now."""
        versions = self.workspace.versions
        match self.field("do"):
            case "measure":
                done = await self.act(versions.measure)
            case _:
                version = _number(self.field("version"))
                done = await self.act(_make_current, self.workspace, version, self.field("reason"))
        if done is not None:
            self.redirect(PATH, status=303)

    async def show(self, *, problem: str = "") -> None:
        """Write the page; `before` and `after` in the address name two versions to compare."""
        asked = [self.get_query_argument(name, "") for name in ("before", "after")]
        found = await asyncio.to_thread(_look, self.workspace, *map(_number, asked))
        models, backtests, comparison = found
        zone, xsrf = self.member.tenant.timezone, self.xsrf_token.decode()
        completed = [found for found in models if found.status is ModelStatus.COMPLETED]
        parts = [
            *_held_back(models),
            versions_card(models, backtests, zone),
            *([current_form(completed, xsrf)] if len(completed) > 1 else []),
            *([comparison_parts.form(completed, comparison, PATH)] if len(completed) > 1 else []),
            *([comparison_parts.card(comparison)] if comparison else []),
            *([backtests_card(backtests, completed, xsrf)] if completed else []),
        ]
        self.write_page(answer(models, backtests), parts, problem=problem)


def answer(models: Sequence[MMMResults], backtests: Sequence[BackTest]) -> str:
    """Say which version is current, and how far off it was."""
    current = next((found for found in models if found.is_current), None)
    if current is None:
        return "No version is current yet" if models else "No model has been trained yet"
    measured = [found for found in backtests if found.version == current.version]
    if not measured:
        return f"Version {current.version} is current"
    last = measured[-1]
    return (
        f"Version {current.version} is current; in the {theme.count(last.weeks, 'week')} since, "
        f"it missed by {theme.share(last.mape)}"
    )


def versions_card(models: Sequence[MMMResults], backtests: Sequence[BackTest], zone: str) -> Markup:
    """Give every version: its state, why, and how far it was off."""
    if not models:
        return cards.empty(
            "mmm", "No version yet", "Each training makes a version; it is never changed again."
        )
    last = {found.version: found for found in backtests}
    columns = [
        Column("Version", "Version", "lead nolabel"),
        Column("State", "State", "side nolabel"),
        Column("Trained", "Trained", ""),
        Column("Data until", "Data until", ""),
        Column("Miss in weeks held out", "Held out", "n"),
        Column("Miss in weeks since", "Since", "n"),
        Column("Why", "", "wide"),
    ]
    rows = [
        [
            Cell(f"Version{theme.SPACE}{found.version}", classes="strong"),
            Cell(state(found)),
            Cell(theme.moment(found.last_run_at, zone) if found.last_run_at else ""),
            Cell(theme.day(found.date_range.end) if found.date_range else ""),
            Cell(_held_out(found)),
            Cell(*_since(last.get(found.version))),
            Cell(found.held_back or found.reason or "", classes="" if _why(found) else "gone"),
        ]
        for found in models
    ]
    return cards.card(
        cards.title("Versions", RULE), table(columns, rows, "Newest first; a version never changes")
    )


def state(found: MMMResults) -> Markup:
    """Give what has become of a version."""
    if found.is_current:
        return cards.chip("Current", "good")
    if found.held_back:
        return cards.chip("Held back", "warn")
    if found.status is ModelStatus.FAILED:
        return cards.chip("Refused", "bad")
    if found.status is ModelStatus.RUNNING:
        return cards.chip("Training", "info", "run")
    return cards.chip("Earlier", "", "clock")


def current_form(completed: Sequence[MMMResults], xsrf: str) -> Markup:
    """Give the form that makes another version current."""
    others = [found for found in completed if not found.is_current]
    options = cards.joined(
        Markup('<option value="{0}">Version {0}{1}</option>').format(
            found.version, ", held back" if found.held_back else ""
        )
        for found in others
    )
    return Markup(
        '<div class="ap-card"><div class="ap-ct"><div><h2>Make another version current</h2>'
        "<p>Go back to an earlier version, or let one through that was held back. Pages, API and "
        "budgets rest on it at once; the audit trail keeps who and why.</p></div></div>"
        '<form method="post" action="{}" class="ap-form two">'
        '<input type="hidden" name="_xsrf" value="{}">'
        '<div class="ap-field"><label for="f-version">Version</label>'
        '<select id="f-version" name="version">{}</select></div>'
        '<div class="ap-field"><label for="f-reason">Why?</label>'
        '<input id="f-reason" name="reason" required maxlength="500" autocomplete="off"></div>'
        '<div class="whole"><button class="ap-btn primary" type="submit" name="do" '
        'value="current">Make it current</button></div></form></div>'
    ).format(PATH, xsrf, options)


def backtests_card(
    backtests: Sequence[BackTest], completed: Sequence[MMMResults], xsrf: str
) -> Markup:
    """Give how far each version was off, as weeks came in."""
    current = next((found.version for found in completed if found.is_current), None)
    measure = Markup(
        '<form method="post" action="{}"><input type="hidden" name="_xsrf" value="{}">'
        '<button class="ap-btn" type="submit" name="do" value="measure">Measure now</button></form>'
    ).format(PATH, xsrf)
    title = cards.title(
        "Forecasts against what then happened",
        "Average miss over the weeks after a version's data, from their real spend and controls",
    )
    if not backtests:
        nothing = Markup(
            '<p class="muted">Nothing measured yet. A version is measured after each training, '
            "once a complete week has come since its data.</p>"
        )
        return cards.card(title, nothing, measure)
    return cards.card(
        title,
        backtest_chart.chart(backtests, current),
        _measured(backtests),
        measure,
    )


def _measured(backtests: Sequence[BackTest]) -> Markup:
    last = {found.version: found for found in backtests}
    columns = [
        Column("Version", "Version", "lead nolabel"),
        Column("Weeks since", "Weeks since", "n"),
        Column("Average miss", "Average miss", "n"),
        Column("What it promised", "Promised", "n"),
        Column("Last year's weeks", "Last year's", "n"),
        Column("Too high or low", "Bias", "n"),
        Column("Weeks in the 90% band", "In the band", "n"),
    ]
    rows = [
        [
            Cell(f"Version {version}", f"until {theme.day(found.period.end)}", classes="strong"),
            Cell(str(found.weeks)),
            Cell(theme.share(found.mape), *_beyond(found)),
            Cell(
                theme.share(found.promised_mape),
                theme.span(found.promised_mape_interval, theme.share),
            ),
            Cell(theme.share(found.last_year_mape) if found.last_year_mape is not None else "none"),
            Cell(theme.share(found.bias)),
            Cell(theme.share(found.coverage90)),
        ]
        for version, found in last.items()
    ]
    return table(columns, rows, "Each version over all weeks since its data")


def _beyond(found: BackTest) -> tuple[str, ...]:
    return ("more than promised",) if found.mape > found.promised_mape_interval.upper else ()


def _held_back(models: Sequence[MMMResults]) -> list[Markup]:
    newest = models[0] if models else None
    if newest is None or not newest.held_back or newest.is_current:
        return []
    return [cards.note("warn", f"Version {newest.version} is held back", newest.held_back)]


def _why(found: MMMResults) -> bool:
    return bool(found.held_back or found.reason)


def _held_out(found: MMMResults) -> str:
    fit = found.model_fit
    return theme.share(fit.holdout_mape) if fit and fit.holdout_mape is not None else "none"


def _since(found: BackTest | None) -> tuple[str, str]:
    if found is None:
        return "none", ""
    return theme.share(found.mape), theme.count(found.weeks, "week")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _make_current(workspace: Workspace, version: int | None, reason: str) -> MMMResults:
    if version is None:
        raise ParameterError("Choose a version.")
    return workspace.versions.make_current(version, reason=reason)


def _look(
    workspace: Workspace, before: int | None, after: int | None
) -> tuple[Sequence[MMMResults], Sequence[BackTest], VersionComparison | None]:
    models = workspace.mmm.versions(MOST_VERSIONS)
    comparison = None
    if before is not None and after is not None:
        comparison = workspace.versions.compare(before, after)
    found: tuple[Any, Any, Any] = (models, workspace.versions.backtests(), comparison)
    return found
