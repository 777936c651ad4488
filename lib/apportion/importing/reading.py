"""Read a file by its layout: checked, typed frames of one dataset, a part at a time."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from apportion.errors import ImportRefusedError
from apportion.frames import conform
from apportion.importing.cells import Fault, decoded, parse
from apportion.importing.files import Chunk, Source
from apportion.importing.known_exports import RowFilter
from apportion.importing.layouts import Field, Layout
from apportion.importing.problems import SHOWN, Problems, quoted

Texts = Mapping[int, pa.Array]


@dataclass
class Pass:
    """What one reading of all files remembers from part to part."""

    problems: Problems = field(default_factory=Problems)
    currency: str = ""
    """The first that was found; every other one is a problem."""
    filters: dict[str, RowFilter] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    """File to its rows that hold something."""
    left_out: Counter[str] = field(default_factory=Counter)
    """File to its rows that an export's filter left out."""


@dataclass(frozen=True)
class Reading:
    """One file, read for one dataset."""

    source: Source
    layout: Layout
    state: Pass

    def frames(self) -> Iterator[pd.DataFrame]:
        """Give the good rows; the bad ones go to the problems of the pass."""
        self._begin()
        for chunk in self.source.chunks(self.layout.positions(), self.state.problems):
            rows, texts = self._wanted(chunk)
            if rows.size:
                yield self._frame(rows, texts)

    def _begin(self) -> None:
        currency = self.layout.currency
        if currency and self.state.currency not in ("", currency):
            raise ImportRefusedError(
                f"{self.source.name} is in {currency}, the files before it in "
                f"{self.state.currency}. Import one currency at a time, converted to the tenant's."
            )
        self.state.currency = self.state.currency or currency

    def _frame(self, rows: NDArray[np.int64], texts: Texts) -> pd.DataFrame:
        bad = np.zeros(rows.size, dtype=bool)
        self._check_currency(rows, texts, bad)
        self._check_days(rows, texts, bad)
        columns = {f.name: self._column(f, rows, texts, bad) for f in self.layout.fields}
        measures = {
            f.name: self._column(f, rows, texts, bad, self.layout.hint)
            for f in self.layout.measures
        }
        if "end" in columns and "start" in columns:
            before = (columns["end"] < columns["start"]).to_numpy()
            fault = Fault(before, "an end that is not before the start")
            self._report(fault, self._place("end"), rows, texts, bad)
        frame = pd.DataFrame(columns)
        good = ~bad
        frame = _made_long(frame, measures, self.layout.long, good) if measures else frame[good]
        return conform(frame, self.layout.dataset)

    def _wanted(self, chunk: Chunk) -> tuple[NDArray[np.int64], Texts]:
        """Give the rows that hold something and that the export's filter keeps, stripped."""
        texts: dict[int, pa.Array] = {}
        faults: list[tuple[int, Fault]] = []
        for place, cells in chunk.columns.items():
            texts[place], wrong = decoded(cells)
            faults += [(place, fault) for fault in wrong]
        for place, fault in faults:
            self._report(fault, place, chunk.rows, texts, np.zeros(chunk.rows.size, dtype=bool))
        blank = np.all([np.asarray(pc.equal(text, "")) for text in texts.values()], axis=0)
        chunk = Chunk(chunk.rows, texts).filtered(~blank)
        self.state.rows[self.source.name] += chunk.rows.size
        export = self.layout.export
        if export is not None and export.new_filter is not None:
            keep = self.state.filters.setdefault(export.name, export.new_filter())
            cells = {name: chunk.columns[place] for name, place in self.layout.extra.items()}
            kept = keep(self.layout.dataset.name, cells)
            self.state.left_out[self.source.name] += int((~kept).sum())
            chunk = chunk.filtered(kept)
        return chunk.rows, chunk.columns

    def _column(
        self,
        f: Field,
        rows: NDArray[np.int64],
        texts: Texts,
        bad: NDArray[np.bool_],
        hint: str = "",
    ) -> pd.Series:
        export = self.layout.export
        if f.position is None:
            cells = pa.array([f.constant], pa.string()).take(pa.array(np.zeros(rows.size, int)))
        else:
            cells = texts[f.position]
        if export is not None and export.blank:
            cells = pc.if_else(pc.equal(cells, export.blank), "", cells)
        if export is not None and f.name in export.translations:
            cells = _translated(cells, export.translations[f.name])
        series, faults = parse(cells, f.column, grouped=export is not None and export.grouped)
        for fault in faults:
            self._report(fault, f.position, rows, texts, bad, hint)
        return series

    def _check_currency(
        self, rows: NDArray[np.int64], texts: Texts, bad: NDArray[np.bool_]
    ) -> None:
        place = self.layout.currency_column
        if place is None:
            return
        codes = texts[place]
        present = pc.not_equal(codes, "")
        if not self.state.currency:
            self.state.currency = next(iter(codes.filter(present).to_pylist()), "")
        other = pc.and_(present, pc.not_equal(codes, self.state.currency))
        fault = Fault(
            np.asarray(other), f"one currency in all rows; the first is {self.state.currency}"
        )
        self._report(fault, place, rows, texts, bad)

    def _check_days(self, rows: NDArray[np.int64], texts: Texts, bad: NDArray[np.bool_]) -> None:
        """Refuse rows of an export that each stand for several days."""
        export, extra = self.layout.export, self.layout.extra
        if export is None or export.unlike is None:
            return
        first, last, allowed = export.unlike
        if self._place("date") != extra.get(first) or last not in extra:
            return
        several = pc.not_equal(texts[extra[first]], texts[extra[last]])
        self._report(Fault(np.asarray(several), allowed), extra[last], rows, texts, bad)

    def _report(
        self,
        fault: Fault,
        place: int | None,
        rows: NDArray[np.int64],
        texts: Texts,
        bad: NDArray[np.bool_],
        hint: str = "",
    ) -> None:
        if not fault.where.any():
            return
        bad |= fault.where
        where = np.flatnonzero(fault.where)
        shown = where[:SHOWN]
        first = [""] * shown.size
        if place is not None:
            first = texts[place].take(pa.array(shown)).to_pylist()
        found = [
            f"{quoted(text)} ({why})" if (why := fault.why(text)) else quoted(text)
            for text in first
        ]
        label = "" if place is None else self.source.header[place] or f"column {place + 1}"
        self.state.problems.add(self.source.name, label, rows[where], found, fault.allowed + hint)

    def _place(self, name: str) -> int | None:
        return next((f.position for f in self.layout.fields if f.name == name), None)


def _made_long(
    frame: pd.DataFrame,
    measures: Mapping[str, pd.Series],
    long: tuple[str, str],
    good: NDArray[np.bool_],
) -> pd.DataFrame:
    name_column, value_column = long
    parts = []
    for name, values in measures.items():
        part = frame[good].copy()
        part[name_column], part[value_column] = name, values[good]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _translated(cells: pa.Array, values: Mapping[str, str]) -> pa.Array:
    found = cells.dictionary_encode()
    ours = [values.get(text, text) for text in found.dictionary.to_pylist()]
    return pa.array(ours, pa.string()).take(found.indices)
