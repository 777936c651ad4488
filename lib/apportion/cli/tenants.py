"""``apportion tenant``: who has data here."""

import click
from rich.table import Table

from apportion.cli.app import app, out, say
from apportion.config import get_settings
from apportion.store import Store
from apportion.workspace.journeys import forget_snapshot


@app.group()
def tenant() -> None:
    """Tenants: the companies whose data are kept apart."""


def _store() -> Store:
    store = Store(get_settings().database_url)
    store.check_ready()
    return store


@tenant.command()
@click.argument("slug")
@click.option("--name", default="", help="The company's name; default: the slug.")
@click.option("--currency", default="EUR", show_default=True, help="ISO 4217, of all its amounts.")
@click.option("--timezone", default="UTC", show_default=True, help="IANA name, of its days.")
def add(slug: str, name: str, currency: str, timezone: str) -> None:
    """Add a tenant. SLUG is its short name: lower-case letters, digits, hyphens."""
    added = _store().add_tenant(slug, name=name or slug, currency=currency, timezone=timezone)
    say(f"Added the tenant {added.slug!r} ({added.name}, {added.currency}, {added.timezone}).")


@tenant.command("list")
def list_() -> None:
    """List the tenants."""
    table = Table("slug", "name", "currency", "time zone", box=None)
    for each in _store().tenants():
        table.add_row(each.slug, each.name, each.currency, each.timezone)
    out.print(table)


@tenant.command()
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(slug: str, yes: bool) -> None:
    """Delete a tenant and everything that belongs to it."""
    store = _store()
    found = store.tenant(slug)
    if not yes:
        click.confirm(f"Delete {found.name!r} with all its data, models and runs?", abort=True)
    store.delete_tenant(slug)
    forget_snapshot(get_settings(), str(found.id))
    say(f"Deleted the tenant {slug!r}.")
