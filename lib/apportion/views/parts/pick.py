"""One of several, where there are too many for segments."""

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from apportion.views.parts.elements import module

_HERE = Path(__file__)


class Pick(anywidget.AnyWidget):
    """What is picked stands in `value`; `options` are pairs of value and text."""

    _esm = module(_HERE.with_suffix(".js"))
    _css = _HERE.with_suffix(".css")

    title = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Tuple()).tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)

    def __init__(self, title: str, options: list[tuple[str, str]], value: str = "") -> None:
        super().__init__(title=title, options=options, value=value or options[0][0])

    @traitlets.validate("value")
    def _is_an_option(self, proposal: Any) -> str:
        known = [value for value, _ in self.options]
        if proposal.value not in known:
            raise traitlets.TraitError(f"no choice {proposal.value!r}; there is {known}")
        return str(proposal.value)
