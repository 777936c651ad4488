"""``apportion serve``: the dashboards and the API of every tenant, for who signs in."""

import click

from apportion.cli.app import app, say
from apportion.config import Settings, get_settings
from apportion.store.doctor import refuse_to_serve_if_unsafe


@app.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8866, show_default=True)
@click.option(
    "--behind-proxy",
    is_flag=True,
    help="Believe X-Forwarded-For and X-Forwarded-Proto: a proxy in front sets them.",
)
def serve(host: str, port: int, behind_proxy: bool) -> None:
    """Serve the dashboards of every tenant to its users.

    For other machines than this one, put a proxy with TLS in front.
    """
    serve_pages(get_settings(), host=host, port=port, behind_proxy=behind_proxy)


def serve_pages(
    settings: Settings,
    *,
    host: str,
    port: int,
    behind_proxy: bool = False,
    open_browser: bool = False,
) -> None:
    """Serve until a signal ends it; the ready line comes last."""
    from apportion import server  # Voilà takes a second to import

    refuse_to_serve_if_unsafe(settings)
    server.serve(
        settings,
        host=host,
        port=port,
        behind_proxy=behind_proxy,
        open_browser=open_browser,
        on_ready=lambda address: say(f"Ready: {address}"),
    )
