"""``apportion lab``: the notebooks in JupyterLab, bound to one tenant, for its analysts."""

import os
import signal
import subprocess
import sys

import click

from apportion.cli.app import app, say, tenant_option
from apportion.config import Settings, get_settings
from apportion.workspace import open_workspace

OURS = "APPORTION_"


@app.command()
@tenant_option
@click.option("--port", default=8888, show_default=True)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def lab(tenant: str, port: int, no_browser: bool) -> None:
    """Open the notebooks in JupyterLab for one tenant, on this machine.

    JupyterLab prints its address, which holds a token that is new at every start.
    """
    settings = get_settings()
    workspace = open_workspace(tenant, settings=settings)  # is there such a tenant?
    say(f"JupyterLab for {workspace.tenant.name}: its notebooks see this company only.")
    process = subprocess.Popen(
        lab_command(settings, port=port, opens_browser=not no_browser),
        cwd=settings.notebooks,
        env=lab_environment(settings, workspace.tenant.slug),
    )
    # Ctrl-C reaches both; JupyterLab asks whether it is meant, so the end is its to decide.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        sys.exit(process.wait())
    finally:
        process.terminate()
        process.wait()


def lab_command(settings: Settings, *, port: int, opens_browser: bool) -> list[str]:
    """Give the command that starts JupyterLab, reachable on this machine and by its token only."""
    return [
        *[sys.executable, "-m", "jupyterlab", str(settings.notebooks)],
        *["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"],
        *["--ServerApp.allow_remote_access=False", "--ServerApp.allow_root=True"],
        f"--ServerApp.open_browser={opens_browser}",
    ]


def lab_environment(settings: Settings, tenant: str) -> dict[str, str]:
    """Give the surroundings of JupyterLab: the person's own, bound to the tenant."""
    own = {k: v for k, v in os.environ.items() if not k.startswith((OURS, "JUPYTER_TOKEN"))}
    return {**own, **settings.environment(tenant=tenant)}
