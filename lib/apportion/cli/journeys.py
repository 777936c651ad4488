"""Journeys on the command line: the latest ones, and the paths of all."""

import click
from rich.table import Table

from apportion.cli.app import out, say
from apportion.results.journeys import JourneyList
from apportion.workspace import Workspace


def show_journeys(workspace: Workspace, *, as_json: bool) -> None:
    """Show the latest journeys, as an analyst sees them."""
    found = JourneyList(journeys=workspace.journeys.for_operator().recent())
    if as_json:
        click.echo(found.model_dump_json(indent=2))
        return
    table = Table("order", "customer", "bought", "kind", "path", box=None)
    table.add_column("value", justify="right")
    for journey in found.journeys:
        table.add_row(
            journey.order_id,
            journey.customer_email,
            journey.conversion_date.isoformat(timespec="minutes"),
            "new" if journey.is_new_customer else "returning",
            " > ".join(touchpoint.channel for touchpoint in journey.touchpoints),
            f"{journey.order_total:,.2f}",
        )
    if not found.journeys:
        slug = workspace.tenant.slug
        say(f"{slug!r} has no conversions yet. Import them: apportion import {slug} conversions")
    out.print(table)


def show_paths(workspace: Workspace, *, as_json: bool) -> None:
    """Show the path analysis of the latest run."""
    paths = workspace.journeys.analysis().paths
    if as_json:
        click.echo(paths.model_dump_json(indent=2))
        return
    touchpoints, hours = paths.avg_touchpoints, paths.avg_time_to_conversion
    say(
        f"{paths.conversions:,} conversions, {paths.direct_conversions:,} of them without a "
        f"touchpoint in the {paths.window_days} days before"
    )
    if touchpoints is not None and hours is not None:
        say(f"{touchpoints:.2f} touchpoints and {hours:.1f} hours before a conversion, on average")
    table = Table("path", box=None)
    for heading in ("conversions", "rate", "average order"):
        table.add_column(heading, justify="right")
    for path in paths.common_paths:
        rate = "" if path.conversion_rate is None else f"{path.conversion_rate:.1%}"
        table.add_row(
            " > ".join(path.path), f"{path.count:,}", rate, f"{path.avg_order_value:,.2f}"
        )
    out.print(table)
