"""One of several, where there are too many for segments."""

from pathlib import Path

from apportion.views.parts.choice import Choice
from apportion.views.parts.elements import module

_HERE = Path(__file__)


class Pick(Choice):
    """A choice drawn as a list that opens."""

    _esm = module(_HERE.with_suffix(".js"))
    _css = _HERE.with_suffix(".css")
