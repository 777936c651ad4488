"""``apportion runs``: what runs in the background, one run followed, one cancelled."""

import sys
import time

import click
from rich.table import Table

from apportion.cli.app import app, fraction_bar, out, parameters_option, tenant_option
from apportion.errors import RunFailedError
from apportion.results.runs import Run, RunStatus
from apportion.workspace import Workspace, open_workspace

LOOK_SECONDS = 0.5


@app.group()
def runs() -> None:
    """Background runs: list, start, follow, cancel."""


@runs.command("list")
@tenant_option
@click.option("--limit", default=20, show_default=True)
def list_runs(tenant: str, limit: int) -> None:
    """List the newest runs."""
    table = Table("run", "notebook", "status", "asked for by", "began", "progress", box=None)
    for run in open_workspace(tenant).runs.list(limit):
        began = f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC" if run.started_at else ""
        table.add_row(run.id, run.kind, run.status, run.requested_by, began, f"{run.progress:.0%}")
    out.print(table)


@runs.command("start")
@click.argument("notebook")
@tenant_option
@parameters_option
@click.option("--follow", is_flag=True, help="Show its progress until it ends.")
def start_run(
    notebook: str, tenant: str, parameters: tuple[tuple[str, str], ...], follow: bool
) -> None:
    """Ask a worker to run NOTEBOOK; print the run's id."""
    workspace = open_workspace(tenant)
    run = workspace.runs.request(notebook, dict(parameters))
    click.echo(run.id)
    if follow:
        _follow(workspace, run)


@runs.command("follow")
@click.argument("run_id")
@tenant_option
def follow_run(run_id: str, tenant: str) -> None:
    """Show a run's progress until it ends; exits with 1 if it fails."""
    workspace = open_workspace(tenant)
    _follow(workspace, workspace.runs.get(run_id))


@runs.command("cancel")
@click.argument("run_id")
@tenant_option
def cancel_run(run_id: str, tenant: str) -> None:
    """End a run that waits or runs."""
    click.echo(open_workspace(tenant).runs.cancel(run_id).message)


def _follow(workspace: Workspace, run: Run) -> None:
    said = ""
    with fraction_bar(f"{run.kind} for {workspace.tenant.name}") as on_progress:
        while not run.status.has_ended:
            time.sleep(LOOK_SECONDS)
            run = workspace.runs.get(run.id)
            news = _news(run)
            on_progress(run.progress, news)
            if news != said and not sys.stderr.isatty():
                said = news
                click.echo(f"{run.progress:4.0%} {news}", err=True)
    if run.status is not RunStatus.COMPLETED:
        raise RunFailedError(run.message or f"The run is {run.status}.")


def _news(run: Run) -> str:
    parts = [run.message or str(run.status)]
    parts += [f"chain {each.chain}: {each.draws:,}/{each.total:,}" for each in run.chains]
    if run.remaining_seconds is not None:
        parts.append(f"about {_duration(run.remaining_seconds)} left")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
