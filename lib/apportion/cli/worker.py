"""``apportion worker``: background runs, on this machine and for every tenant."""

import signal
import sys
import threading
from types import FrameType

import click

from apportion.cli.app import app, say
from apportion.config import get_settings
from apportion.workspace.notebooks import NOTEBOOKS


@app.command()
@click.option("--concurrency", default=1, show_default=True, help="Runs at the same time.")
@click.option("--name", default="", help="Its id, kept over restarts; default: the machine's name.")
@click.option(
    "--only",
    "kinds",
    multiple=True,
    type=click.Choice(NOTEBOOKS),
    help="Take runs of this notebook only; may be repeated.",
)
@click.option(
    "--grace", default=20.0, show_default=True, help="Seconds that runs may go on after SIGTERM."
)
@click.option("--until-idle", is_flag=True, help="End when nothing waits or runs any more.")
@click.option("--with-parent", is_flag=True, hidden=True, help="Stop when stdin is closed.")
def worker(
    concurrency: int,
    name: str,
    kinds: tuple[str, ...],
    grace: float,
    until_idle: bool,
    with_parent: bool,
) -> None:
    """Run background jobs until a signal ends it; as many workers as wanted, on many machines."""
    from apportion.jobs.worker import Worker  # DBOS and papermill take a moment to import
    from apportion.telemetry import logs, metrics, traces

    settings = get_settings()
    logs.set_up(settings)
    made = Worker(
        settings,
        name=name,
        concurrency=concurrency,
        kinds=kinds or NOTEBOOKS,
        grace_seconds=grace,
    )

    def stop(number: int, frame: FrameType | None) -> None:
        made.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if with_parent:

        def stop_with_parent() -> None:
            sys.stdin.read()
            made.stop()

        threading.Thread(target=stop_with_parent, daemon=True).start()
    say(f"Ready: worker {made.record.id}")
    metrics.watch_queue(made.fleet.depth)
    metrics.watch_claude(made.fleet.claude_tokens)
    end_metrics = metrics.serve(settings, beside_server=with_parent)
    try:
        made.run(until_idle=until_idle)
    finally:
        end_metrics()
        traces.flush(settings)
