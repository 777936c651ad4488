"""Markup that tells the kernel what was clicked in it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import anywidget
import traitlets
from markupsafe import Markup

OnAct = Callable[[str, str, Mapping[str, str]], None]
"""Called with the act, its argument, and the named fields of the form it stands in."""


class Acting(anywidget.AnyWidget):
    """Markup of ours whose ``data-act`` elements report clicks.

    Parameters
    ----------
    on_act : callable
        See :data:`OnAct`; what it is told comes from a browser and is to be checked.
    """

    _esm = Path(__file__).with_suffix(".js")

    html = traitlets.Unicode().tag(sync=True)

    def __init__(self, on_act: OnAct) -> None:
        super().__init__()
        self._on_act = on_act
        self.on_msg(self._receive)

    def show(self, markup: Markup) -> None:
        """Draw other markup."""
        self.html = str(markup)

    def _receive(self, _: object, message: object, __: object) -> None:
        if not isinstance(message, dict):
            return
        fields = message.get("fields")
        known = fields if isinstance(fields, dict) else {}
        try:
            self._on_act(
                str(message.get("act", "")),
                str(message.get("arg", "")),
                {str(name): str(value) for name, value in known.items()},
            )
        finally:
            self.send({"done": True})
