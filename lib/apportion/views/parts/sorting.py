"""Lets a reader sort the table that stands before it in the same box, in the browser."""

from pathlib import Path

import anywidget

from apportion.views.parts.elements import module

_HERE = Path(__file__)


class Sorting(anywidget.AnyWidget):
    """Puts buttons into the heads of a table of :func:`apportion.views.parts.tables.table`.

    Cells without a value come last whichever way the column is sorted.
    """

    _esm = module(_HERE.with_suffix(".js"))
    _css = _HERE.with_suffix(".css")
