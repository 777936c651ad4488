"""The sums that come back from the engine: small, however many touchpoints there are.

Every function takes tables of :mod:`apportion.journeys.paths` and gives a pandas frame.
"""

from typing import Literal

import ibis
import pandas as pd
from ibis import Table

from apportion.journeys.paths import CONVERTED
from apportion.results.journeys import Customer


def transitions(cut: Table, *, order: int) -> pd.DataFrame:
    """Count what follows what, as :func:`apportion.journeys.markov.moves` takes it."""
    earlier = cut.before_that if order == 2 else ibis.literal(-1, type="int16")
    counted = cut.group_by(
        "group", "before", "player", before_that=earlier, converted=cut.part == CONVERTED
    ).agg(touchpoints=cut.count())
    return with_ends(counted.to_pandas(), order=order)


def with_ends(moves: pd.DataFrame, *, order: int) -> pd.DataFrame:
    """Find where paths ended: what came to a state and did not go on from it.

    Parameters
    ----------
    moves : DataFrame
        `group`, `before_that`, `before`, `player`, `converted`, `touchpoints`: how many touchpoints
        on that player came after those two, in paths that converted or did not.

    Returns
    -------
    DataFrame
        The same without `converted`, and with `conversions` and `losses` that ended there.
    """
    state = ["group", "before", "player"] if order == 2 else ["group", "player"]
    came_from = ["group", "before_that", "before"] if order == 2 else ["group", "before"]
    keys = ["group", "before_that", "before", "player"]
    total = moves[[*keys, "touchpoints"]].groupby(keys, as_index=False).sum()
    # A state is entered from several others; its ends are told once, with the first of them.
    first = ~total[state].duplicated()
    place = pd.MultiIndex.from_frame(total[state])
    for name, converted in (("conversions", True), ("losses", False)):
        part = moves[moves["converted"] == converted]
        came = part.groupby(state)["touchpoints"].sum()
        went = part[part["before"] >= 0].groupby(came_from)["touchpoints"].sum()
        went.index = went.index.set_names(came.index.names)
        ended = came.sub(went, fill_value=0).reindex(place, fill_value=0)
        total[name] = ended.to_numpy() * first.to_numpy()
    return _whole_numbers(total, "touchpoints", "conversions", "losses")


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

    Returns
    -------
    DataFrame
        `words`, to be given to :func:`apportion.journeys.paths.unpack`; `conversions`; `revenue`
        of them; `paths` with that sequence, converted or not.
    """
    words = [name for name in paths.columns if name.startswith(f"{sequence}_")]
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
