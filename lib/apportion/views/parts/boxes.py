"""Widgets that hold markup or other widgets, and the page around them."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import ipywidgets as widgets
from markupsafe import Markup

STYLE = Path(__file__).resolve().parents[1] / "style"
"""Where tokens.css and app.css are; the server's pages include the same two files."""


def html(text: Markup | Literal[""] = "") -> widgets.HTML:
    """Give a widget that shows `text`."""
    return widgets.HTML(str(text))


def show(widget: widgets.HTML, text: Markup) -> None:
    """Show other markup in a widget of :func:`html`, hidden while there is none."""
    widget.value = str(text)
    show_if(widget, bool(text))


def show_if(widget: widgets.DOMWidget, is_shown: bool) -> None:
    """Show or hide a widget."""
    widget.layout.display = None if is_shown else "none"


def stack(children: Iterable[widgets.Widget], *classes: str) -> widgets.VBox:
    """Give widgets below one another, in a box with these CSS classes."""
    box = widgets.VBox(list(children))
    for name in classes:
        box.add_class(name)
    return box


ELSEWHERE = ':root:not(:has(>body[data-jp-theme-light="true"]),:has(>body.ap))'
"""Pages that may be dark when the system is: not JupyterLab in its light theme, and not the
server's own pages, which link the dark theme themselves and have a switch for it."""


@cache
def stylesheet() -> Markup:
    """Give the style sheets as an element, for where no server's page brings them: JupyterLab."""
    tokens, dark, app = (
        (STYLE / name).read_text(encoding="utf-8") for name in ("tokens.css", "dark.css", "app.css")
    )
    dark = f"@media (prefers-color-scheme:dark){{{dark.replace(':root:root', ELSEWHERE)}}}\n"
    return Markup("<style>{}</style>").format(Markup(tokens + dark + app))
