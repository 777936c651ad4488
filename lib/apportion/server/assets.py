"""Static files and their addresses.

Every address holds a hash of the content or the version, so browsers may keep them for ever.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

DARK = "dark.css"

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True)
class Asset:
    """A file of ours, read once."""

    body: bytes
    content_type: str

    @property
    def digest(self) -> str:
        """A short hash of the content."""
        return hashlib.sha256(self.body).hexdigest()[:16]


@cache
def own_assets() -> Mapping[str, Asset]:
    """Give our own files by name: nothing else can be asked for."""
    styles = sorted(_css(files("apportion.views") / "style"), key=_tokens_first)
    ours = sorted((files("apportion.server") / "template" / "static").iterdir(), key=_name)
    return {
        found.name: Asset(found.read_bytes(), TYPES[Path(found.name).suffix])
        for found in [*styles, *ours]
    }


def asset_address(name: str) -> str:
    """Give the address of one of our own files, its content's hash included."""
    return f"/assets/{name}?v={own_assets()[name].digest}"


def style_sheets() -> list[str]:
    """Give the names of the style sheets in the order in which they apply, but the dark theme's."""
    return [name for name in own_assets() if name.endswith(".css") and name != DARK]


def voila_address() -> str:
    """Give the folder of Voilà's scripts and of the widgets', which changes with any version."""
    parts = ("voila", "ipywidgets", "jupyterlab-widgets", "bqplot", "bqscales", "anywidget")
    versions = " ".join(f"{part} {version(part)}" for part in parts)
    return f"/voila/{hashlib.sha256(versions.encode()).hexdigest()[:16]}"


def _css(folder: Traversable) -> list[Traversable]:
    return [found for found in folder.iterdir() if found.name.endswith(".css")]


def _name(found: Traversable) -> str:
    return found.name


def _tokens_first(found: Traversable) -> tuple[bool, str]:
    return found.name != "tokens.css", found.name
