"""``apportion serve``: the dashboards and the API of every tenant, for who signs in."""

from contextlib import ExitStack

import click

from apportion.cli.app import app, say
from apportion.config import Settings, get_settings
from apportion.jobs.beside import worker_beside
from apportion.store.doctor import refuse_to_serve_if_unsafe


@app.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8866, show_default=True)
@click.option(
    "--behind-proxy",
    is_flag=True,
    help="Believe X-Forwarded-For and X-Forwarded-Proto: a proxy in front sets them.",
)
@click.option("--no-worker", is_flag=True, help="Run no background jobs; workers elsewhere do.")
def serve(host: str, port: int, behind_proxy: bool, no_worker: bool) -> None:
    """Serve the dashboards of every tenant to its users, and run their background jobs.

    For other machines than this one, put a proxy with TLS in front.
    """
    serve_pages(
        get_settings(), host=host, port=port, behind_proxy=behind_proxy, with_worker=not no_worker
    )


def serve_pages(
    settings: Settings,
    *,
    host: str,
    port: int,
    behind_proxy: bool = False,
    open_browser: bool = False,
    with_worker: bool = True,
) -> None:
    """Serve until a signal ends it, with a worker beside; the ready line comes last."""
    from apportion import server  # Voilà takes a second to import
    from apportion.telemetry import logs, metrics

    refuse_to_serve_if_unsafe(settings)
    logs.set_up(settings)
    with ExitStack() as beside:
        beside.callback(metrics.serve(settings))

        def on_ready(address: str) -> None:
            say(f"Ready: {address}")
            if with_worker:
                beside.enter_context(worker_beside())

        server.serve(
            settings,
            host=host,
            port=port,
            behind_proxy=behind_proxy,
            open_browser=open_browser,
            on_ready=on_ready,
        )
