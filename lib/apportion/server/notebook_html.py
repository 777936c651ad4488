"""An executed notebook as a page to read: no script, no form, nothing from elsewhere.

What a run printed may hold anything, also markup that somebody imported as a channel's name. So the
whole document is cleaned by an allow-list, and its Content-Security-Policy makes it a sandbox.
Widgets are kept as what they showed: markup as it was, a chart as a note that there was one.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import bleach
import nbformat
from bleach.css_sanitizer import CSSSanitizer
from markupsafe import Markup

from apportion.errors import NotFoundError
from apportion.server.assets import DARK, own_assets, style_sheets

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
DEEPEST = 40

_TAGS = (
    *("a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "div", "dl"),
    *("dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
    *("i", "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub"),
    *("sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
)
_ATTRIBUTES = {
    "*": ["class", "style", "title", "role", "aria-label", "aria-hidden", "data-l"],
    "a": ["href"],
    "img": ["src", "alt", "width", "height"],
    "td": ["colspan", "rowspan"],
    "th": ["colspan", "rowspan", "scope"],
}
_STYLES = (
    *("--lo", "--x", "--hi", "--ref", "--p", "--c", "--a", "--b", "--min"),
    *("text-align", "color", "background-color", "font-weight", "width", "height"),
    *("margin", "padding"),
)


def notebook_page(text: str, title: str) -> str:
    """Give an executed notebook as an HTML document.

    Raises
    ------
    NotFoundError
        If `text` is no notebook (any more).
    """
    from nbconvert.exporters import HTMLExporter  # half a second; few pages need it

    try:
        notebook = nbformat.reads(text, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, ValueError) as error:
        raise NotFoundError("The stored file is no notebook (any more).") from error
    _show_widgets(notebook)
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    clean = bleach.clean(
        body,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        protocols={"http", "https", "mailto", "data"},
        css_sanitizer=CSSSanitizer(allowed_css_properties=_STYLES),
        strip=True,
    )
    return str(
        Markup(
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="color-scheme" content="light dark">'
            "<title>{} · Apportion</title><style>{}</style></head>"
            '<body class="ap ap-record"><main><h1>{}</h1>{}</main></body></html>\n'
        ).format(title, _style(), title, Markup(clean))
    )


def _show_widgets(notebook: Any) -> None:
    """Put what each widget showed in the place of its reference."""
    known = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if VIEW in data:
                model = data.pop(VIEW)["model_id"]
                data["text/html"] = "".join(_shown(model, known)) or _note("An interactive part")
                data.pop("text/plain", None)


def _shown(reference: str, known: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    model = known.get(reference.removeprefix("IPY_MODEL_"))
    if model is None or depth > DEEPEST:
        return
    state = model["state"]
    if state.get("_dom_classes") and _display(state, known) == "none":
        return
    if model["model_name"] in ("HTMLModel", "HTMLMathModel"):
        yield f"<div>{state.get('value', '')}</div>"
    elif model["model_name"] == "FigureModel":
        yield _note("A chart; open the page to see it")
    else:
        for child in state.get("children", []):
            yield from _shown(child, known, depth + 1)


def _display(state: Mapping[str, Any], known: Mapping[str, Any]) -> str | None:
    layout = known.get(str(state.get("layout", "")).removeprefix("IPY_MODEL_"), {})
    display: str | None = layout.get("state", {}).get("display")
    return display


def _note(text: str) -> str:
    return f'<p class="muted">[{text}]</p>'


@cache
def _style() -> Markup:
    assets = own_assets()
    sheets = [assets[name].body.decode() for name in style_sheets()]
    dark = assets[DARK].body.decode()
    return Markup("".join((*sheets, f"@media (prefers-color-scheme:dark){{{dark}}}")))
