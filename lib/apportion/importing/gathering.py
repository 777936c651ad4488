"""Rows of known exports that have to be seen together before they can be given.

Memory holds one row a key: the days, campaigns or orders of an export, not its rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pandas as pd

from apportion.errors import ImportRefusedError
from apportion.frames import Dataset
from apportion.importing.files import CHUNK_ROWS
from apportion.importing.known_exports import Combine

_HELD_ROWS = 500_000
_NAMED_KEYS = 3


@dataclass
class Gathering:
    """Frames of one dataset from all files of known exports."""

    dataset: Dataset
    _held: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    _combine: dict[str, Combine] = field(default_factory=dict)
    _finish: list[Callable[[pd.DataFrame], pd.DataFrame]] = field(default_factory=list)
    _new_rows: int = 0
    duplicates: int = 0

    def add(self, file: str, frame: pd.DataFrame, combine: Combine | None) -> None:
        """Take the rows of one part of a file."""
        self._held.setdefault(file, []).append(frame)
        if combine is not None:
            self._combine[file] = combine
        self._new_rows += len(frame)
        if self._new_rows > _HELD_ROWS:
            self._compact()

    def finish_by(self, finish: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
        """Have `finish` done to all rows at the end."""
        if finish not in self._finish:
            self._finish.append(finish)

    def frames(self) -> Iterator[pd.DataFrame]:
        """Give what was gathered.

        Raises
        ------
        ImportRefusedError
            If rows of two files would have to be added up: they could be the same rows twice.
        """
        if not self._held:
            return
        self._compact()
        key = list(self.dataset.key)
        self._refuse_overlap(key)
        rows = pd.concat([frame for (frame,) in self._held.values()], ignore_index=True)
        repeated = rows.duplicated(key, keep="last")
        self.duplicates = int(repeated.sum())
        rows = rows[~repeated]
        for finish in self._finish:
            rows = finish(rows)
        for start in range(0, len(rows), CHUNK_ROWS):
            yield rows.iloc[start : start + CHUNK_ROWS].reset_index(drop=True)

    def _compact(self) -> None:
        for file, frames in self._held.items():
            rows = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
            if file in self._combine:
                rows = self._combine[file](rows, self.dataset.key)[list(self.dataset.columns)]
            self._held[file] = [rows]
        self._new_rows = 0

    def _refuse_overlap(self, key: list[str]) -> None:
        combined = [self._held[file][0][key].assign(file=file) for file in self._combine]
        if len(combined) < 2:
            return
        keys = pd.concat(combined, ignore_index=True)
        twice = keys[keys.duplicated(key, keep=False)]
        if twice.empty:
            return
        examples = twice.drop_duplicates(key).head(_NAMED_KEYS)
        named = "; ".join(", ".join(str(part) for part in row) for row in examples[key].to_numpy())
        raise ImportRefusedError(
            f"{len(twice.drop_duplicates(key)):,} rows are in more than one of "
            f"{', '.join(sorted(twice['file'].unique()))}, such as {named}. Rows of these exports "
            "are added up, so they would count twice. Import overlapping files one after another: "
            "the later one replaces."
        )
