"""The button that saves the chart of its card as a picture."""

from pathlib import Path

import anywidget


class Download(anywidget.AnyWidget):
    """Save the chart of the card it stands in as PNG, with its title and what is drawn.

    bqplot's own ``save_png`` does not resolve the variables that carry the colours.
    """

    _esm = Path(__file__).with_suffix(".js")
