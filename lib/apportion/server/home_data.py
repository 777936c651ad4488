"""The home page's lower half: what is loaded and how fresh it is, and what ran last."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from apportion.frames import DATASETS
from apportion.results.runs import Run, RunStatus
from apportion.server.run_parts import STATUS, name
from apportion.views import theme
from apportion.views.parts import cards
from apportion.views.parts.icons import icon
from apportion.views.parts.tables import Cell, Column, table
from apportion.workspace.data import DataWorkspace
from apportion.workspace.notebooks import NAMES

LATE_DAYS = 7
"""A dataset that ends so many days before the newest one is marked."""

MOST_RUNS = 4

_NAMES = {"order_items": "Order items"}


@dataclass(frozen=True)
class Loaded:
    """What is there of one dataset."""

    dataset: str
    rows: int
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Freshness:
    """What is there of all datasets."""

    loaded: tuple[Loaded, ...]
    absent: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there."""
        return not self.loaded

    @property
    def last(self) -> dt.date | None:
        """The last day of any dataset but events, which may lie ahead."""
        days = [found.last for found in self.loaded if found.dataset != "events"]
        return max(days, default=None)

    def days_late(self, found: Loaded) -> int:
        """Give how many days a dataset ends before the newest; events are never late."""
        if self.last is None or found.dataset == "events":
            return 0
        return (self.last - found.last).days


def freshness(data: DataWorkspace) -> Freshness:
    """Look at every dataset."""
    covered = {name: data.covers(name) for name in DATASETS}
    return Freshness(
        tuple(
            Loaded(name, cover.rows, cover.first, cover.last)
            for name, cover in covered.items()
            if cover.first is not None and cover.last is not None
        ),
        tuple(name for name, cover in covered.items() if not cover.rows),
    )


def data_card(fresh: Freshness) -> Markup:
    """Give a table of what is loaded."""
    if fresh.is_empty:
        return cards.card(
            cards.title("What is loaded"),
            Markup('<p class="muted">Nothing yet. What you import is listed here.</p>'),
        )
    late = [found for found in fresh.loaded if fresh.days_late(found) > LATE_DAYS]
    finding = (
        f"{theme.listing([_name(found.dataset) for found in late])} "
        f"{'ends' if len(late) == 1 else 'end'} earlier than the rest"
        if late
        else "All data end within a week of one another"
    )
    absent = [_name(name).lower() for name in fresh.absent]
    return cards.card(
        cards.title(finding, "What is loaded"),
        table(
            [
                Column("Dataset", "Dataset", "lead nolabel"),
                Column("Rows", "Rows", "n"),
                Column("From", "From", "n"),
                Column("Until", "Until", "n"),
                Column(Markup('<span class="ap-sr">State</span>'), "", "side nolabel"),
            ],
            [_row(fresh, found) for found in fresh.loaded],
            "Dates are business days in your time zone",
        ),
        cards.foot(f"Not loaded: {', '.join(absent)}." if absent else "Every dataset is loaded."),
    )


def runs_card(runs: Sequence[Run], timezone: str) -> Markup:
    """Give the last runs, newest first."""
    if not runs:
        return cards.card(
            cards.title("Last runs"),
            Markup('<p class="muted">None yet. What you run is listed here.</p>'),
        )
    items = cards.joined(_run(run, timezone) for run in runs[:MOST_RUNS])
    return cards.card(cards.title("Last runs"), Markup('<ul class="ap-list">{}</ul>').format(items))


def _row(fresh: Freshness, found: Loaded) -> list[Cell]:
    days = fresh.days_late(found)
    late = days > LATE_DAYS
    chip = cards.chip(f"{days} days behind", "warn") if late else Markup()
    return [
        Cell(_name(found.dataset), classes="strong"),
        Cell(f"{found.rows:,}"),
        Cell(theme.day(found.first)),
        Cell(theme.day(found.last)),
        Cell(chip),
    ]


def _run(run: Run, timezone: str) -> Markup:
    text, tone, glyph = STATUS[run.status]
    when = theme.moment(run.finished_at or run.started_at or run.created_at, timezone)
    progress = f", {run.progress:.0%}" if run.status is RunStatus.RUNNING else ""
    message = Markup("<br>{}").format(run.message) if run.message else Markup()
    return Markup(
        '<li>{}<span><b>{}</b><br><span class="muted">{}{}{}</span></span>'
        '<span class="end">{}</span></li>'
    ).format(
        icon(run.kind if run.kind in NAMES else "run", size=20),
        name(run.kind),
        when,
        progress,
        message,
        cards.chip(text, tone, glyph),
    )


def _name(dataset: str) -> str:
    return _NAMES.get(dataset, dataset.replace("_", " ").capitalize())
