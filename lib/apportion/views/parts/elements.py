"""What the widgets that draw their own markup share."""

from functools import cache
from pathlib import Path

from apportion.views.parts.icons import ICONS

_SHARED = Path(__file__).with_suffix(".js")


@cache
def module(path: Path) -> str:
    """Give a widget's script with the shared functions before it.

    A widget's module reaches the browser as one text and cannot import its neighbours.
    """
    return "\n".join(each.read_text(encoding="utf-8") for each in (_SHARED, path))


def paths(*names: str) -> dict[str, str]:
    """Give the paths of icons, for a widget to draw."""
    return {name: ICONS[name] for name in names}
