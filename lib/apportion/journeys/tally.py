"""One pass over the touchpoints of the paths that converted: what every credit table is made of.

The five rules give a share to each touchpoint. The models that learn give a share to each channel
in a set of channels, which its touchpoints split evenly. So all seven need only sums: per set of
channels, per channel, campaign and device, and by new or returning customer. The pass works in
batches, so that memory does not grow with the number of touchpoints.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import Table
from numpy.typing import NDArray

from apportion.journeys import ragged
from apportion.journeys.paths import MICROSECONDS_PER_HOUR, serving
from apportion.results.journeys import AttributionModel, AttributionSettings

PART = "part"
PLACES = 10
"""Places in a path that are told apart; the last one holds all later places too."""

_BATCH_ROWS, _BATCHES_HELD = 500_000, 8


class Tally(NamedTuple):
    """Sums over the touchpoints that serve a conversion.

    `credit` has a row per `members`, `kind` and `is_new`, and for `part` and every rule the sums
    `…_conversions` and `…_revenue`, where a part is the touchpoint's share of its channel's credit.
    `places` has `part` by `members`, `kind` and `place`, from 0.
    """

    credit: pd.DataFrame
    places: pd.DataFrame


def tally(served: Table, settings: AttributionSettings) -> Tally:
    """Sum up the credit of all paths that converted in the window."""
    rows = serving(served, settings.window_days)
    batches = rows.to_pyarrow_batches(chunk_size=_BATCH_ROWS)
    credit: list[pd.DataFrame] = []
    places: list[pd.DataFrame] = []
    for batch in whole_paths(batches):
        columns = {name: batch[name].to_numpy(zero_copy_only=False) for name in batch.schema.names}
        new_credit, new_places = _sums(columns, settings)
        credit, places = [*credit, new_credit], [*places, new_places]
        if len(credit) == _BATCHES_HELD:
            credit, places = [_added(credit)], [_added(places)]
    if not credit:
        return Tally(*(_added([frame]) for frame in _sums(_no_rows(), settings)))
    return Tally(_added(credit), _added(places))


def whole_paths(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Cut the same rows so that no path lies in two batches; a path begins where it `starts`."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        starts = np.flatnonzero(batch["starts"].to_numpy(zero_copy_only=False))
        if not len(starts):
            held.append(batch)
            continue
        ready = [*held, batch.slice(0, starts[-1])]
        held = [batch.slice(starts[-1])]
        if any(len(part) for part in ready):
            yield _joined(ready)
    if held:
        yield _joined(held)


def _sums(
    columns: dict[str, NDArray[np.generic]], settings: AttributionSettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    players, kinds = columns["player"].astype(np.int64), columns["kind"].astype(np.int64)
    starts = np.flatnonzero(columns["starts"])
    offsets = np.append(starts, len(players)).astype(np.int64)
    ages = columns["age"].astype(np.float64) / MICROSECONDS_PER_HOUR
    revenue = columns["revenue"].astype(np.float64)
    sets = (
        np.repeat(ragged.members(offsets, players), np.diff(offsets)) if len(players) else players
    )
    part = ragged.parts(offsets, players)
    shares = {PART: part} | {
        str(model): rule(offsets, ages, settings) for model, rule in ragged.RULES.items()
    }
    keys = {"members": sets, "kind": kinds, "is_new": columns["is_new"].astype(np.int64)}
    credit = _by_key(
        keys,
        {
            f"{name}_{what}": share * unit
            for name, share in shares.items()
            for what, unit in (("conversions", 1.0), ("revenue", revenue))
        },
    )
    position = np.arange(len(players)) - np.repeat(starts, np.diff(offsets))
    place = np.minimum(position, PLACES - 1)
    return credit, _by_key({"members": sets, "kind": kinds, "place": place}, {PART: part})


def _by_key(
    keys: dict[str, NDArray[np.int64]], values: dict[str, NDArray[np.float64]]
) -> pd.DataFrame:
    widths = [int(key.max()) + 1 if len(key) else 1 for key in keys.values()]
    cell = np.ravel_multi_index(tuple(keys.values()), widths)
    index, cells = pd.factorize(cell)
    found = dict(zip(keys, np.unravel_index(cells, widths), strict=True))
    sums = {
        name: np.bincount(index, weights=value, minlength=len(cells))
        for name, value in values.items()
    }
    return pd.DataFrame(found | sums).set_index(list(keys))


def _added(frames: list[pd.DataFrame]) -> pd.DataFrame:
    names = frames[0].index.names
    return pd.concat(frames).groupby(level=names, sort=True).sum()


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def _no_rows() -> dict[str, NDArray[np.generic]]:
    names = ("starts", "player", "kind", "age", "revenue", "is_new")
    return {name: np.zeros(0) for name in names}


def model_columns(model: AttributionModel | str) -> tuple[str, str]:
    """Give the names of a rule's sums in `credit`: conversions and revenue."""
    return f"{model}_conversions", f"{model}_revenue"
