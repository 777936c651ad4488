"""``apportion migrate`` and ``apportion doctor``: the installation itself."""

import sys

import click

from apportion.cli.app import app, say
from apportion.config import get_settings
from apportion.store.doctor import check_queue, checks
from apportion.store.migrations import migrate as migrate_database


@app.command()
def migrate() -> None:
    """Bring the database to the current version."""
    settings = get_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    version = migrate_database(settings)
    from apportion.jobs import queue_database  # DBOS takes a moment to import

    queue_database.prepare(settings)
    say(f"The database is at version {version}.")


@app.command()
def doctor() -> None:
    """Check settings, database, roles and migrations, and say what to mend."""
    settings = get_settings()
    found = checks(settings)
    if all(check.ok for check in found):
        from apportion.jobs import queue_database  # DBOS takes a moment to import

        found.append(check_queue(settings, queue_database.SCHEMA))
    for check in found:
        click.echo(f"{'ok  ' if check.ok else 'MEND'} {check.what}")
        if not check.ok:
            click.echo(f"     {check.remedy}")
    if not all(check.ok for check in found):
        sys.exit(1)
