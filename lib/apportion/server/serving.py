"""``serve``: check what was asked for, then import and start the server.

The order is for speed: the zygote imports in its own process while this one imports Voilà.
"""

import asyncio
import threading
import webbrowser
from collections.abc import Callable, Sequence
from typing import Any

from apportion.config import Settings
from apportion.lean import skip_iri_grammar
from apportion.server.environment import bare_environment
from apportion.server.forking import PRELOAD, Zygote
from apportion.server.pages import APPS, Page, existing
from apportion.server.site import site_of
from apportion.server.sockets import bind


def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 8866,
    behind_proxy: bool = False,
    open_browser: bool = False,
    on_ready: Callable[[str], None],
) -> None:
    """Serve every tenant's pages to its members until SIGTERM or Ctrl-C.

    Parameters
    ----------
    host : str
        The address to listen on. Beyond this machine it needs HTTPS in front; see
        :func:`apportion.server.site.site_of`.
    port : int
        0 takes any free port.
    behind_proxy : bool
        Believe ``X-Forwarded-For`` and ``X-Forwarded-Proto``.
    on_ready : callable
        Called once with the address when connections are accepted.

    Raises
    ------
    ConfigurationError
        If passwords would travel unencrypted, the port is taken, or the database is not ready.
    """
    serve_apps(
        settings,
        existing(APPS, settings.notebooks),
        host=host,
        port=port,
        behind_proxy=behind_proxy,
        open_browser=open_browser,
        on_ready=on_ready,
    )


def serve_apps(
    settings: Settings,
    apps: Sequence[Page],
    *,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    behind_proxy: bool = False,
    open_browser: bool = False,
    preload: Sequence[str] | None = PRELOAD,
    kernel_settings: dict[str, Any] | None = None,
    check_seconds: float | None = None,
) -> None:
    """Serve `apps`; see :func:`serve`.

    Parameters
    ----------
    preload : sequence of str, optional
        What the zygote imports; None: no zygote, every kernel is started the ordinary way.
    kernel_settings : dict, optional
        Traits of :class:`apportion.server.kernels.TenantKernels`, such as ``live_limit``.
    check_seconds : float, optional
        How often it is looked whether the sessions that have kernels still hold.
    """
    site = site_of(settings, host=host, behind_proxy=behind_proxy)
    address = bind(host, port)
    zygote = None
    if preload is not None:
        zygote = Zygote(bare_environment(), settings.notebooks, preload)
    try:
        if zygote is not None:
            zygote.start()
        skip_iri_grammar()
        from apportion.server.services import open_services

        services = open_services(settings, site, tuple(apps))
        from apportion.server.application import CHECK_SECONDS, Server

        def ready() -> None:
            shown = site.public_url or address.url
            on_ready(shown)
            if open_browser:
                threading.Thread(target=webbrowser.open, args=[shown], daemon=True).start()

        server = Server(services, kernel_settings, check_seconds or CHECK_SECONDS)
        asyncio.run(server.run(address, zygote, ready))
    finally:
        address.close()
        if zygote is not None:
            zygote.stop()
