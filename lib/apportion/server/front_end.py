"""Voilà's front end and the widgets' as one script, which a browser loads in one go.

They come as some ninety small files, one asking for the next. webpack lets files that hold modules
be run before anybody asks for them, so those of `front_end.txt` are put in front of Voilà's own
script. What is not in the list, or is called otherwise in another version, is loaded as it always
was.
"""

import gzip
import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from apportion.server.assets import voila_address
from apportion.server.errors import ErrorPage
from apportion.server.static import FOR_EVER

SOURCE_MAP = re.compile(rb"^//# sourceMappingURL=.*$", re.MULTILINE)

IMPATIENT, PATIENT = b"AbortSignal.timeout(2000)", b"AbortSignal.timeout(30000)"
"""anywidget gives up on a widget whose module has not been loaded after two seconds ("Failed to
initialize model") and never shows it. A page with many, on a machine that is busy, takes longer."""


class FrontEnd:
    """The script, made once from the installed files.

    Parameters
    ----------
    static_folder : Path
        Where Voilà's scripts are.
    extension_folders : sequence of str
        Where the widgets' scripts are, in order of precedence.
    """

    def __init__(self, static_folder: Path, extension_folders: Sequence[str]) -> None:
        self._folders = {
            "static": [static_folder],
            "labextensions": [Path(folder) for folder in extension_folders],
        }

    @cached_property
    def body(self) -> bytes:
        """The script."""
        names = (files("apportion.server") / "front_end.txt").read_text(encoding="ascii").split()
        found = [self._find(name) for name in names]
        chunks = [_alone(path.read_bytes()) for path in found if path is not None]
        main = self._find("static/voila.js")
        assert main is not None, "Voilà is not installed whole."
        return b"\n".join([*chunks, main.read_bytes()])

    @cached_property
    def compressed(self) -> bytes:
        """The same for a browser that takes gzip."""
        return gzip.compress(self.body)

    @cached_property
    def address(self) -> str:
        """Where it is served: beside Voilà's scripts, where it looks for further ones."""
        digest = hashlib.sha256(self.body).hexdigest()[:16]
        return f"{voila_address()}/static/apportion.js?v={digest}"

    def _find(self, name: str) -> Path | None:
        kind, _, path = name.partition("/")
        there = (folder / path for folder in self._folders[kind])
        return next((found for found in there if found.is_file()), None)


def _alone(script: bytes) -> bytes:
    """Give a script that keeps its strictness and its names to itself, without its source map.

    And with the patience that a busy machine needs.
    """
    patient = SOURCE_MAP.sub(b"", script).replace(IMPATIENT, PATIENT)
    return b"(function(){" + patient + b"\n}).call(self);"


class FrontEndHandler(ErrorPage):
    """Serves the script."""

    def initialize(self, front_end: FrontEnd) -> None:
        """Take it."""
        self._front_end = front_end

    def get(self) -> None:
        """Write it; another version has another address."""
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", FOR_EVER)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Vary", "Accept-Encoding")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(self._front_end.compressed)
        else:
            self.finish(self._front_end.body)

    head = get
