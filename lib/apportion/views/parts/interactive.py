"""Markup like :class:`Acting`, for dialogs: fields report as they are filled in."""

from pathlib import Path

from apportion.views.parts.acting import Acting


class Interactive(Acting):
    """Shows markup; ``data-act`` elements and all named fields inside report to `on_act`.

    Besides what is clicked there is the act ``changed`` with a field's name when something was
    entered, and ``close`` on Escape.
    """

    _esm = Path(__file__).with_suffix(".js")

    def save(self, name: str, text: str) -> None:
        """Have the browser save a JSON text as a file."""
        self.send({"kind": "save", "name": name, "text": text})
