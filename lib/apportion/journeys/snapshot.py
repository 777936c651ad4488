"""A tenant's touchpoints and conversions in columns: Parquet files in a folder of their own.

The store keeps rows and finds one quickly; an analysis reads one column of all. So the store's rows
are written here after an import, with the conversion that each touchpoint may serve already found
(:func:`apportion.journeys.paths.serve`), and every window is computed from that. A folder holds
one tenant's data and is never handed to another; it holds no e-mail address, order id or customer
id, only channel, campaign, device, durations, revenue, and a number in place of the customer.

A new snapshot is written beside the old one and takes its place in one step: who reads the old
one goes on reading it, and a write that fails changes nothing. The fingerprint that the writer
gives tells later whether the data have changed since.
"""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from apportion.errors import NotFoundError
from apportion.journeys import paths

MEMORY_LIMIT = "1GB"
"""What the embedded engine may hold at once; it goes on disk beyond that."""

_TABLE_BITS = 20
"""Up to so many bits of keys the engine counts in a plain table and not by hashes: what follows
what, with 256 groups of customers and 14 channels, has 16."""

_CURRENT, _KINDS = "current.json", "kinds.parquet"
_TOUCHPOINTS, _CONVERSIONS = "touchpoints.parquet", "conversions.parquet"
_TEXT = pa.string()
_SOURCE = {
    _TOUCHPOINTS: pa.schema(
        [
            ("customer_id", _TEXT),
            ("instant", pa.int64()),
            ("touchpoint_id", _TEXT),
            ("channel", _TEXT),
            ("campaign", _TEXT),
            ("device", _TEXT),
        ]
    ),
    _CONVERSIONS: pa.schema(
        [
            ("customer_id", _TEXT),
            ("instant", pa.int64()),
            ("order_id", _TEXT),
            ("revenue", pa.float64()),
            ("is_new_customer", pa.bool_()),
        ]
    ),
}


@dataclass(frozen=True)
class Snapshot:
    """The tables of one snapshot, open for reading."""

    touchpoints: ibis.Table
    """What :func:`apportion.journeys.paths.serve` gives."""
    conversions: ibis.Table
    """What :func:`apportion.journeys.paths.answered` gives."""
    kinds: pd.DataFrame
    fingerprint: str


def columns(dataset: str) -> list[str]:
    """Give the columns of `touchpoints` or `conversions` that a snapshot is written from."""
    names = _SOURCE[f"{dataset}.parquet"].names
    return ["timestamp" if name == "instant" else name for name in names]


def written_fingerprint(folder: Path) -> str | None:
    """Give the fingerprint of the snapshot in `folder`; None: there is none."""
    try:
        current = json.loads((folder / _CURRENT).read_text())
    except FileNotFoundError:
        return None
    return str(current["fingerprint"])


def write(
    folder: Path,
    touchpoints: Iterable[pd.DataFrame],
    conversions: Iterable[pd.DataFrame],
    *,
    fingerprint: str,
    memory_limit: str = MEMORY_LIMIT,
) -> None:
    """Write a tenant's snapshot and put it in the place of the last one.

    Parameters
    ----------
    folder : Path
        The tenant's own folder; made if it is not there.
    touchpoints, conversions : iterable of DataFrame
        Batches that conform to ``frames.TOUCHPOINTS`` and ``frames.CONVERSIONS``, in any order;
        only the columns of :func:`columns` are needed.
    fingerprint : str
        What :func:`written_fingerprint` is to give from now on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    version = Path(tempfile.mkdtemp(prefix="version-", dir=folder))
    try:
        with tempfile.TemporaryDirectory(prefix="source-", dir=folder) as source:
            _write_source(Path(source) / _TOUCHPOINTS, touchpoints)
            _write_source(Path(source) / _CONVERSIONS, conversions)
            with _engine(Path(source), memory_limit) as engine:
                _prepare(engine, Path(source), version)
        _replace(folder, {"version": version.name, "fingerprint": fingerprint})
    except BaseException:
        shutil.rmtree(version, ignore_errors=True)
        raise
    _forget(folder, keep=2)


@contextlib.contextmanager
def read(folder: Path, *, memory_limit: str = MEMORY_LIMIT) -> Iterator[Snapshot]:
    """Open the snapshot in `folder`.

    Raises
    ------
    NotFoundError
        If none has been written there.
    """
    try:
        current = json.loads((folder / _CURRENT).read_text())
    except FileNotFoundError as error:
        raise NotFoundError(
            "There are no journeys to analyse yet: import touchpoints and conversions first."
        ) from error
    version = folder / current["version"]
    with (
        tempfile.TemporaryDirectory(prefix="spill-", dir=folder) as spill,
        _engine(Path(spill), memory_limit) as engine,
    ):
        yield Snapshot(
            engine.read_parquet(str(version / _TOUCHPOINTS)),
            engine.read_parquet(str(version / _CONVERSIONS)),
            pd.read_parquet(version / _KINDS),
            str(current["fingerprint"]),
        )


@contextlib.contextmanager
def _engine(spill: Path, memory_limit: str) -> Iterator[ibis.BaseBackend]:
    engine = ibis.duckdb.connect(
        memory_limit=memory_limit,
        temp_directory=str(spill),
        preserve_insertion_order=False,
        autoinstall_known_extensions=False,
        perfect_ht_threshold=_TABLE_BITS,
    )
    try:
        yield engine
    finally:
        engine.disconnect()


def _write_source(path: Path, batches: Iterable[pd.DataFrame]) -> None:
    schema = _SOURCE[path.name]
    with pq.ParquetWriter(path, schema, compression="lz4") as writer:
        for batch in batches:
            # Whole numbers now: an engine's own arithmetic with time zones is ten times slower.
            instant = batch["timestamp"].dt.as_unit("us").astype("int64")
            frame = batch.assign(instant=instant)[schema.names]
            writer.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False))


def _prepare(engine: ibis.BaseBackend, source: Path, version: Path) -> None:
    touchpoints, conversions = (
        paths.customers(engine.read_parquet(str(source / name))).mutate(
            customer=lambda table: table.customer_id.hash()
        )
        for name in (_TOUCHPOINTS, _CONVERSIONS)
    )
    coded = paths.kinds(touchpoints)
    coded.to_parquet(version / _KINDS)
    paths.serve(touchpoints, conversions, coded).to_parquet(str(version / _TOUCHPOINTS))
    served = engine.read_parquet(str(version / _TOUCHPOINTS))
    paths.answered(served, conversions).to_parquet(str(version / _CONVERSIONS))


def _replace(folder: Path, current: dict[str, str]) -> None:
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".json", delete=False) as file:
        json.dump(current, file)
    Path(file.name).replace(folder / _CURRENT)


def _forget(folder: Path, *, keep: int) -> None:
    """Remove all but the newest versions: the one before the last may still be read."""
    versions = sorted(folder.glob("version-*"), key=lambda path: path.stat().st_mtime)
    for version in versions[:-keep]:
        shutil.rmtree(version, ignore_errors=True)
