"""``apportion run`` and ``apportion show``: make a result, read a result."""

import click
from rich.table import Table

from apportion.cli.app import app, fraction_bar, out, parameters_option, say, tenant_option
from apportion.cli.experiments import show_experiments
from apportion.cli.insights import show_insights
from apportion.cli.journeys import show_journeys, show_paths
from apportion.errors import NotFoundError
from apportion.jobs.runner import run_notebook
from apportion.results.base import Interval
from apportion.results.mmm import MMMResults, ModelStatus
from apportion.workspace import Workspace, open_workspace


@app.command()
@click.argument("notebook")
@tenant_option
@parameters_option
def run(notebook: str, tenant: str, parameters: tuple[tuple[str, str], ...]) -> None:
    """Run NOTEBOOK once for a tenant, in the foreground; print the executed notebook's path."""
    workspace = open_workspace(tenant)
    with fraction_bar(f"{notebook} for {workspace.tenant.name}") as on_progress:
        done = run_notebook(workspace, notebook, dict(parameters), on_progress)
    click.echo(done.output_path)


@app.command()
@click.argument(
    "what", type=click.Choice(["mmm", "journeys", "paths", "incrementality", "insights"])
)
@tenant_option
@click.option("--version", type=int, help="A version of mmm; default: the current one.")
@click.option("--json", "as_json", is_flag=True, help="Exactly the API's JSON.")
def show(what: str, tenant: str, version: int | None, as_json: bool) -> None:
    """Show a stored result: a table, or its JSON."""
    workspace = open_workspace(tenant)
    if what == "mmm":
        show_mmm(workspace, version, as_json=as_json)
    elif what == "incrementality":
        show_experiments(workspace, as_json=as_json)
    elif what == "insights":
        show_insights(workspace, as_json=as_json)
    elif what == "journeys":
        show_journeys(workspace, as_json=as_json)
    else:
        show_paths(workspace, as_json=as_json)


def show_mmm(workspace: Workspace, version: int | None, *, as_json: bool) -> None:
    """Show a version of the media mix model."""
    models, slug = workspace.mmm, workspace.tenant.slug
    results = models.latest() if version is None else models.version(version)
    if as_json:
        click.echo(results.model_dump_json(indent=2))
    elif results.version == 0:
        raise NotFoundError(
            f"{slug!r} has no media mix model yet. Train one: apportion run mmm --tenant {slug}"
        )
    else:
        _show_mmm(results)


def _show_mmm(results: MMMResults) -> None:
    say(f"Media mix model, version {results.version}: {results.status}")
    if results.status is ModelStatus.FAILED:
        say(results.reason or "")
    if results.model_fit is not None:
        fit = results.model_fit
        say(f"R² {fit.r2:.3f}, MAPE {fit.mape:.1%}, Bayesian R² {fit.bayesian_r2:.3f}")
    for check in results.checks:
        say(f"{check.level}: {check.message}")
    table = Table("channel", box=None)
    for heading in ("share", "ROI", "marginal ROI", "saturates at", "spend", "best spend"):
        table.add_column(heading, justify="right")
    for channel in results.channels:
        point = channel.saturation_point
        table.add_row(
            channel.channel,
            f"{channel.contribution_percent:.1f}%",
            f"{channel.current_roi:.2f} {_brackets(channel.current_roi_interval)}",
            f"{channel.marginal_roi:.2f} {_brackets(channel.marginal_roi_interval)}",
            "not reached" if point is None else f"{point:,.0f}",
            f"{channel.current_spend:,.0f}",
            f"{channel.optimal_spend:,.0f}",
        )
    out.print(table)


def _brackets(interval: Interval) -> str:
    return f"({interval.lower:.2f} to {interval.upper:.2f})"
