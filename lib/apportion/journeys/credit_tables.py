"""Conversions and revenue per channel, campaign, device and kind of customer, under every model."""

from itertools import chain
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from apportion.journeys.bootstrap import intervals
from apportion.journeys.ragged import RULES
from apportion.journeys.tally import PART, PLACES, model_columns
from apportion.journeys.training import Training
from apportion.results.base import Interval
from apportion.results.journeys import (
    DIRECT,
    AttributionModel,
    Credit,
    CreditRow,
    CreditTable,
    Customer,
    PositionCredit,
)

Dimension = Literal["channel", "campaign", "device", "customer"]

_KEYS: dict[Dimension, list[str]] = {
    "channel": ["channel"],
    "campaign": ["channel", "campaign"],
    "device": ["device"],
    "customer": ["customer"],
}
_TRAINED = (AttributionModel.MARKOV, AttributionModel.SHAPLEY)


class _Layout(NamedTuple):
    """Which row of the sums belongs to which row of a table."""

    labels: list[tuple[str, ...]]
    row_of: NDArray[np.int64]

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up by label, shape (n_labels,)."""
        return np.bincount(self.row_of, weights=values, minlength=len(self.labels))

    def spread(
        self, values: NDArray[np.float64], column: NDArray[np.int64], columns: int
    ) -> sparse.csr_array:
        """Add up by label and column, shape (n_labels, columns)."""
        shape = (len(self.labels), columns)
        return sparse.csr_array((values, (self.row_of, column)), shape=shape)


class _Estimate(NamedTuple):
    """Credit by label: conversions and revenue, shape (2, n), and their intervals, if any."""

    credit: NDArray[np.float64]
    intervals: tuple[list[Interval], list[Interval]] | None = None


def credit_tables(
    sums: pd.DataFrame,
    direct: pd.DataFrame,
    training: Training,
    coded: pd.DataFrame,
    *,
    customer: Customer | None = None,
) -> tuple[CreditTable, ...]:
    """Share out all conversions along every dimension.

    Parameters
    ----------
    sums : DataFrame
        ``Tally.credit``.
    direct : DataFrame
        What ``counts.direct`` gives: conversions that no touchpoint serves.
    coded : DataFrame
        What ``paths.kinds`` gives.
    customer : "new" or "returning", optional
        Whose conversions to share out.
    """
    rows = _labelled(sums, direct, coded)
    if customer is not None:
        rows = rows[rows["customer"] == customer]
    layouts = {dimension: _layout(rows, keys) for dimension, keys in _KEYS.items()}
    by_rule = {model: rows[list(model_columns(model))].to_numpy().T for model in RULES}
    estimates = {
        dimension: {model: _Estimate(_totals(layout, units)) for model, units in by_rule.items()}
        for dimension, layout in layouts.items()
    }
    for model in _TRAINED:
        for dimension, estimate in _trained(rows, training, model, layouts).items():
            estimates[dimension][model] = estimate
    return tuple(
        _table(dimension, layout.labels, estimates[dimension])
        for dimension, layout in layouts.items()
    )


def position_credit(
    places: pd.DataFrame, training: Training, coded: pd.DataFrame
) -> tuple[PositionCredit, ...]:
    """Give each channel's Shapley credit by its place in the path (ordered Shapley [1]_).

    A channel's credit in a path is split evenly over its touchpoints there, and each part is
    counted at its touchpoint's place. Summed over places it is the channel's Shapley credit, direct
    conversions aside.

    References
    ----------
    .. [1] Zhao, K., Mahboobi, S. H. and Bagheri, S. R. (2018). Shapley value methods for
       attribution modeling in online advertising. arXiv:1804.05327, section 3.
    """
    rows = places.reset_index().merge(coded[["kind", "channel", "player"]], on="kind")
    sets, place = np.unique(rows["members"].to_numpy(np.int64), return_inverse=True)
    shares = training.shares(AttributionModel.SHAPLEY, sets)
    rows = rows.assign(credit=rows[PART] * shares[place, rows["player"]])
    table = rows.pivot_table(
        index="channel", columns="place", values="credit", aggfunc="sum", fill_value=0.0
    ).reindex(columns=range(PLACES), fill_value=0.0)
    return tuple(
        PositionCredit(channel=str(channel), conversions=tuple(map(float, values)))
        for channel, values in zip(table.index, table.to_numpy(), strict=True)
    )


def _labelled(sums: pd.DataFrame, direct: pd.DataFrame, coded: pd.DataFrame) -> pd.DataFrame:
    """Give the sums with names in place of codes, and direct conversions as rows among them."""
    names = coded[["kind", "channel", "campaign", "device", "player"]]
    served = sums.reset_index().merge(names, on="kind", how="left")
    units = {
        name: direct[what].astype("float64")
        for source in (PART, *RULES)
        for name, what in zip(model_columns(source), ("conversions", "revenue"), strict=True)
    }
    alone = pd.DataFrame(
        {"members": 0, "is_new": direct["is_new"].astype("int64"), "player": -1, **units}
    ).assign(channel=DIRECT, campaign="", device="")
    rows = pd.concat([served, alone], ignore_index=True)
    return rows.assign(customer=np.where(rows["is_new"] == 1, "new", "returning"))


def _layout(rows: pd.DataFrame, keys: list[str]) -> _Layout:
    grouped = rows.groupby(keys, sort=True)
    row_of = grouped.ngroup().to_numpy().astype(np.int64)
    _, first = np.unique(row_of, return_index=True)
    labels = [tuple(map(str, label)) for label in rows.iloc[first][keys].to_numpy().tolist()]
    return _Layout(labels, row_of)


def _totals(layout: _Layout, units: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([layout.total(values) for values in units])


def _trained(
    rows: pd.DataFrame,
    training: Training,
    model: AttributionModel,
    layouts: dict[Dimension, _Layout],
) -> dict[Dimension, _Estimate]:
    """Credit rows by a trained model, once as it is and once per replicate of the bootstrap."""
    units = rows[list(model_columns(PART))].to_numpy().T
    player = rows["player"].to_numpy(np.int64)
    sets, place = np.unique(rows["members"].to_numpy(np.int64), return_inverse=True)
    # Direct conversions are direct's, whatever was learnt.
    direct = player < 0
    players = len(training.trained.players)
    cell = place * players + np.maximum(player, 0)
    served, alone = np.where(direct, 0.0, units), np.where(direct, units, 0.0)
    sums = {
        dimension: [layout.spread(values, cell, len(sets) * players) for values in served]
        for dimension, layout in layouts.items()
    }
    credit: dict[Dimension, list[NDArray[np.float64]]] = {dimension: [] for dimension in layouts}
    for shares in chain([training.shares(model, sets)[None]], training.share_draws(model, sets)):
        flat = shares.reshape(len(shares), -1).T
        for dimension, of_what in sums.items():
            credit[dimension].append(np.array([matrix @ flat for matrix in of_what]))
    found: dict[Dimension, _Estimate] = {}
    for dimension, layout in layouts.items():
        every = np.concatenate(credit[dimension], axis=2) + _totals(layout, alone)[..., None]
        conversions, revenue = (intervals(values[:, 1:].T) for values in every)
        found[dimension] = _Estimate(every[..., 0], (conversions, revenue))
    return found


def _table(
    dimension: Dimension,
    labels: list[tuple[str, ...]],
    estimates: dict[AttributionModel, _Estimate],
) -> CreditTable:
    last = estimates[AttributionModel.LAST_TOUCH].credit
    total = last[0].sum()
    rows = [
        CreditRow(
            name=label[-1],
            channel=label[0] if dimension == "campaign" else None,
            credits=tuple(
                _credit(model, estimates[model], last, total, place) for model in AttributionModel
            ),
        )
        for place, label in enumerate(labels)
    ]
    return CreditTable(
        dimension=dimension,
        rows=tuple(rows[place] for place in np.argsort(-last[0], kind="stable")),
    )


def _credit(
    model: AttributionModel,
    estimate: _Estimate,
    last: NDArray[np.float64],
    total: float,
    place: int,
) -> Credit:
    conversions, revenue = estimate.credit[:, place].tolist()
    spread = estimate.intervals
    return Credit(
        model=model,
        conversions=conversions,
        conversions_interval=spread[0][place] if spread else None,
        revenue=revenue,
        revenue_interval=spread[1][place] if spread else None,
        percent=100 * conversions / total,
        conversions_difference=conversions - last[0, place].item(),
        revenue_difference=revenue - last[1, place].item(),
    )
