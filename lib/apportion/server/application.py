"""The server itself: Voilà's application with our settings, our routes and our life cycle."""

import asyncio
import contextlib
import logging
import shutil
import signal
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from jupyter_core.paths import ENV_JUPYTER_PATH
from jupyter_events import EventLogger
from tornado.httpserver import HTTPServer
from tornado.web import RequestHandler
from traitlets.config import Config
from voila.app import Voila
from voila.configuration import VoilaConfiguration
from voila.paths import collect_static_paths, collect_template_paths

from apportion.server.forking import Zygote
from apportion.server.front_end import FrontEnd
from apportion.server.gate import GuardedApplication
from apportion.server.handlers import NotFound
from apportion.server.identity import MemberIdentity, OwnKernelOnly
from apportion.server.kernels import WIDGET_MESSAGES, OwnPython, TenantKernels
from apportion.server.provisioner import use_provisioner
from apportion.server.routes import Route, route_table
from apportion.server.services import Services
from apportion.server.sockets import Address
from apportion.server.templates import TEMPLATES
from apportion.server.uploads import Uploads
from apportion.telemetry import metrics

log = logging.getLogger("apportion.server")

MAX_BODY_BYTES = 1 << 20
CHECK_SECONDS = 30.0
"""How often it is looked whether the sessions that have kernels still hold."""

GOODBYE_SECONDS = 5.0
"""So long connections may take to end when the server does."""

MAX_MESSAGE_BYTES = 10 << 20
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "anywidget",
    "bqplot",
    "bqscales",
)
"""JupyterLab extensions that pages load."""

VOILA_SETTINGS: dict[str, Any] = {
    "template": "lab",
    "theme": "light",
    "allow_template_override": "NO",
    "allow_theme_override": "NO",
    "strip_sources": True,
    "show_tracebacks": False,
    "file_allowlist": [],
    "http_header_envs": [],
    "preheat_kernel": False,
    "progressive_rendering": False,
    "extension_allowlist": list(EXTENSIONS),
}
"""What Voilà's own settings can say; `voila.json` says the same to stock Voilà."""


class Server(Voila):
    """Serves the pages of every tenant to its members.

    What keeps others out is a plain attribute or argument here, not configuration: no file that
    lies about and no command line can weaken it.
    """

    identity_provider_class = MemberIdentity
    authorizer_class = OwnKernelOnly

    def __init__(
        self,
        services: Services,
        kernel_settings: dict[str, Any] | None = None,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        super().__init__(log=log)
        self.services = services
        self.uploads = Uploads()
        # Without one here, each kernel makes its own, which the logging module keeps for ever.
        self.event_logger = EventLogger()
        self.check_seconds = check_seconds
        self.root_dir = str(services.settings.notebooks)
        self.update_config(
            Config(
                {
                    "VoilaConfiguration": {
                        **VOILA_SETTINGS,
                        "multi_kernel_manager_class": TenantKernels,
                        "kernel_spec_manager_class": OwnPython,
                        "attempt_fix_notebook": False,
                    },
                    # Longer than a busy server may take to hear a cell: what comes later is lost.
                    "VoilaExecutor": {"timeout": 120, "iopub_timeout": 60},
                    "TenantKernels": {
                        "cull_idle_timeout": 600,
                        "cull_interval": 60,
                        "live_limit": services.settings.kernels_per_member,
                        **(kernel_settings or {}),
                    },
                    # Over TCP every local user could read along.
                    "KernelManager": {"transport": "ipc"},
                    # A restarted kernel is empty: the page is told that it has ended instead.
                    "KernelRestarter": {"restart_limit": 0},
                }
            )
        )
        self.voila_configuration = VoilaConfiguration(parent=self)
        self.setup_template_dirs()
        self.front_end = FrontEnd(Path(self.static_paths[0]), self.labextensions_path)

    def setup_template_dirs(self) -> None:
        """Find templates and scripts in this installation, ours first; never in a user's folder."""
        roots = ENV_JUPYTER_PATH
        apps = ["voila", "nbconvert"]
        self.template_paths = [
            str(TEMPLATES),
            *collect_template_paths(apps, "lab", prune=True, root_dirs=roots),
        ]
        scripts = collect_static_paths(apps, "base", prune=True, root_dirs=roots)
        self.static_paths = [found for found in scripts if Path(found, "voila.js").is_file()]

    def init_settings(self) -> dict[str, Any]:
        """Give Tornado's settings."""
        settings: dict[str, Any] = super().init_settings()
        self.kernel_manager.allowed_message_types = list(WIDGET_MESSAGES)
        site = self.services.site
        headers = {"Referrer-Policy": "same-origin", "X-Frame-Options": "DENY"}
        if site.hsts_days:
            headers["Strict-Transport-Security"] = f"max-age={site.hsts_days * 86400}"
        return {
            **settings,
            "allow_origin": "",
            "allow_remote_access": True,  # the gate knows the names of this server
            "compress_response": True,
            "config": self.config,
            "default_handler_class": NotFound,
            "headers": headers,
            "log_function": log_request,
            "server_root_dir": self.root_dir,
            "services": self.services,
            "site": site,
            "websocket_compression_options": {},
            "ws_ping_interval": 0,  # see KernelSocket
            "websocket_max_message_size": MAX_MESSAGE_BYTES,
            "xsrf_cookie_kwargs": {"samesite": "Lax"},  # see OurHandler.set_cookie
            "xsrf_cookies": True,
        }

    def init_handlers(self) -> list[Route]:
        """Give the route table."""
        return route_table(
            services=self.services,
            uploads=self.uploads,
            voila_configuration=self.voila_configuration,
            template_paths=self.template_paths,
            front_end=self.front_end,
            static_folder=self.static_paths[0],
            extension_folders=self.labextensions_path,
        )

    async def run(
        self, address: Address, zygote: Zygote | None, on_ready: Callable[[], None]
    ) -> None:
        """Serve until a signal asks to stop; then leave no kernel and no file behind."""
        self.connection_dir = tempfile.mkdtemp(prefix="apportion-")
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        use_provisioner(zygote)
        self.app = GuardedApplication(**self.init_settings())
        self.app.add_handlers(".*$", self.init_handlers())
        http = HTTPServer(
            self.app, max_body_size=MAX_BODY_BYTES, xheaders=self.services.site.behind_proxy
        )
        metrics.SESSIONS.set_function(lambda: len(self.kernel_manager))
        try:
            http.add_sockets(address.sockets)
            on_ready()
            warm = asyncio.create_task(asyncio.to_thread(self._warm))
            watch = asyncio.create_task(self._end_unproven())
            await stopped.wait()
            watch.cancel()
            await warm
        finally:
            http.stop()
            await self.kernel_manager.shutdown_all(now=True)
            with contextlib.suppress(TimeoutError):  # a page may be waiting for its kernel
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await http.close_all_connections()
            await asyncio.to_thread(self.uploads.close)
            shutil.rmtree(self.connection_dir, ignore_errors=True)

    def _warm(self) -> None:
        """Do now what the first visit would wait for: import the views, make the script."""
        import_module("apportion.server.home")
        self.front_end.compressed  # noqa: B018  kept

    async def _end_unproven(self) -> None:
        """Close, again and again, the kernels of those who are signed out by now."""
        while True:
            await asyncio.sleep(self.check_seconds)
            try:
                await self.kernel_manager.end_unproven(self.services.accounts.still_holds)
            except Exception:  # the database may be away for a while; the next look comes
                log.exception("Could not look who is still signed in.")


def log_request(handler: RequestHandler) -> None:
    """Count a request, and log it without its query, which may hold what people typed."""
    method = handler.request.method if handler.request.method in METHODS else "other"
    status = f"{handler.get_status() // 100}xx"
    metrics.REQUEST_SECONDS.labels(method, status).observe(handler.request.request_time())
    log.debug("%d %s %s", handler.get_status(), handler.request.method, handler.request.path)
