"""``apportion serve``: the dashboards of one tenant, on this machine only."""

import click

from apportion.cli.app import app, say, tenant_option
from apportion.config import Settings, get_settings
from apportion.store.doctor import refuse_to_serve_if_unsafe


@app.command()
@tenant_option
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", default=8866, show_default=True)
def serve(tenant: str, host: str, port: int) -> None:
    """Serve a tenant's dashboards on this machine (there is no sign-in yet)."""
    serve_pages(get_settings(), tenant, host=host, port=port)


def serve_pages(
    settings: Settings, tenant: str, *, host: str, port: int, open_browser: bool = False
) -> None:
    """Serve until a signal ends it; the ready line comes last."""
    from apportion import server  # Voilà takes a second to import

    refuse_to_serve_if_unsafe(settings)

    def on_ready(address: str) -> None:
        say("There is no sign-in yet: who can open this address on this machine sees the data.")
        say(f"Ready: {address}")

    server.serve(
        settings,
        tenant=tenant,
        host=host,
        port=port,
        open_browser=open_browser,
        on_ready=on_ready,
    )
