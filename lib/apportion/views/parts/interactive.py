"""Markup that can act: buttons report clicks, fields report what is entered."""

from collections.abc import Callable, Mapping
from pathlib import Path

import anywidget
import traitlets
from markupsafe import Markup

OnAct = Callable[[str, str, Mapping[str, str]], None]
"""Told what was done (``data-act``), to what (``data-arg``), and what all named fields hold."""


class Interactive(anywidget.AnyWidget):
    """Shows markup; ``data-act`` elements and named fields inside report to `on_act`.

    Parameters
    ----------
    on_act : callable
        ``changed`` with a field's name when something was entered, ``close`` on Escape.
    """

    _esm = Path(__file__).with_suffix(".js")

    html = traitlets.Unicode().tag(sync=True)

    def __init__(self, on_act: OnAct) -> None:
        self._on_act = on_act
        super().__init__()
        self.on_msg(self._on_message)

    def show(self, markup: Markup) -> None:
        """Show other markup."""
        self.html = str(markup)

    def save(self, name: str, text: str) -> None:
        """Have the browser save a JSON text as a file."""
        self.send({"kind": "save", "name": name, "text": text})

    def _on_message(self, _: object, message: object, __: object) -> None:
        if not isinstance(message, dict):
            return
        fields = message.get("fields")
        given = fields if isinstance(fields, dict) else {}
        text = {str(name): str(value) for name, value in given.items()}
        self._on_act(str(message.get("act", "")), str(message.get("arg", "")), text)
