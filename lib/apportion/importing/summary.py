"""What an import holds, as a person wants to see it before and after it is stored."""

import datetime as dt
from enum import StrEnum

from apportion.results.base import Result


class Cadence(StrEnum):
    """How far apart the dates of a dataset are."""

    DAILY = "daily"
    WEEKLY = "weekly"
    OTHER = "other"


class FileSummary(Result):
    """One file: what it was taken for, and what of it was not used."""

    name: str
    format: str
    """CSV, Parquet, or the name of a known export."""
    rows: int
    """Rows that hold something, without the header."""
    left_out: int = 0
    """Rows of a known export that are no data: totals, orders that are no sale."""
    ignored: tuple[str, ...] = ()
    """Columns that were not used."""


class NameRows(Result):
    """A channel, metric, … and its rows."""

    name: str
    rows: int


class Names(Result):
    """The different values of one column, the most frequent first."""

    column: str
    count: int
    top: tuple[NameRows, ...]


class Gap(Result):
    """Days or weeks between the first and the last that have no row."""

    name: str
    """The channel, metric or control, with its region in parentheses; empty: the whole dataset."""
    missing: int
    first: tuple[dt.date, ...]
    """The first few of them."""


class PartSummary(Result):
    """What an import brings into one dataset."""

    dataset: str
    rows: int
    """With different keys: so many will be stored."""
    duplicates: int
    """Rows that a later one with the same key replaced."""
    start: dt.date | None = None
    end: dt.date | None = None
    cadence: Cadence | None = None
    names: tuple[Names, ...] = ()
    gaps: tuple[Gap, ...] = ()


class Summary(Result):
    """A whole import."""

    dataset: str
    files: tuple[FileSummary, ...]
    parts: tuple[PartSummary, ...]
    currency: str = ""
    """As the files name it; empty: they do not."""
    notes: tuple[str, ...] = ()
    """What was done to the data on the way."""
    warnings: tuple[str, ...] = ()
    """What looks wrong, though it is allowed."""

    @property
    def rows(self) -> int:
        """Rows that will be stored, in all datasets."""
        return sum(part.rows for part in self.parts)
