"""Segments: at most a handful of choices in a row, one of them pressed."""

from pathlib import Path

import anywidget
import traitlets


class Choice(anywidget.AnyWidget):
    """What is chosen stands in `value`; `options` are pairs of value and text."""

    _esm: str | Path = Path(__file__).with_suffix(".js")

    title = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Tuple()).tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)

    def __init__(self, title: str, options: list[tuple[str, str]], value: str = "") -> None:
        super().__init__(title=title, options=options, value=value or options[0][0])

    @traitlets.validate("value")
    def _is_an_option(self, proposal: traitlets.Bunch) -> str:
        known = [value for value, _ in self.options]
        if proposal.value not in known:
            raise traitlets.TraitError(f"no choice {proposal.value!r}; there is {known}")
        return str(proposal.value)
