"""Run a page's notebook cell by cell and give the HTML as it comes."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from voila.configuration import VoilaConfiguration
from voila.execute import VoilaExecutor
from voila.notebook_renderer import NotebookRenderer
from voila.utils import get_page_config

from apportion.server.assets import voila_address
from apportion.server.connecting import connect
from apportion.server.kernel import MESSAGE_MARK, reference_of

log = logging.getLogger("apportion.server")

BROKEN = (CellExecutionError, DeadKernelError, TimeoutError, RuntimeError)


def page_config(configuration: VoilaConfiguration) -> dict[str, Any]:
    """Give JupyterLab's page configuration, with addresses of this server only."""
    found = get_page_config(base_url="/", settings={}, log=log, voila_configuration=configuration)
    return {
        **found,
        "mathjaxConfig": "none",
        "fullMathjaxUrl": "/assets/nomath.js",
        "fullStaticUrl": f"{voila_address()}/static",
        "fullLabextensionsUrl": f"{voila_address()}/labextensions",
    }


class CompiledTemplates(BytecodeCache):
    """Voilà's templates, compiled once a process: each page has a Jinja environment of its own."""

    def __init__(self) -> None:
        self._found: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template's code, if it is the one that is asked for."""
        if bucket.key in self._found:
            bucket.bytecode_from_string(self._found[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template's code."""
        self._found[bucket.key] = bucket.bytecode_to_string()


class PageRenderer(NotebookRenderer):
    """Voilà's renderer, whose failed cells carry a reference and no detail.

    An error that was raised on purpose carries its message too, which is meant for people.
    """

    templates = CompiledTemplates()

    async def initialize(self, **options: Any) -> None:
        """Read the notebook and make ready to render it."""
        await super().initialize(**options)
        self.exporter.environment.bytecode_cache = self.templates

    async def load_notebook(self, path: str) -> NotebookNode:
        """Read the notebook; Jupyter's own way would look for a signature in the user's home."""
        notebook: NotebookNode = nbformat.read(
            Path(self.contents_manager.root_dir, path), as_version=4
        )
        return notebook

    async def _jinja_kernel_start(
        self, nb: NotebookNode, kernel_id: str, kernel_future: Any
    ) -> str:
        self._reference = reference_of(kernel_id)
        self.executor = VoilaExecutor(nb, km=kernel_future, config=self.traitlet_config)
        self.executor.kc = await connect(kernel_future, self.executor.startup_timeout)
        return kernel_id

    async def _jinja_cell_generator(
        self, nb: NotebookNode, kernel_id: str
    ) -> AsyncIterator[NotebookNode]:
        try:
            for index, cell in enumerate(nb.cells):
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = [], None
                try:
                    done = await self.executor.execute_cell(cell, None, index, store_history=False)
                except BROKEN as error:
                    yield self._failed(cell, index, error)
                    return
                yield done
        finally:
            self.executor.kc.stop_channels()

    def _failed(self, cell: NotebookNode, index: int, error: Exception) -> NotebookNode:
        """Give the cell with nothing but what the page may say of its failure."""
        message = ""
        for output in cell.outputs:
            lines = output.get("traceback", [])
            if len(lines) == 1 and lines[0].startswith(MESSAGE_MARK):
                message = lines[0].removeprefix(MESSAGE_MARK)
        log.error(
            "reference %s: cell %d of %s failed: %s",
            self._reference,
            index + 1,
            self.notebook_path,
            message or type(error).__name__,
        )
        failure = {"reference": self._reference, "message": message}
        cell.outputs = [
            NotebookNode(output_type="error", ename="", evalue="", traceback=[], failure=failure)
        ]
        return cell
