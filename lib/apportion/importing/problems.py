"""What is wrong in the files of an import: gathered over all rows, then refused at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apportion.errors import ImportRefusedError

SHOWN = 20
"""So many problems are told one by one; the rest are counted."""

_LONGEST = 60


@dataclass(frozen=True)
class CellProblem:
    """One cell, or one whole row when `column` is empty, that cannot be taken."""

    file: str
    row: int
    """As a person counts in the file: the header is row 1. A Parquet file begins with row 1."""
    column: str
    """The name in the file."""
    found: str
    allowed: str

    def __str__(self) -> str:
        where = f"{self.file}, row {self.row}"
        if self.column:
            where += f", column {self.column}"
        return f"{where}: found {self.found}; allowed: {self.allowed}"


def quoted(text: str) -> str:
    """Give a cell's text as a message shows it: quoted, and cut where it is long."""
    if not text:
        return "nothing"
    if len(text) > _LONGEST:
        return f"{text[:_LONGEST]!r}… ({len(text)} characters)"
    return repr(text)


class Problems:
    """Every bad row of an import: the first :data:`SHOWN` with their reasons, the rest counted."""

    def __init__(self) -> None:
        self._order: dict[str, int] = {}
        self._shown: dict[tuple[str, int, str], CellProblem] = {}
        self._bad_rows: dict[str, list[NDArray[np.int64]]] = {}

    def add(
        self, file: str, column: str, rows: NDArray[np.int64], found: Iterable[str], allowed: str
    ) -> None:
        """Note that `rows` of `file` are bad; `found` is read for the first ones only."""
        self._order.setdefault(file, len(self._order))
        self._bad_rows.setdefault(file, []).append(rows)
        for row, text in zip(rows[:SHOWN].tolist(), found, strict=False):
            self._shown.setdefault(
                (file, row, column), CellProblem(file, row, column, text, allowed)
            )
        if len(self._shown) > 20 * SHOWN:
            self._shown = {(p.file, p.row, p.column): p for p in self._first()}

    def count(self) -> int:
        """Give the number of bad rows in all files."""
        return sum(np.unique(np.concatenate(rows)).size for rows in self._bad_rows.values())

    def refuse_if_any(self) -> None:
        """Refuse the import if a row is bad.

        Raises
        ------
        ImportRefusedError
            With the number of bad rows and the first problems.
        """
        if not self._bad_rows:
            return
        count = self.count()
        rows = "1 row is bad" if count == 1 else f"{count:,} rows are bad"
        more = " The first problems:" if count > SHOWN else ""
        raise ImportRefusedError(
            f"{_listed(list(self._bad_rows))} cannot be imported: {rows}. "
            f"Nothing was stored.{more}",
            self._first(),
        )

    def _first(self) -> Sequence[CellProblem]:
        in_order = sorted(self._shown.values(), key=lambda p: (self._order[p.file], p.row))
        return in_order[:SHOWN]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
