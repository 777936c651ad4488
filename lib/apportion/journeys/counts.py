"""The sums that come back from the engine: small, however many touchpoints there are.

Every function takes tables of :mod:`apportion.journeys.paths` and gives a pandas frame.
"""

from typing import Literal

import ibis
import numpy as np
import pandas as pd
from ibis import Table
from numpy.typing import NDArray

from apportion.journeys.paths import CONVERTED
from apportion.results.journeys import Customer


def transitions(cut: Table, *, order: int) -> pd.DataFrame:
    """Count what follows what, as :func:`apportion.journeys.markov.moves` takes it.

    Parameters
    ----------
    cut : Table
        What ``paths.cut`` gives.

    Returns
    -------
    DataFrame
        `group`, `before_that`, `before`, `player`: the players of three touchpoints on end, -1
        where the path has not begun yet (and `before_that` always with order 1); how many
        `touchpoints` came so; and how many paths ended there, told once for each state of the
        chain: `conversions` and `losses`.
    """
    keys = ["group", "before", "player", *(["before_that"] if order == 2 else [])]
    counted = cut.group_by(keys).agg(
        touchpoints=cut.count(), won=cut.count(where=cut.part == CONVERTED)
    )
    frame = counted.to_pandas().astype("int64")
    columns = {name: column.to_numpy() for name, column in frame.items()}
    return _with_ends(columns, order=order)


def _with_ends(columns: dict[str, NDArray[np.int64]], *, order: int) -> pd.DataFrame:
    """Find where paths ended: what came to a state and did not go on from it."""
    groups, group = np.unique(columns["group"], return_inverse=True)
    player, before = columns["player"], columns["before"]
    width = int(player.max(initial=0)) + 1
    # Place 0 stands for what is before a path.
    earlier = columns["before_that"] + 1 if order == 2 else np.zeros_like(player)
    shape = (len(groups), width + 1 if order == 2 else 1, width + 1, width)
    total, won = np.zeros((2, *shape), dtype=np.int64)
    total[group, earlier, before + 1, player] = columns["touchpoints"]
    won[group, earlier, before + 1, player] = columns["won"]
    found = np.nonzero(total)
    moves = dict(zip(("group", "before_that", "before", "player"), found, strict=True))
    states = _states(found, width, order=order)
    told = np.zeros(len(states), dtype=bool)
    told[np.unique(states, return_index=True)[1]] = True
    ends = {
        name: _ended(sums, order=order).ravel()
        for name, sums in (("conversions", won), ("losses", total - won))
    }
    return pd.DataFrame(
        {
            "group": groups[moves["group"]],
            "before_that": moves["before_that"] - 1,
            "before": moves["before"] - 1,
            "player": moves["player"],
            "touchpoints": total[found],
            **{name: np.where(told, ended[states], 0) for name, ended in ends.items()},
        }
    )


def _states(found: tuple[NDArray[np.int64], ...], width: int, *, order: int) -> NDArray[np.int64]:
    """Give each row the number of its state: its group and its player, or its last two."""
    group, _, before, player = found
    return (group * (width + 1) + before) * width + player if order == 2 else group * width + player


def _ended(sums: NDArray[np.int64], *, order: int) -> NDArray[np.int64]:
    """Give how many touchpoints in each state were the last of their path."""
    came, went = sums.sum(axis=1), sums[:, :, 1:].sum(axis=3)
    return came - went if order == 2 else came.sum(axis=1) - went[:, 0]


def sets(paths: Table) -> pd.DataFrame:
    """Count paths and conversions by `group` and by `members`, the set of players.

    Direct conversions have no such set and are left out.
    """
    trained_on = paths.filter(paths.members > 0)
    counted = trained_on.group_by("group", "members").agg(
        paths=trained_on.count(), conversions=trained_on.converted.cast("int32").sum()
    )
    return _whole_numbers(counted.to_pandas(), "members", "paths", "conversions")


def lengths(paths: Table, customer: Customer | None = None) -> pd.DataFrame:
    """Count conversions by `length`.

    Returns
    -------
    DataFrame
        `length`, `conversions`; those of them with a recorded touchpoint (`served`), and the sum of
        the `age` of their first touchpoints.
    """
    converted = of_customer(paths.filter(paths.converted), customer)
    counted = converted.group_by("length").agg(
        conversions=converted.count(),
        served=converted.age.count(),
        age=converted.age.cast("float64").sum().fill_null(0.0),
    )
    return _whole_numbers(counted.order_by("length").to_pandas(), "length", "conversions", "served")


def common(
    paths: Table, *, sequence: Literal["word", "turn"], customer: Customer | None, limit: int
) -> pd.DataFrame:
    """Give the sequences of channels with the most conversions.

    Paths that are too long to be packed (``sequences.longest``) are left out.

    Returns
    -------
    DataFrame
        `words`, to be given to :func:`apportion.journeys.sequences.unpack`; `conversions`;
        `revenue` of them; `paths` with that sequence, converted or not.
    """
    words = [name for name in paths.columns if name.startswith(f"{sequence}_")]
    paths = paths.filter(paths[words[0]] != 0)
    wanted = paths.converted
    if customer is not None:
        wanted = wanted & (paths.is_new == (customer == "new")).fill_null(False)
    counted = paths.group_by(*words).agg(
        conversions=wanted.cast("int32").sum(),
        revenue=ibis.ifelse(wanted, paths.revenue, 0.0).sum(),
        paths=paths.count(),
    )
    top = counted.filter(counted.conversions > 0).order_by(ibis.desc("conversions"), *words)
    # As text: the packed numbers must not pass through floating point.
    frame = (
        top.limit(limit).mutate(**{word: top[word].cast("string") for word in words}).to_pandas()
    )
    packed = [tuple(map(int, row)) for row in frame[words].to_numpy().tolist()]
    return _whole_numbers(frame, "conversions", "paths").assign(
        words=pd.Series(packed, index=frame.index, dtype="object")
    )


def direct(paths: Table) -> pd.DataFrame:
    """Count the conversions that no touchpoint serves, and sum their revenue, by `is_new`."""
    unserved = paths.filter(paths.members == 0)
    counted = unserved.group_by("is_new").agg(
        conversions=unserved.count(), revenue=unserved.revenue.sum()
    )
    return _whole_numbers(counted.to_pandas(), "conversions")


def of_customer(table: Table, customer: Customer | None) -> Table:
    """Keep the conversions of new or of returning customers, or all."""
    return table if customer is None else table.filter(table.is_new == (customer == "new"))


def _whole_numbers(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(columns, "int64"))
