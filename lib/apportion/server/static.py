"""Serves static files: our own by name, Voilà's and the widgets' by folder. All are public code."""

import gzip
import os
from functools import lru_cache
from pathlib import Path

from tornado.web import HTTPError, StaticFileHandler

from apportion.server.assets import own_assets
from apportion.server.errors import ErrorPage

TEXT = frozenset({".css", ".js", ".json", ".svg"})

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


@lru_cache(maxsize=1000)
def compressed(path: str, modified: float) -> bytes:
    """Give a file's content for a browser that takes gzip: once, not for every visit."""
    return gzip.compress(Path(path).read_bytes())


class FolderHandler(ErrorPage, StaticFileHandler):
    """Serves the files of the first of several folders that has them; never a directory."""

    def initialize(self, folders: list[str]) -> None:  # type: ignore[override]
        """Take the folders in order of precedence."""
        self._folders = [str(Path(folder).absolute()) for folder in folders]
        super().initialize(path=self._folders[0])

    async def get(self, path: str, include_body: bool = True) -> None:
        """Write the file, compressed if it is text and the browser takes it so."""
        accepted = self.request.headers.get("Accept-Encoding", "")
        if not include_body or "gzip" not in accepted or Path(path).suffix not in TEXT:
            await super().get(path, include_body)
            return
        self.path = self.parse_url_path(path)
        found = self.get_absolute_path(self.root, self.path)
        self.absolute_path = self.validate_absolute_path(self.root, found)
        if self.absolute_path is None:  # it has been answered
            return
        self.modified = self.get_modified_time()
        self.set_headers()
        if self.should_return_304():
            self.set_status(304)
            return
        self.set_header("Content-Encoding", "gzip")
        self.add_header("Vary", "Accept-Encoding")
        self.finish(compressed(self.absolute_path, Path(self.absolute_path).stat().st_mtime))

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
