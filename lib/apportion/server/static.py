"""Serves static files: our own by name, Voilà's and the widgets' by folder. All are public code."""

import os
from pathlib import Path

from tornado.web import HTTPError, StaticFileHandler

from apportion.server.assets import own_assets
from apportion.server.errors import ErrorPage

FOR_EVER = "public, max-age=31536000, immutable"


class AssetHandler(ErrorPage):
    """Serves one of our own files."""

    def get(self, name: str) -> None:
        """Write the file."""
        asset = own_assets().get(name)
        if asset is None:
            raise HTTPError(404)
        current = self.get_query_argument("v", "") == asset.digest
        self.set_header("Content-Type", asset.content_type)
        self.set_header("Cache-Control", FOR_EVER if current else "no-cache")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(asset.body)

    head = get


class FolderHandler(ErrorPage, StaticFileHandler):
    """Serves the files of the first of several folders that has them; never a directory."""

    def initialize(self, folders: list[str]) -> None:  # type: ignore[override]
        """Take the folders in order of precedence."""
        self._folders = [str(Path(folder).absolute()) for folder in folders]
        super().initialize(path=self._folders[0])

    def get_absolute_path(self, root: str, path: str) -> str:  # type: ignore[override]
        """Give the file's path in the first folder that has it."""
        for folder in self._folders:
            if (Path(folder) / path).is_file():
                self.root = folder
                return os.path.abspath(os.path.join(folder, path))  # noqa: PTH100, PTH118
        raise HTTPError(404)

    def set_extra_headers(self, path: str) -> None:
        """Let browsers keep it: another version has another address."""
        self.set_header("Cache-Control", FOR_EVER)
        self.set_header("X-Content-Type-Options", "nosniff")
