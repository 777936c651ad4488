"""The home page's list of apps: what each shows, from when it is, whether it needs a look.

An app says its own state by a function in :data:`STATES`; of one that is not there, the last run
is told.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from apportion.errors import NotFoundError
from apportion.results.incrementality import ExperimentStatus
from apportion.results.insights import Severity
from apportion.results.mmm import ModelStatus
from apportion.results.runs import Run, RunStatus
from apportion.server.pages import Page
from apportion.server.run_parts import STATUS
from apportion.views import theme
from apportion.views.parts import cards
from apportion.views.parts.icons import icon
from apportion.workspace import Workspace

BEHIND_DAYS = 14
"""A result is called older than its data when they go on for so many days after it ends."""


@dataclass(frozen=True)
class AppState:
    """One app in a line."""

    text: str
    """What there is, and from when."""
    chip: str
    tone: cards.Tone
    glyph: str = ""


def apps_card(workspace: Workspace, apps: Sequence[Page], runs: Sequence[Run]) -> Markup:
    """Give a line for every app, with the way there."""
    items = cards.joined(
        _line(app, STATES[app.name](workspace) if app.name in STATES else of_run(app, runs, zone))
        for app in apps
        for zone in [workspace.tenant.timezone]
    )
    heading = cards.title("What you can look at", "State and freshness of each analysis")
    return cards.card(heading, Markup('<ul class="ap-list">{}</ul>').format(items))


def of_run(app: Page, runs: Sequence[Run], timezone: str) -> AppState:
    """Give the state of an app by its last run alone."""
    last = next((run for run in runs if run.kind == app.name), None)
    if last is None:
        return AppState("Nothing was run yet", "Empty", "", "draft")
    text, tone, glyph = STATUS[last.status]
    when = theme.moment(last.finished_at or last.started_at or last.created_at, timezone)
    is_good = last.status is RunStatus.COMPLETED
    return AppState(f"Last run {when}", "Up to date" if is_good else text, tone, glyph)


def _mmm(workspace: Workspace) -> AppState:
    results = workspace.mmm.latest()
    if not results.channels or results.last_run_at is None:
        if results.status is ModelStatus.RUNNING:
            return AppState(
                f"Version {results.version} is the first one", "Training", "info", "run"
            )
        if results.status is ModelStatus.FAILED:
            return AppState(f"Version {results.version} was not accepted", "Failed", "bad")
        return AppState("No model was trained yet", "Empty", "", "draft")
    trained = theme.moment(results.last_run_at, workspace.tenant.timezone)
    text = f"Version {results.version}, trained {trained}"
    if results.training is not None:
        progress = f"{results.training.progress:.0%}"
        return AppState(text, f"Version {results.training.version}: {progress}", "info", "run")
    ends = results.date_range.end if results.date_range else None
    return _fresh(text, _days_after(workspace, ends) > BEHIND_DAYS)


def _days_after(workspace: Workspace, end: dt.date | None) -> int:
    """Give for how many days spend and outcomes both go on after `end`."""
    lasts = [workspace.data.covers(name).last for name in ("spend", "outcomes")]
    if end is None or None in lasts:
        return 0
    return (min(last for last in lasts if last is not None) - end).days


def _journeys(workspace: Workspace) -> AppState:
    try:
        results = workspace.journeys.analysis()
    except NotFoundError:
        return AppState("Journeys were not analysed yet", "Empty", "", "draft")
    days = theme.count(results.settings.window_days, "day")
    text = f"Looks {days} back"
    if results.trained_at is not None:
        when = theme.moment(results.trained_at, workspace.tenant.timezone)
        text = f"Version {results.version}, analysed {when}; looks {days} back"
    return _fresh(text, workspace.journeys.is_stale(results))


def _incrementality(workspace: Workspace) -> AppState:
    found = workspace.experiments.list()
    if not found:
        return AppState("No experiment was made yet", "Empty", "", "draft")
    done = [each.results for each in found if each.results is not None]
    text = f"{theme.count(len(found), 'experiment')}, {len(done)} read out"
    if done:
        latest = max(each.read_out_at for each in done)
        text += f", the last {theme.moment(latest, workspace.tenant.timezone)}"
    running = [each for each in found if each.status is ExperimentStatus.RUNNING]
    last = workspace.data.covers("outcomes").last
    if last is not None and any(each.end_date <= last for each in running):
        return AppState(text, "A read-out is due", "warn", "clock")
    if running:
        return AppState(text, f"{len(running)} running", "info", "run")
    return AppState(text, "Up to date", "good") if done else AppState(text, "Draft", "", "draft")


def _insights(workspace: Workspace) -> AppState:
    found = workspace.insights.stored()
    if found is None:
        return AppState("Nothing was written on the newest data yet", "Empty", "", "draft")
    written = theme.moment(found.generated_at, workspace.tenant.timezone)
    text = f"Health {found.health_score} of 100, written {written}"
    pressing = sum(anomaly.severity is Severity.CRITICAL for anomaly in found.anomalies)
    if pressing:
        return AppState(text, f"{pressing} to look at", "warn", "warn")
    return AppState(text, "Up to date", "good")


def _fresh(text: str, is_behind: bool) -> AppState:
    if is_behind:
        return AppState(text, "Newer data since", "warn", "clock")
    return AppState(text, "Up to date", "good")


def _line(app: Page, state: AppState) -> Markup:
    return Markup(
        '<li>{}<span><a href="{}"><b>{}</b></a><br><span class="muted">{}</span></span>'
        '<span class="end">{}</span></li>'
    ).format(
        icon(app.name, size=20),
        app.path,
        app.title,
        state.text,
        cards.chip(state.chip, state.tone, state.glyph),
    )


STATES: Mapping[str, Callable[[Workspace], AppState]] = {
    "mmm": _mmm,
    "journeys": _journeys,
    "incrementality": _incrementality,
    "ai_insights": _insights,
}
"""App to what says its state."""
