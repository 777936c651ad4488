"""Open a CSV or Parquet file and give its cells column by column, a part at a time.

What a file is, is read from its first bytes, never from its name. Every part remembers the row
numbers that a person sees, whatever was skipped before it.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from apportion.errors import ImportRefusedError
from apportion.importing.problems import Problems, quoted

CHUNK_ROWS = 100_000
CHUNK_BYTES = 32 << 20
"""A part ends at whichever comes first; Parquet's parts count rows only."""

_HEAD_BYTES = 1 << 18
_HEAD_RECORDS = 40
_BLOCK_BYTES = 1 << 20  # Arrow reads up to 32 of them ahead; no row may be longer
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_DELIMITERS = ",;\t|"

IsHeader = Callable[[Sequence[str], bool], bool]
"""Whether a row of cells is the header of a known export, and whether comments (#) precede it."""


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file: their numbers, and the cells of the columns asked for by position."""

    rows: NDArray[np.int64]
    columns: Mapping[int, pa.Array]

    def filtered(self, keep: NDArray[np.bool_]) -> "Chunk":
        """Give the rows where `keep` is true."""
        if keep.all():
            return self
        mask = pa.array(keep)
        return Chunk(
            self.rows[keep], {place: cells.filter(mask) for place, cells in self.columns.items()}
        )


class Source(Protocol):
    """A file whose header was read."""

    @property
    def name(self) -> str:
        """The file's name, without its folder."""

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns, stripped."""

    @property
    def commented(self) -> bool:
        """Whether comment lines, beginning with #, precede the header."""

    def chunks(self, positions: Sequence[int], problems: Problems) -> Iterator[Chunk]:
        """Give the columns at `positions`, about :data:`CHUNK_ROWS` rows at a time."""


def open_source(path: Path, is_header: IsHeader) -> Source:
    """Read the header of a file.

    Raises
    ------
    ImportRefusedError
        If there is no such file, or it is not CSV text or Parquet.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ImportRefusedError(f"{path.name} cannot be read: {error.strerror}.") from error
    if not magic:
        raise ImportRefusedError(f"{path.name} is empty.")
    if magic in _WORKBOOKS:
        raise ImportRefusedError(
            f"{path.name} is a spreadsheet or an archive, not text. Save it as CSV in UTF-8."
        )
    if magic == _PARQUET:
        return _open_parquet(path)
    return _open_csv(path, is_header, "gzip" if magic.startswith(_GZIP) else None)


@dataclass(frozen=True)
class CsvSource:
    """A CSV file, plain or compressed by gzip."""

    path: Path
    header: tuple[str, ...]
    header_row: int
    skipped_lines: int
    delimiter: str
    encoding: str
    compression: str | None
    commented: bool

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.path.name

    def chunks(self, positions: Sequence[int], problems: Problems) -> Iterator[Chunk]:
        """Give the columns at `positions`; a row with too many or too few cells is a problem."""
        names = [str(place) for place in range(len(self.header))]
        widths = _Widths(self, problems)
        with _input(self.path, self.compression) as stream, _refusing(self.path):
            reader = pa.csv.open_csv(
                stream,
                read_options=pa.csv.ReadOptions(
                    use_threads=False,  # only then does a row with a wrong width have a number
                    block_size=_BLOCK_BYTES,
                    column_names=names,
                    skip_rows=self.skipped_lines,
                    skip_rows_after_names=1,
                    encoding=self.encoding,
                ),
                parse_options=pa.csv.ParseOptions(
                    delimiter=self.delimiter,
                    newlines_in_values=True,
                    ignore_empty_lines=False,  # they count as rows
                    invalid_row_handler=widths.note,
                ),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.binary()),
                    include_columns=[str(place) for place in positions],
                ),
            )
            seen = 0
            for batch in _in_parts(reader):
                rows = widths.numbers(self.header_row + 1 + seen, batch.num_rows)
                seen += batch.num_rows
                yield Chunk(rows, dict(zip(positions, batch.columns, strict=True)))


@dataclass
class _Widths:
    """Rows that have not as many cells as the header, and what they do to the numbers of others."""

    source: CsvSource
    problems: Problems
    numbers_of_wrong: list[int] = field(default_factory=list)

    def note(self, row: pa.csv.InvalidRow) -> str:
        number = row.number - self.source.skipped_lines + self.source.header_row - 1
        self.numbers_of_wrong.append(number)
        cells = "1 cell" if row.actual_columns == 1 else f"{row.actual_columns} cells"
        unclosed = row.text.lstrip().startswith('"') and row.text.count('"') % 2 == 1
        hint = ", perhaps a quotation mark is not closed" if unclosed else ""
        found = f"{cells} ({quoted(row.text)}{hint})"
        allowed = f"{row.expected_columns} cells as in the header"
        if self.source.delimiter == ",":
            allowed += "; quote a cell that holds a comma, write decimals with a point"
        self.problems.add(self.source.name, "", np.array([number]), [found], allowed)
        return "skip"

    def numbers(self, first: int, count: int) -> NDArray[np.int64]:
        """Give the numbers of `count` good rows, the first of which would have number `first`."""
        rows = np.arange(first, first + count)
        if not self.numbers_of_wrong:
            return rows
        wrong = np.sort(np.array(self.numbers_of_wrong))
        return rows + np.searchsorted(wrong - np.arange(wrong.size), rows, side="right")


@dataclass(frozen=True)
class ParquetSource:
    """A Parquet file; its values are checked as the text that CSV would have of them."""

    path: Path
    header: tuple[str, ...]
    commented: bool = False

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.path.name

    def chunks(self, positions: Sequence[int], problems: Problems) -> Iterator[Chunk]:
        """Give the columns at `positions` as text."""
        del problems  # every row of a Parquet file has all cells
        with _refusing(self.path), pa.parquet.ParquetFile(self.path) as file:
            schema = file.schema_arrow
            names = [schema.field(place).name for place in positions]
            seen = 0
            for batch in file.iter_batches(batch_size=CHUNK_ROWS, columns=names):
                rows = np.arange(seen + 1, seen + 1 + batch.num_rows)
                seen += batch.num_rows
                columns = {
                    place: self._as_text(batch.column(name))
                    for place, name in zip(positions, names, strict=True)
                }
                yield Chunk(rows, columns)

    def _as_text(self, cells: pa.Array) -> pa.Array:
        if pa.types.is_dictionary(cells.type):
            cells = cells.dictionary_decode()
        if pa.types.is_nested(cells.type):
            raise ImportRefusedError(
                f"{self.name} has a column of lists or records ({cells.type}); "
                "each cell must hold one value."
            )
        if pa.types.is_large_binary(cells.type) or pa.types.is_binary(cells.type):
            return cells
        return cells.cast(pa.string())


def _open_parquet(path: Path) -> ParquetSource:
    with _refusing(path), pa.parquet.ParquetFile(path) as file:
        return ParquetSource(path, tuple(name.strip() for name in file.schema_arrow.names))


def _open_csv(path: Path, is_header: IsHeader, compression: str | None) -> CsvSource:
    with _refusing(path), _input(path, compression) as stream:
        head = stream.read(_HEAD_BYTES)
    if not head:
        raise ImportRefusedError(f"{path.name} is empty.")
    encoding, text = _decode_head(path, head)
    separator = re.match(r"sep=(.)\r?\n", text)  # Excel writes it, for itself
    delimiter = separator.group(1) if separator else _delimiter(text)
    records, lines = _records(path, text, delimiter)
    comments = [bool(cells) and cells[0].startswith("#") for cells in records]
    header = next(
        (at for at, cells in enumerate(records) if is_header(cells, any(comments[:at]))), None
    )
    if header is None:
        begin = 1 if separator else 0
        header = next((at for at in range(begin, len(records)) if any(records[at])), None)
    if header is None:
        raise ImportRefusedError(f"{path.name} has no header: its first rows are empty.")
    return CsvSource(
        path,
        tuple(records[header]),
        header_row=header + 1,
        skipped_lines=lines[header - 1] if header else 0,
        delimiter=delimiter,
        encoding=encoding,
        compression=compression,
        commented=any(comments[:header]),
    )


def _decode_head(path: Path, head: bytes) -> tuple[str, str]:
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if is_utf16 else "utf8"  # so spelled, pyarrow does not decode it again
    decoder = codecs.getincrementaldecoder("utf-16" if is_utf16 else "utf-8-sig")()
    try:
        text = decoder.decode(head, final=len(head) < _HEAD_BYTES)
    except UnicodeDecodeError as error:
        line = head.count(b"\n", 0, error.start) + 1
        shown = head[error.start : error.start + 1].decode("cp1252", "replace")
        raise ImportRefusedError(
            f"{path.name} is not in UTF-8: line {line} holds the byte {head[error.start]:#04x}, "
            f"{shown!r} in Windows-1252. Save the file as UTF-8."
        ) from error
    if "\0" in text:
        raise ImportRefusedError(
            f"{path.name} holds NUL characters, so it is not plain text. Save it as CSV in UTF-8."
        )
    return encoding, text


def _delimiter(text: str) -> str:
    """Give the delimiter that cuts the most rows of the head into equally many cells."""

    def fit(delimiter: str) -> tuple[float, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            widths = [len(cells) for cells in islice(reader, _HEAD_RECORDS) if cells]
        except csv.Error:
            return (0, 1)
        width, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
        return (count / len(widths), width) if width > 1 else (0, 1)

    return max(_DELIMITERS, key=fit)


def _records(path: Path, text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Give the first rows, and the number of lines up to the end of each."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records, lines = [], []
    try:
        for cells in islice(reader, _HEAD_RECORDS):
            records.append([cell.strip() for cell in cells])
            lines.append(reader.line_num)
    except csv.Error as error:
        raise ImportRefusedError(f"{path.name} cannot be read as CSV: {error}.") from error
    return records, lines


def _in_parts(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Join small batches and cut large ones, to parts of about the same size."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        held.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= CHUNK_ROWS or size >= CHUNK_BYTES:
            joined = pa.concat_batches(held)
            while joined.num_rows >= CHUNK_ROWS:
                yield joined.slice(0, CHUNK_ROWS)
                joined = joined.slice(CHUNK_ROWS)
            if size >= CHUNK_BYTES and joined.num_rows:
                yield joined
                joined = joined.slice(0, 0)
            held, rows, size = [joined], joined.num_rows, joined.nbytes
    if rows:
        yield pa.concat_batches(held)


def _input(path: Path, compression: str | None) -> pa.NativeFile:
    return pa.input_stream(str(path), compression=compression)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn what the file libraries raise into a refusal that names the file."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        hint = " A quotation mark may not be closed." if "straddling" in str(error) else ""
        raise ImportRefusedError(
            f"{path.name} is damaged or not what it seems: {error}.{hint}"
        ) from error
