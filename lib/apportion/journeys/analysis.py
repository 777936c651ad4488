"""From a snapshot to everything that the page, the API and a scheduled run show of journeys."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from ibis import Table

from apportion.journeys import counts, paths, sequences
from apportion.journeys.credit_tables import credit_tables, position_credit
from apportion.journeys.snapshot import Snapshot
from apportion.journeys.tally import tally
from apportion.journeys.training import player_names, train
from apportion.results.journeys import (
    AttributionSettings,
    CommonPath,
    Customer,
    Flow,
    JourneyResults,
    PathAnalysis,
    PathLength,
    WindowDays,
)

COMMON_PATHS = 10
CUSTOMERS: tuple[Customer | None, ...] = (None, "new", "returning")
WINDOWS: tuple[WindowDays, ...] = get_args(WindowDays)
SEED = 20260101

OnProgress = Callable[[float, str], None]


def analyse(
    snapshot: Snapshot,
    settings: AttributionSettings,
    *,
    customer: Customer | None = None,
    seed: int = SEED,
) -> JourneyResults:
    """Analyse a tenant's paths and credit its conversions under all seven models.

    Parameters
    ----------
    customer : "new" or "returning", optional
        Whose conversions to look at; the models are trained on all paths in any case.
    """
    (results,) = analyse_each(snapshot, settings, customers=(customer,), seed=seed)
    return results


def analyse_all(
    snapshot: Snapshot,
    settings: AttributionSettings,
    *,
    seed: int = SEED,
    on_progress: OnProgress = lambda *_: None,
) -> Iterator[JourneyResults]:
    """Analyse every lookback window that can be chosen, for all, new and returning customers.

    Only the results for all customers carry the trained model, which is the same for the others.
    """
    for place, window in enumerate(WINDOWS):
        on_progress(place / len(WINDOWS), f"Paths of {window} days")
        of_window = settings.model_copy(update={"window_days": window})
        for results in analyse_each(snapshot, of_window, customers=CUSTOMERS, seed=seed):
            is_of_all = results.paths.customer is None
            yield results if is_of_all else results.model_copy(update={"trained": None})


def analyse_each(
    snapshot: Snapshot,
    settings: AttributionSettings,
    *,
    customers: Sequence[Customer | None],
    seed: int = SEED,
) -> list[JourneyResults]:
    """Analyse one lookback window for several kinds of customers, with one training."""
    coded, window = snapshot.kinds, settings.window_days
    direct = paths.direct(snapshot.conversions, window, coded)
    cut = paths.cut(snapshot.touchpoints, window)
    moves = counts.transitions(cut, order=settings.markov_order)
    with paths.whole(cut, coded).union(direct).cache() as found:
        sets = counts.sets(found)
        unserved = counts.direct(found)
        analyses = [
            path_analysis(found, moves, coded, window_days=window, customer=customer)
            for customer in customers
        ]
    training = train(moves, sets, coded, settings, np.random.default_rng(seed))
    sums = tally(snapshot.touchpoints, settings)
    positions = position_credit(sums.places, training, coded)
    return [
        JourneyResults(
            settings=settings,
            paths=analysis,
            credit=credit_tables(sums.credit, unserved, training, coded, customer=customer),
            positions=positions,
            trained=training.trained,
            fingerprint=snapshot.fingerprint,
        )
        for customer, analysis in zip(customers, analyses, strict=True)
    ]


def path_analysis(
    found: Table,
    moves: pd.DataFrame,
    coded: pd.DataFrame,
    *,
    window_days: WindowDays,
    customer: Customer | None = None,
) -> PathAnalysis:
    """Describe the ways to a conversion.

    Parameters
    ----------
    found : Table
        ``paths.whole`` and ``paths.direct`` together.
    moves, coded : DataFrame
        What ``counts.transitions`` and ``paths.kinds`` give.
    """
    lengths = counts.lengths(found, customer)
    conversions, served = int(lengths["conversions"].sum()), int(lengths["served"].sum())
    touchpoints = int((lengths["length"] * lengths["conversions"]).sum())
    hours = lengths["age"].sum() / paths.MICROSECONDS_PER_HOUR
    return PathAnalysis(
        common_paths=_common(found, coded, "word", customer),
        collapsed_paths=_common(found, coded, "turn", customer),
        avg_touchpoints=touchpoints / conversions if conversions else None,
        avg_time_to_conversion=hours / served if served else None,
        path_length_distribution=tuple(
            PathLength(length=row["length"], count=row["conversions"])
            for row in lengths.to_dict("records")
        ),
        flows=_flows(moves, coded),
        conversions=conversions,
        direct_conversions=conversions - served,
        other_paths=int(moves["losses"].sum()) if customer is None else None,
        window_days=window_days,
        customer=customer,
    )


def _common(
    found: Table, coded: pd.DataFrame, sequence: Literal["word", "turn"], customer: Customer | None
) -> tuple[CommonPath, ...]:
    names = coded.drop_duplicates("code").set_index("code")["channel"]
    form = sequences.digits(coded)
    top = counts.common(found, sequence=sequence, customer=customer, limit=COMMON_PATHS)
    return tuple(
        CommonPath(
            path=tuple(names[code] for code in sequences.unpack(row["words"], form)),
            count=row["conversions"],
            avg_order_value=row["revenue"] / row["conversions"],
            conversion_rate=row["conversions"] / row["paths"] if customer is None else None,
        )
        for row in top.to_dict("records")
    )


def _flows(moves: pd.DataFrame, coded: pd.DataFrame) -> tuple[Flow, ...]:
    names, _ = player_names(coded)
    numbers = moves[["before", "player", "touchpoints", "conversions", "losses"]]
    steps = numbers.groupby(["before", "player"], as_index=False).sum().to_dict("records")
    ends = numbers.groupby("player", as_index=False).sum().to_dict("records")
    flows = [
        Flow(
            source=names[step["before"]] if step["before"] >= 0 else None,
            target=names[step["player"]],
            count=step["touchpoints"],
        )
        for step in steps
    ]
    flows += [
        Flow(source=names[end["player"]], target=None, count=end[what], converted=converted)
        for end in ends
        for what, converted in (("conversions", True), ("losses", False))
        if end[what]
    ]
    return tuple(sorted(flows, key=lambda flow: -flow.count))
