"""Whatever a dataset can hold comes back from a CSV or Parquet file as it was."""

import datetime as dt
import gzip
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apportion.frames import DATASETS, Column, Dataset, Kind, conform
from apportion.importing import ImportRequest, read
from apportion.importing.layouts import WIDE

NEWLINES = st.sampled_from(["\n", "\r\n"])

words = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"], include_characters="\n"),
    max_size=30,
).map(str.strip)


def values(column: Column) -> st.SearchStrategy[object]:
    match column.kind:
        case Kind.DATE:
            return st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1))
        case Kind.TIMESTAMP:
            return st.datetimes(
                dt.datetime(1990, 1, 1),  # noqa: DTZ001
                dt.datetime(2100, 1, 1),  # noqa: DTZ001
                timezones=st.timezones(),
            )
        case Kind.TEXT:
            return words.filter(bool) if column.required else words
        case Kind.AMOUNT:
            least = -1e14 if column.minimum is None else column.minimum
            amounts = st.floats(least, 1e14)
            return amounts if column.required else st.none() | amounts
        case Kind.COUNT:
            counts = st.integers(int(column.minimum or 0), 10**14)
            return counts if column.required else st.none() | counts
        case Kind.FLAG:
            return st.booleans()


def frames(dataset: Dataset) -> st.SearchStrategy[pd.DataFrame]:
    rows = st.fixed_dictionaries({name: values(column) for name, column in dataset.columns.items()})
    keys = tuple(name for name in dataset.key)
    return st.lists(
        rows, min_size=1, max_size=20, unique_by=lambda row: tuple(row[name] for name in keys)
    ).map(lambda rows: _framed(rows, dataset))


def _framed(rows: list[dict[str, object]], dataset: Dataset) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    if "end" in frame:
        frame["end"] = frame[["start", "end"]].max(axis=1)
    if "timestamp" in frame:
        frame["timestamp"] = pd.to_datetime(frame["timestamp"].tolist(), utc=True)
    frame = conform(frame, dataset)
    return frame.drop_duplicates(list(dataset.key)).reset_index(drop=True)


def imported(dataset: str, content: bytes) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        batches = read(ImportRequest(dataset, [path])).batches(dataset)
        return pd.concat(list(batches), ignore_index=True)


@pytest.mark.parametrize("dataset", [d for d in DATASETS.values() if d.name not in WIDE])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_frame_comes_back_from_csv(dataset, data):
    frame = data.draw(frames(dataset))
    delimiter = data.draw(st.sampled_from([",", ";", "\t"]))
    text = frame.to_csv(index=False, sep=delimiter, lineterminator=data.draw(NEWLINES))
    content = data.draw(st.sampled_from([bytes, gzip.compress]))(text.encode())

    pd.testing.assert_frame_equal(imported(dataset.name, content), frame)


@pytest.mark.parametrize("dataset", [d for d in DATASETS.values() if d.name not in WIDE])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_frame_comes_back_from_parquet(dataset, data):
    frame = data.draw(frames(dataset))

    pd.testing.assert_frame_equal(imported(dataset.name, frame.to_parquet(index=False)), frame)


@pytest.mark.parametrize("dataset", [DATASETS[name] for name in WIDE])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_long_frame_comes_back_from_a_wide_file(dataset, data):
    number, value = WIDE[dataset.name]
    names = st.sampled_from(["revenue", "orders", "weather"])
    columns = data.draw(st.lists(names, min_size=1, unique=True))
    index = [name for name in dataset.key if name != number]
    cells = st.fixed_dictionaries(
        {name: values(dataset.columns[name]) for name in index}
        | {name: values(dataset.columns[value]) for name in columns}
    )
    unique = st.lists(
        cells, min_size=1, max_size=10, unique_by=lambda row: tuple(row[name] for name in index)
    )
    wide = pd.DataFrame(data.draw(unique))
    long = conform(wide.melt(index, var_name=number, value_name=value), dataset)

    frame = imported(dataset.name, wide.to_csv(index=False).encode())

    pd.testing.assert_frame_equal(frame, long)
