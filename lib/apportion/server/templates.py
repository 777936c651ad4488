"""Our own HTML: the shell around every page, the home page, the error page."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from apportion.server.assets import DARK, asset_address, style_sheets
from apportion.views.parts.icons import icon

TEMPLATES = Path(__file__).parent / "template"


def render(name: str, **values: Any) -> str:
    """Fill in the template `name`; every value is escaped unless it is `Markup`."""
    return _environment().get_template(name).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        asset=asset_address,
        style_sheets=style_sheets(),
        dark=DARK,
        icon=icon,
    )
    return environment
