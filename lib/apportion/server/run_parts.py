"""The markup of background runs: list, progress, outcome, facts, log."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from markupsafe import Markup

from apportion.results.runs import LogLevel, LogLine, Run, RunOrigin, RunStatus
from apportion.server.pages import RUNS
from apportion.views import theme
from apportion.views.parts import cards
from apportion.views.parts.icons import icon
from apportion.views.parts.tables import Cell, Column, table
from apportion.workspace.notebooks import NAMES, NOTEBOOKS

STATUS: dict[RunStatus, tuple[str, cards.Tone, str]] = {
    RunStatus.QUEUED: ("Queued", "", "draft"),
    RunStatus.RUNNING: ("Running", "info", "run"),
    RunStatus.COMPLETED: ("Completed", "good", "ok"),
    RunStatus.FAILED: ("Failed", "bad", "bad"),
    RunStatus.CANCELLED: ("Cancelled", "", "stop"),
}
_ORIGINS = {RunOrigin.SCHEDULE: "on schedule", RunOrigin.COMMAND: "from the command line"}
_LEVELS: dict[LogLevel, cards.Tone] = {
    LogLevel.INFO: "",
    LogLevel.WARNING: "warn",
    LogLevel.ERROR: "bad",
}


def name(kind: str) -> str:
    """Give what a notebook is called on screen."""
    return NAMES.get(kind, kind)


def notebooks(folder: Path) -> list[str]:
    """Give the notebooks that can be run."""
    return [kind for kind in NOTEBOOKS if (folder / f"{kind}.ipynb").is_file()]


def chip(run: Run) -> Markup:
    """Give a run's status."""
    return cards.chip(*STATUS[run.status])


def took(run: Run) -> str:
    """Give how long a run took, or has taken so far; empty: it has not begun."""
    if run.started_at is None:
        return ""
    return duration((_until(run) - run.started_at).total_seconds())


def duration(seconds: float) -> str:
    """Give a length of time: 8 s, 3 min 12 s, 1 h 5 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def asked_by(run: Run) -> str:
    """Say who or what asked for a run."""
    if run.origin is RunOrigin.SCHEDULE:
        return _ORIGINS[run.origin]
    if run.requested_by:
        return f"by {run.requested_by}"
    return _ORIGINS.get(run.origin, "")


def summary(runs: Sequence[Run]) -> str:
    """Say in a sentence how the last runs went."""
    if not runs:
        return "Nothing has run yet"
    working = sum(run.status is RunStatus.RUNNING for run in runs)
    waiting = sum(run.status is RunStatus.QUEUED for run in runs)
    failed = sum(run.status is RunStatus.FAILED for run in runs)
    ended = sum(run.status.has_ended for run in runs)
    if working or waiting:
        parts = [f"{working} at work"] if working else []
        return ", ".join([*parts, f"{waiting} waiting"] if waiting else parts).capitalize()
    if failed:
        return f"{failed} of the last {theme.count(ended, 'run')} failed"
    return "All of the last runs ended well" if ended > 1 else "The last run ended well"


def start_form(names: Sequence[str], xsrf: str) -> Markup:
    """Give the form that asks for a run, with a notebook's usual parameters."""
    if not names:
        return Markup()
    options = cards.joined(
        Markup('<option value="{}">{}</option>').format(kind, name(kind)) for kind in names
    )
    return Markup(
        '<form method="post" action="{}" class="ap-row ap-card">'
        '<input type="hidden" name="_xsrf" value="{}">'
        '<label for="f-notebook" class="ap-sr">What to run</label>'
        '<select id="f-notebook" name="notebook">{}</select>'
        '<button class="ap-btn primary" type="submit">Run now</button>'
        '<span class="muted">With the usual parameters, on the data as they are now.</span></form>'
    ).format(RUNS.path, xsrf, options)


def runs_card(runs: Sequence[Run], zone: str, *, is_first: bool) -> Markup:
    """Give the list."""
    if not runs:
        return cards.empty(
            "clock",
            "No run yet",
            "Runs that you start or that are due on schedule are listed here, with their log and "
            "their executed notebook.",
        )
    columns = [
        Column("Run", "Run", "lead nolabel"),
        Column("Status", "Status", "side nolabel"),
        Column("Asked for", "Asked for", ""),
        Column("Took", "Took", "n"),
        Column("What it does, or how it ended", "", "wide"),
    ]
    rows = [
        [
            Cell(_link(run), asked_by(run), classes="strong"),
            Cell(chip(run)),
            Cell(theme.moment(run.created_at, zone)),
            Cell(took(run) or _not_begun(run)),
            Cell(_state(run), classes="" if run.message or not run.status.has_ended else "gone"),
        ]
        for run in runs
    ]
    return cards.card(
        cards.title("Last runs" if is_first else "Earlier runs", "Newest first"),
        table(columns, rows, "Times are in your company's time zone"),
    )


def pager(runs: Sequence[Run], *, is_first: bool) -> Markup:
    """Give the ways to newer and older runs; `runs` is empty where there are no older ones."""
    newest = Markup('<a class="ap-btn" href="{}">Newest</a>').format(RUNS.path)
    older = (
        Markup('<a class="ap-btn" href="{}?after={}">Older</a>').format(RUNS.path, runs[-1].id)
        if runs
        else Markup()
    )
    return Markup('<div class="ap-row">{}{}</div>').format("" if is_first else newest, older)


def answer(run: Run) -> str:
    """Say in a sentence where a run stands."""
    what = name(run.kind)
    match run.status:
        case RunStatus.QUEUED:
            return f"{what} waits for a worker"
        case RunStatus.RUNNING:
            return f"{what} is running"
        case RunStatus.COMPLETED:
            return f"{what} completed in {took(run)}"
        case RunStatus.CANCELLED:
            return f"{what} was cancelled"
        case RunStatus.FAILED:
            return f"{what} failed"


def facts(run: Run, zone: str) -> list[Markup]:
    """Give what stands below the answer."""
    asked = f"Asked for {asked_by(run)} {theme.moment(run.created_at, zone)}".replace("  ", " ")
    return [chip(run), icon("clock") + asked]


def outcome(run: Run, xsrf: str) -> list[Markup]:
    """Give progress while a run is open, and how it ended afterwards; with what can be done."""
    if not run.status.has_ended:
        return [_progress_card(run, xsrf)]
    parts = []
    if run.status is RunStatus.FAILED:
        kept = "What was current before stays current."
        parts.append(cards.note("bad", "Why it failed", f"{run.message} {kept}"))
    elif run.message:
        parts.append(cards.note("", run.message))
    again = _button(run, xsrf, "again", "Run again", "primary")
    record = (
        Markup('<a class="ap-btn" href="{}/{}/notebook">{}Executed notebook</a>').format(
            RUNS.path, run.id, icon("data")
        )
        if run.output_path
        else Markup('<span class="muted">Its executed notebook is not kept (any more).</span>')
    )
    parts.append(Markup('<div class="ap-row">{}{}</div>').format(again, record))
    return parts


def about(run: Run, zone: str) -> Markup:
    """Give the facts of a run."""
    parameters = ", ".join(f"{key} {value}" for key, value in run.parameters.items() if value)
    found = [
        ("Started", theme.moment(run.started_at, zone) if run.started_at else _not_begun(run)),
        ("Ended", theme.moment(run.finished_at, zone) if run.finished_at else "not yet"),
        ("Waited", duration((run.started_at - run.created_at).total_seconds()))
        if run.started_at
        else ("Waited", duration((_until(run) - run.created_at).total_seconds())),
        ("Took", took(run) or _not_begun(run)),
        *([("Times started", str(run.attempt))] if run.attempt > 1 else []),
        ("Parameters", parameters or "the usual ones"),
        ("Run", run.id),
    ]
    return cards.card(cards.title("About this run"), cards.facts_list(found))


def log_card(run: Run, log: Sequence[LogLine], zone: str) -> Markup:
    """Give the log: what was asked, each step, how it ended."""
    lines = [LogLine(at=run.created_at, level=LogLevel.INFO, message=f"Asked for {asked_by(run)}")]
    if run.started_at:
        lines.append(LogLine(at=run.started_at, level=LogLevel.INFO, message="Started"))
    lines += log
    if run.finished_at:
        level = LogLevel.ERROR if run.status is RunStatus.FAILED else LogLevel.INFO
        text = run.message or STATUS[run.status][0]
        lines.append(LogLine(at=run.finished_at, level=level, message=text))
    items = cards.joined(
        Markup('<li class="{}"><time datetime="{}">{}</time><span>{}</span></li>').format(
            _LEVELS[line.level],
            line.at.isoformat(timespec="seconds"),
            f"{line.at.astimezone(ZoneInfo(zone)):%H:%M:%S}",
            line.message.strip(),
        )
        for line in sorted(lines, key=lambda line: line.at)
    )
    return cards.card(
        cards.title("Log", _day(run, zone)), Markup('<ol class="ap-log">{}</ol>').format(items)
    )


def _day(run: Run, zone: str) -> str:
    return theme.day(run.created_at.astimezone(ZoneInfo(zone)).date())


def _until(run: Run) -> dt.datetime:
    return run.finished_at or dt.datetime.now(dt.UTC)


def _not_begun(run: Run) -> str:
    return "never began" if run.status.has_ended else "not yet"


def _link(run: Run) -> Markup:
    glyph = icon(run.kind if run.kind in NAMES else "run", size=20)
    return Markup('<a class="ap-run" href="{}/{}">{}{}</a>').format(
        RUNS.path, run.id, glyph, name(run.kind)
    )


def _state(run: Run) -> Markup:
    if run.status.has_ended:
        return Markup("{}").format(run.message)
    return _live(run)


def _live(run: Run) -> Markup:
    """Give progress that the page's script keeps up to date; without it, as it was when written."""
    left = f"about {duration(run.remaining_seconds)} left" if run.remaining_seconds else ""
    waits = "Waits for a worker" if run.status is RunStatus.QUEUED else "Begins"
    return Markup(
        '<div class="ap-live" data-run="{}" data-status="{}">'
        '<progress max="1" value="{:.4f}" aria-label="Progress"></progress>'
        '<p><span data-k="message">{}</span><b data-k="share">{:.0%}</b>'
        '<span class="muted" data-k="left">{}</span></p></div>'
    ).format(run.id, run.status, run.progress, run.message or waits, run.progress, left)


def _progress_card(run: Run, xsrf: str) -> Markup:
    chains = cards.joined(
        Markup("<div><dt>Chain {}</dt><dd>{:,} of {:,} draws{}</dd></div>").format(
            chain.chain,
            chain.draws,
            chain.total,
            f", {theme.count(chain.divergences, 'divergence')}" if chain.divergences else "",
        )
        for chain in run.chains
    )
    return cards.card(
        cards.title("How far it is", "You can leave this page; the run goes on."),
        _live(run),
        Markup('<dl class="ap-facts-list ap-chains" data-k="chains">{}</dl>').format(chains),
        Markup('<div class="ap-row">{}</div>').format(
            _button(run, xsrf, "cancel", "Cancel this run", "danger")
        ),
    )


def _button(run: Run, xsrf: str, do: str, text: str, tone: str) -> Markup:
    return Markup(
        '<form method="post" action="{}/{}" class="ap-inline">'
        '<input type="hidden" name="_xsrf" value="{}">'
        '<button class="ap-btn {}" type="submit" name="do" value="{}">{}</button></form>'
    ).format(RUNS.path, run.id, xsrf, tone, do, text)
