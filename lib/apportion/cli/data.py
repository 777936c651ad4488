"""``apportion import``: files into a tenant's source data."""

from pathlib import Path

import click
from rich.table import Table

from apportion.cli.app import app, messages, row_bar, say
from apportion.errors import ParameterError
from apportion.importing.summary import Summary
from apportion.workspace import open_workspace
from apportion.workspace.data import ImportOptions
from apportion.workspace.journeys import DATASETS as JOURNEY_DATASETS


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


@app.command("import")
@click.argument("slug")
@click.argument("dataset")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="OURS=THEIRS",
    help="A column's name; OURS= leaves out an optional one.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, store nothing.")
@click.option("--date", help="mmm: the column of the day or the week's first day.")
@click.option("--outcome", help="mmm: the column to explain.")
@click.option("--spend", default="", metavar="A,B,…", help="mmm: the channels' columns.")
@click.option("--control", default="", metavar="C,D,…", help="mmm: the control variables' columns.")
def import_(
    slug: str,
    dataset: str,
    files: tuple[Path, ...],
    mapping: tuple[str, ...],
    dry_run: bool,
    date: str | None,
    outcome: str | None,
    spend: str,
    control: str,
) -> None:
    """Load FILES (CSV, also gzip, or Parquet) into DATASET of the tenant SLUG: all rows or none.

    DATASET is spend, outcomes, controls, touchpoints, conversions, order_items, events, or mmm for
    one wide file with a row per day or week.
    """
    options = ImportOptions(
        columns=dict(_pair(text) for text in mapping),
        date=date,
        outcome=outcome,
        spend=_names(spend),
        control=_names(control),
    )
    workspace = open_workspace(slug)
    with row_bar(f"Checking {len(files)} file(s)" if dry_run else "Importing") as on_rows:
        summary = workspace.data.import_files(
            dataset, files, options, dry_run=dry_run, on_rows=on_rows
        )
    _tell(summary)
    say(
        f"Nothing was stored: this was a dry run of {summary.rows:,} rows."
        if dry_run
        else f"Stored {summary.rows:,} rows for {workspace.tenant.name}."
    )
    if not dry_run and dataset in JOURNEY_DATASETS and workspace.data.holds("conversions"):
        say(
            "The journeys are analysed by the next worker, or now: "
            f"apportion run journeys --tenant {slug}"
        )


def _pair(text: str) -> tuple[str, str]:
    ours, equals, theirs = text.partition("=")
    if not (ours and equals):
        raise ParameterError(f"--map takes OURS=THEIRS, as in revenue=Y; found {text!r}.")
    return ours, theirs


def _tell(summary: Summary) -> None:
    for file in summary.files:
        say(f"{file.name}: {file.format}, {file.rows:,} rows")
        if file.ignored:
            say(f"  columns not used: {', '.join(file.ignored)}")
    table = Table("dataset", "rows", "from", "to", "holds", "gaps", "replaced", box=None)
    for part in summary.parts:
        holds = "; ".join(
            f"{names.count} {names.column}: {', '.join(each.name for each in names.top)}"
            for names in part.names
        )
        missing = sum(gap.missing for gap in part.gaps)
        table.add_row(
            part.dataset,
            f"{part.rows:,}",
            str(part.start or ""),
            str(part.end or ""),
            holds,
            f"{missing:,}" if missing else "none",
            f"{part.duplicates:,}" if part.duplicates else "none",
        )
    messages.print(table)
    for note in summary.notes:
        say(f"Note: {note}")
    for warning in summary.warnings:
        say(f"Looks wrong: {warning}")
