"""``apportion show insights``: what changed, and what to do."""

import click
from rich.table import Table

from apportion import words
from apportion.cli.app import out, say
from apportion.errors import NotFoundError
from apportion.workspace import Workspace


def show_insights(workspace: Workspace, *, as_json: bool) -> None:
    """Show the stored insights of the last 30 days of data."""
    found = workspace.insights.stored()
    if found is None:
        slug = workspace.tenant.slug
        raise NotFoundError(
            f"{slug!r} has no insights of its last days yet. "
            f"Find them: apportion run ai_insights --tenant {slug}"
        )
    if as_json:
        click.echo(found.model_dump_json(indent=2))
        return
    say(f"{words.day(found.date_range.start)} to {words.day(found.date_range.end)}")
    say(found.executive_summary)
    parts = ", ".join(f"{p.label} {p.points:.0f} of {p.most:.0f}" for p in found.health.parts)
    say(f"Health {found.health_score} of 100: {parts}")
    anomalies = Table("anomaly", "type", "severity", "confidence", "days", box=None)
    for one in found.anomalies:
        days = words.days_name(one.date_range.start, one.date_range.end)
        anomalies.add_row(one.title, one.type, one.severity, one.confidence, days)
    out.print(anomalies)
    advice = Table("what to do", "priority", "impact", box=None)
    for each in found.recommendations:
        advice.add_row(each.title, each.priority, each.estimated_impact)
    out.print(advice)
