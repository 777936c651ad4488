"""A table whose rows become cards on a phone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from apportion.views.parts.cards import joined

MANY = 6
"""Beyond so many columns, rows become cards on a tablet already."""


@dataclass(frozen=True)
class Column:
    """A column: its head, the short name it has on a card, and its CSS classes.

    Classes: ``n`` figures, ``lead`` the card's title, ``side`` at the title's right, ``wide`` over
    the whole card, ``nolabel`` without the short name.
    """

    head: str | Markup
    name: str
    classes: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell: its text, a smaller line below it, CSS classes besides its column's.

    By `value` a reader sorts the column (:class:`~apportion.views.parts.sorting.Sorting`); without
    any the row comes last.
    """

    text: str | Markup
    below: str | Markup = ""
    classes: str = ""
    value: float | None = field(default=None, kw_only=True)


def table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], caption: str) -> Markup:
    """Give the table; the caption says what a phone cannot show in a column's head."""
    heads = joined(
        Markup('<th scope="col" class="{}">{}</th>').format(column.classes, column.head)
        for column in columns
    )
    body = joined(
        Markup("<tr>{}</tr>").format(
            joined(_cell(column, cell) for column, cell in zip(columns, row, strict=True))
        )
        for row in rows
    )
    return Markup(
        '<div class="ap-scroll {}"><table class="ap-table cards"><caption>{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format("many" if len(columns) > MANY else "", caption, heads, body)


def _cell(column: Column, cell: Cell) -> Markup:
    small = Markup("<small>{}</small>").format(cell.below) if cell.below else ""
    value = "" if cell.value is None else Markup(' data-v="{!r}"').format(cell.value)
    return Markup('<td class="{}" data-l="{}"{}>{}{}</td>').format(
        f"{column.classes} {cell.classes}".strip(), column.name, value, cell.text, small
    )
