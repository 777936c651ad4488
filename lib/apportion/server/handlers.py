"""The pages: home, the apps, health, and what is not there."""

import asyncio
import datetime as dt
import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from voila.configuration import VoilaConfiguration

from apportion.errors import ApportionError
from apportion.server.errors import STRICT_POLICY, ErrorPage, new_reference
from apportion.server.first_content import first_of
from apportion.server.front_end import FrontEnd
from apportion.server.kernels import Owner
from apportion.server.page_handler import PageHandler
from apportion.server.pages import HOME, Page
from apportion.server.rendering import PageRenderer
from apportion.server.templates import render
from apportion.workspace import Workspace

log = logging.getLogger("apportion.server")

WIDGET_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; "
    "object-src 'none'"
)
"""Content-Security-Policy of Voilà's pages: inline scripts and `eval` are what JupyterLab needs."""


class HomeHandler(PageHandler):
    """The home page: plain HTML, without a kernel."""

    async def get(self) -> None:
        """Write the page."""
        content = await asyncio.to_thread(_home, self.workspace, self.services.apps)
        self.begin(STRICT_POLICY)
        self.finish(self.render_page("home.html.j2", HOME, home=content))


class AppHandler(PageHandler):
    """An app's page: its notebook, rendered in a kernel of its own."""

    def initialize(  # type: ignore[override]
        self,
        page: Page,
        voila_configuration: VoilaConfiguration,
        template_paths: list[str],
        page_config: dict[str, Any],
        front_end: FrontEnd,
        **shared: Any,
    ) -> None:
        """Take the notebook and how to render it."""
        super().initialize(**shared)
        self.page = page
        self.voila_configuration = voila_configuration
        self.template_paths = template_paths
        self.page_config = page_config
        self.front_end = front_end
        self._kernel_id: str | None = None
        self._is_left = False

    async def get(self) -> None:
        """Write the shell and what is stored at once, then the cells as they are done.

        The shell names the kernel that is about to be, so that the browser can load and start what
        draws the widgets while the kernel works.
        """
        first = await asyncio.to_thread(first_of, self.page, self.workspace)
        kernel_id = str(uuid4())
        self.begin(WIDGET_POLICY)
        shell = self.render_page(
            "shell.html.j2",
            self.page,
            first=first,
            page_config={**self.page_config, "kernelId": kernel_id},
            front_end=self.front_end.address,
        )
        self.write(shell)
        await self.flush()  # on screen before the kernel is asked for
        try:
            await self._render(kernel_id)
        except Exception as error:  # the status is sent: only the page can tell it
            reference = new_reference()
            log.error("reference %s: %s", reference, self.request.path, exc_info=error)
            message = str(error) if isinstance(error, ApportionError) else ""
            self.finish(render("failed.html.j2", reference=reference, message=message))

    async def _render(self, kernel_id: str) -> None:
        renderer = PageRenderer(
            request_handler=self,
            voila_configuration=self.voila_configuration,
            traitlet_config=self.config,
            notebook_path=self.page.notebook,
            template_paths=self.template_paths,
            contents_manager=self.contents_manager,
            base_url=self.base_url,
            page_config=self.page_config,
        )
        await renderer.initialize()
        manager: Any = self.kernel_manager
        self._kernel_id = await manager.start_kernel(
            owner=Owner(self.member, self.proven_by),
            settings=self.services.settings,
            asks_claude=self.page.asks_claude,
            kernel_id=kernel_id,
            path="",
        )
        if self._is_left:  # while the kernel started: nobody will ask for it
            await manager.shutdown_kernel(self._kernel_id, now=True)
            return
        kernel = manager.get_kernel(self._kernel_id)
        async for html, _ in renderer.generate_content_generator(self._kernel_id, kernel):
            self.write(html)
            await self.flush()
        self._kernel_id = None

    def on_connection_close(self) -> None:
        """End the kernel of a page that was left before it was there."""
        super().on_connection_close()
        self._is_left = True
        manager: Any = self.kernel_manager
        if self._kernel_id is not None and self._kernel_id in manager:
            self._ending = asyncio.ensure_future(manager.shutdown_kernel(self._kernel_id, now=True))


class HealthHandler(ErrorPage):
    """Whether the process answers."""

    def get(self) -> None:
        """Say so."""
        self.finish({"status": "ok"})


class ReadyHandler(ErrorPage):
    """Whether pages can be shown: the database is there, migrated, and has the tenant."""

    def initialize(self, check_ready: Callable[[], object]) -> None:
        """Take what raises when it is not."""
        self.check_ready = check_ready

    async def get(self) -> None:
        """Say so; the reason, which may name the database, is in the log."""
        self.set_header("Cache-Control", "no-store")
        try:
            await asyncio.to_thread(self.check_ready)
        except Exception as error:  # whatever it is, it is not ready
            reference = new_reference()
            log.error("reference %s: not ready", reference, exc_info=error)
            self.set_status(503)
            self.finish({"status": "not ready", "reference": reference})
        else:
            self.finish({"status": "ready"})


class NotFound(ErrorPage, JupyterHandler):
    """Everything that is not in the route table."""

    @allow_unauthenticated
    def prepare(self) -> None:  # type: ignore[override]
        """Say that it is not there."""
        raise web.HTTPError(404)


def _home(workspace: Workspace, apps: tuple[Page, ...]) -> Any:
    # In the thread of the first visit: the views' package brings the widgets along.
    from apportion.server.home import home

    today = dt.datetime.now(ZoneInfo(workspace.tenant.timezone)).date()
    return home(workspace, apps, today)
