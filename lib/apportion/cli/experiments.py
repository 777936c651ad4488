"""``apportion show incrementality``: the experiments and what they found."""

import click
from rich.table import Table

from apportion.cli.app import out, say
from apportion.results.incrementality import ExperimentList, IncrementalityExperiment
from apportion.workspace import Workspace


def show_experiments(workspace: Workspace, *, as_json: bool) -> None:
    """Show all experiments: a table, or the API's JSON."""
    found = workspace.experiments.list()
    if as_json:
        click.echo(ExperimentList(experiments=tuple(found)).model_dump_json(indent=2))
        return
    if not found:
        say(f"{workspace.tenant.slug!r} has no experiment yet; make one on its page.")
        return
    table = Table(box=None)
    for heading in ("experiment", "platform", "status"):
        table.add_column(heading, overflow="fold", min_width=len(heading))
    table.add_column("test", min_width=len("2026-01-01 to"))  # narrow outputs would cut the days
    for heading in ("lift", "p", "return", "power"):
        table.add_column(heading, justify="right")
    for each in found:
        table.add_row(*_row(each))
    out.print(table)
    for each in found:
        if each.results is not None:
            say(f"{each.name}: {each.results.recommendation}")


def _row(each: IncrementalityExperiment) -> tuple[str, ...]:
    head = (each.name, each.platform, each.status, f"{each.start_date} to {each.end_date}")
    power = "" if each.power is None else f"{each.power.power:.0%}"
    results = each.results
    if results is None:
        return (*head, "", "", "", power)
    interval, earned = results.confidence_interval, results.iroas_interval
    lift = f"{results.incremental_lift_percent:+.1f}% ({interval.lower:+.1f} to "
    span = "" if earned is None else f" ({earned.lower:.1f} to {earned.upper:.1f})"
    iroas = "" if results.iroas is None else f"{results.iroas:.1f}{span}"
    return (*head, f"{lift}{interval.upper:+.1f})", f"{results.p_value:.3f}", iroas, power)
