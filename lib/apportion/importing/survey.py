"""Count what goes by while an import is read: keys, names, totals per day.

Memory grows with names, days and, by eight bytes each, with keys; never with the rows' content.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.frames import Dataset
from apportion.importing.summary import NameRows, Names

TOP = 10

_LISTED: Mapping[str, tuple[str, ...]] = {
    "spend": ("channel", "region"),
    "outcomes": ("metric", "region"),
    "controls": ("name",),
    "touchpoints": ("channel",),
    "order_items": ("product",),
    "events": ("name",),
}
"""Dataset to the columns whose values are listed."""

_SERIES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "spend": (("channel",), "spend"),
    "outcomes": (("metric", "region"), "value"),
    "controls": (("name",), "value"),
}
"""Dataset to the columns that name a series, and the column of its numbers."""

_QUARTER_HOUR = 900_000_000_000  # ns; every time zone's days begin at one
_HELD_ROWS = 500_000
_NO_TOTALS = pd.DataFrame({"name": [], "by": [], "date": [], "value": []}).astype(
    {"name": "str", "by": "str", "date": "datetime64[ns]"}
)


@dataclass
class Survey:
    """What is known of one dataset of an import."""

    dataset: Dataset
    timezone: str
    rows: int = 0
    """With different keys; known once closed."""
    duplicates: int = 0
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None
    _keys: list[NDArray[np.uint64]] = field(default_factory=list)
    _totals: list[pd.DataFrame] = field(default_factory=list)
    _held: int = 0
    _moments: Counter[int] = field(default_factory=Counter)

    def add(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Count a frame; give it with the last row of each key only."""
        key = frame[list(self.dataset.key)]
        hashes = pd.util.hash_pandas_object(key, index=False, categorize=False).to_numpy()
        keys = _distinct(hashes)
        if keys.size < len(frame):
            frame = frame.drop_duplicates(list(self.dataset.key), keep="last", ignore_index=True)
            self.duplicates += hashes.size - len(frame)
        self._keys.append(keys)
        for column in _LISTED.get(self.dataset.name, ()):
            found = frame[column].value_counts()
            self.counts.setdefault(column, Counter()).update(
                dict(zip(found.index.tolist(), found.tolist(), strict=True))
            )
        self._add_days(frame)
        return frame

    def close(self) -> None:
        """Count the keys that came again in another part."""
        keys = np.concatenate(self._keys) if self._keys else np.array([], dtype="uint64")
        self._keys = []
        self.rows = _distinct(keys).size
        self.duplicates += keys.size - self.rows

    def names(self) -> tuple[Names, ...]:
        """Give the listed columns' values, the most frequent first."""
        return tuple(
            Names(
                column=column,
                count=len(counter),
                top=tuple(
                    NameRows(name=name, rows=rows) for name, rows in counter.most_common(TOP)
                ),
            )
            for column, counter in self.counts.items()
            if set(counter) != {""}
        )

    def totals(self) -> pd.DataFrame:
        """Give the number of each series per day: columns name, date, value, and `by`.

        `by` is the series without its region. Datasets of instants have one series, whose value
        is the number of rows; datasets without days have none.
        """
        if self._moments:
            return self._per_day()
        if not self._totals:
            return _NO_TOTALS
        columns, _ = _SERIES[self.dataset.name]
        totals = self._compact()
        by = totals[columns[0]].astype(str)
        name = by
        if len(columns) > 1:
            place = totals[columns[1]].astype(str)
            name = by.where(place == "", by + " (" + place + ")")
        return totals.assign(name=name, by=by)[["name", "by", "date", "value"]]

    def _add_days(self, frame: pd.DataFrame) -> None:
        columns = self.dataset.columns
        if "date" in columns:
            self._widen(frame["date"], frame["date"])
            names, value = _SERIES[self.dataset.name]
            keys = [*names, "date"]
            sums = frame.groupby(keys, as_index=False, sort=False)[[value]].sum()
            self._totals.append(sums.rename(columns={value: "value"}))
            self._held += len(sums)
            if self._held > _HELD_ROWS:
                self._totals = [self._compact()]
                self._held = len(self._totals[0])
        elif "timestamp" in columns:
            moments = frame["timestamp"].astype("int64").to_numpy() // _QUARTER_HOUR
            found, rows = np.unique(moments, return_counts=True)
            self._moments.update(dict(zip(found.tolist(), rows.tolist(), strict=True)))
        elif "start" in columns:
            self._widen(frame["start"], frame["end"])

    def _compact(self) -> pd.DataFrame:
        columns: Sequence[str] = _SERIES[self.dataset.name][0]
        totals = pd.concat(self._totals, ignore_index=True)
        return totals.groupby([*columns, "date"], as_index=False)[["value"]].sum()

    def _per_day(self) -> pd.DataFrame:
        moments = np.array(list(self._moments), dtype="int64") * _QUARTER_HOUR
        local = pd.DatetimeIndex(moments.view("datetime64[ns]"), tz="UTC").tz_convert(self.timezone)
        days = local.tz_localize(None).normalize()
        rows = pd.Series(list(self._moments.values()), index=days, dtype="float64")
        per_day = rows.groupby(level=0).sum()
        self._widen(per_day.index.to_series(), per_day.index.to_series())
        return pd.DataFrame(
            {"name": "", "by": "", "date": per_day.index, "value": per_day.to_numpy()}
        )

    def _widen(self, starts: pd.Series, ends: pd.Series) -> None:
        if len(starts):
            self.start = min(starts.min(), self.start or starts.min())
            self.end = max(ends.max(), self.end or ends.max())


def _distinct(hashes: NDArray[np.integer]) -> NDArray[np.uint64]:
    # np.unique would build a hash table of hashes, which takes ten times as long.
    ordered = np.sort(hashes)
    is_last = np.ones(ordered.size, dtype=bool)
    is_last[:-1] = ordered[1:] != ordered[:-1]
    return np.asarray(ordered[is_last], dtype=np.uint64)
