"""The buttons that save a card: its charts or its table as a picture, its figures as CSV."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import pandas as pd
import traitlets

Frame = Callable[[], pd.DataFrame]


class Download(anywidget.AnyWidget):
    """Save what the card it stands in shows as PNG, with its title, and its figures as CSV.

    bqplot's own ``save_png`` does not resolve the variables that carry the colours.

    Parameters
    ----------
    frame : callable, optional
        Gives the figures; called when they are asked for. Without it there is no CSV.
    name : str
        Of the CSV file, without its ending.
    picture : str
        What is saved as PNG, in a word: the charts of the card, or without any the card.
    """

    _esm = Path(__file__).with_suffix(".js")

    has_csv = traitlets.Bool(False).tag(sync=True)
    picture = traitlets.Unicode("chart").tag(sync=True)

    def __init__(
        self, frame: Frame | None = None, name: str = "figures", *, picture: str = "chart"
    ) -> None:
        super().__init__(has_csv=frame is not None, picture=picture)
        self._frame = frame
        self._name = name
        self.on_msg(self._on_message)

    def _on_message(self, _: object, content: dict[str, Any], __: Sequence[bytes]) -> None:
        if content.get("kind") == "csv" and self._frame is not None:
            text = csv_of(self._frame())
            self.send({"kind": "csv", "name": f"apportion-{self._name}.csv", "text": text})


def csv_of(frame: pd.DataFrame) -> str:
    """Give a table as CSV; a text that a spreadsheet would take for a formula is quoted by '."""
    safe = frame.map(_harmless)
    safe.index = safe.index.map(_harmless)
    return safe.to_csv(lineterminator="\r\n")


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
