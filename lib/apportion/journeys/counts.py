"""The sums that come back from the engine: small, however many touchpoints there are.

Every function takes tables of :mod:`apportion.journeys.paths` and gives a pandas frame.
"""

from typing import Literal

import ibis
import numpy as np
import pandas as pd
from ibis import Table
from numpy.typing import NDArray

from apportion.journeys.paths import CONVERTED, START
from apportion.results.journeys import Customer


def transitions(cut: Table, *, order: int) -> pd.DataFrame:
    """Count what follows what, as :func:`apportion.journeys.markov.moves` takes it.

    The engine counts what follows what in a customer's touchpoints, and how often it did so within
    one path; where paths start and end follows from that.

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
    converted = cut.part == CONVERTED
    depths = {"paths": None, "follows": cut.follows}
    keys = ["group", "before", "player"]
    if order == 2:
        depths["follows_two"] = cut.follows_two
        keys.append("before_that")
    counted = cut.group_by(keys).agg(
        **{name: cut.count(where=where) for name, where in depths.items()},
        **{
            f"{name}_won": cut.count(where=converted if where is None else converted & where)
            for name, where in depths.items()
        },
    )
    # Before a customer's first touchpoint there is none.
    frame = counted.to_pandas().fillna(START).astype("int64")
    columns = {name: column.to_numpy() for name, column in frame.items()}
    return _moves(columns, [*depths])


def _moves(columns: dict[str, NDArray[np.int64]], depths: list[str]) -> pd.DataFrame:
    """Arrange what was counted by how much of it lies within one path."""
    groups, group = np.unique(columns["group"], return_inverse=True)
    player = columns["player"]
    width = int(player.max(initial=0)) + 1
    # Place 0 stands for what is before a path.
    start, before = np.zeros_like(player), columns["before"] + 1
    places = {"paths": (start, start), "follows": (start, before)}
    if "before_that" in columns:
        places["follows_two"] = (columns["before_that"] + 1, before)
    shape = (len(groups), width + 1 if len(depths) > 2 else 1, width + 1, width)
    total, won = np.zeros((2, *shape), dtype=np.int64)
    for name, deeper in zip(depths, [*depths[1:], None], strict=True):
        place = (group, *places[name], player)
        for sums, ending in ((total, ""), (won, "_won")):
            counts = columns[name + ending]
            np.add.at(sums, place, counts - columns[deeper + ending] if deeper else counts)
    found = np.nonzero(total)
    moves = dict(zip(("group", "before_that", "before", "player"), found, strict=True))
    states = _states(found, width, order=len(depths) - 1)
    _, first = np.unique(states, return_index=True)
    ends = {
        name: _ended(sums, order=len(depths) - 1).ravel()
        for name, sums in (("conversions", won), ("losses", total - won))
    }
    told = np.zeros(len(states), dtype=bool)
    told[first] = True
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
