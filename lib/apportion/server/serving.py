"""``serve``: check what was asked for, then import and start the server.

The order is for speed: the zygote imports in its own process while this one imports Voilà.
"""

import asyncio
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from typing import Any

from apportion.config import Settings
from apportion.server.environment import bare_environment
from apportion.server.forking import PRELOAD, Zygote
from apportion.server.pages import APPS, Page, existing
from apportion.server.sockets import bind


def serve(
    settings: Settings,
    *,
    tenant: str,
    host: str = "127.0.0.1",
    port: int = 8866,
    open_browser: bool = False,
    on_ready: Callable[[str], None],
) -> None:
    """Serve a tenant's pages on this machine until SIGTERM or Ctrl-C.

    There is no sign-in yet: whoever can open a loopback address of this machine sees the data.

    Parameters
    ----------
    tenant : str
        Slug of the tenant. No request can change it.
    host : str
        ``127.0.0.1`` or ``::1``.
    port : int
        0 takes any free port.
    on_ready : callable
        Called once with the address when connections are accepted.

    Raises
    ------
    ConfigurationError
        If the host is not loopback, the port is taken, or the database is not ready.
    NotFoundError
        If there is no such tenant.
    """
    serve_apps(
        settings,
        existing(APPS, settings.notebooks),
        tenant=tenant,
        host=host,
        port=port,
        open_browser=open_browser,
        on_ready=on_ready,
    )


def serve_apps(
    settings: Settings,
    apps: Sequence[Page],
    *,
    tenant: str,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    open_browser: bool = False,
    preload: Sequence[str] | None = PRELOAD,
    kernel_settings: dict[str, Any] | None = None,
) -> None:
    """Serve `apps`; see :func:`serve`.

    Parameters
    ----------
    preload : sequence of str, optional
        What the zygote imports; None: no zygote, every kernel is started the ordinary way.
    kernel_settings : dict, optional
        Traits of :class:`apportion.server.kernels.TenantKernels`, such as ``live_limit``.
    """
    address = bind(host, port)
    zygote = None
    if preload is not None:
        zygote = Zygote(bare_environment(), settings.notebooks, preload)
    try:
        if zygote is not None:
            zygote.start()
        _skip_slow_import()
        from apportion.workspace import open_workspace

        workspace = open_workspace(tenant, settings=settings)
        from apportion.server.application import Server

        def ready() -> None:
            on_ready(address.url)
            if open_browser:
                threading.Thread(target=webbrowser.open, args=[address.url], daemon=True).start()

        server = Server(workspace, settings, tuple(apps), kernel_settings)
        asyncio.run(server.run(address, zygote, ready))
    finally:
        address.close()
        if zygote is not None:
            zygote.stop()


def _skip_slow_import() -> None:
    """Keep jsonschema from building a grammar for a check of IRIs that nothing here asks for.

    It takes 0.9 s of the 1.4 s in which Voilà is imported; jsonschema does without by design.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
