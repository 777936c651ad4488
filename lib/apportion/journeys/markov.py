"""Markov attribution: what share of the conversions would be lost without a channel.

A customer's path is taken as a walk from a start over channels to one of two ends, conversion or
none; the chance of each step depends on the last channel (order 1) or the last two (order 2). To
remove a channel is to let every walk that reaches it end without a conversion. The removal effect
is the share of conversions that is lost, and it is solved exactly:

    effect = P(the walk reaches the channel) P(conversion from there) / P(conversion)

where both probabilities come from the chain's fundamental matrix (I - Q)^-1. In the chain of
order 2 a channel is a set of states, and where the set is entered matters; see
:func:`removal_effects`.

References
----------
.. [1] Anderl, E., Becker, I., von Wangenheim, F. and Schumann, J. H. (2016). Mapping the customer
   journey: Lessons learned from graph-based online attribution modeling. IJRM 33(3), 457-474.
.. [2] Kemeny, J. G. and Snell, J. L. (1976). Finite Markov Chains, ch. 3.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_CHUNK = 16
"""Replicates solved at once: bounds the memory of the dense matrices."""


@dataclass(frozen=True)
class Moves:
    """How often walks went from state to state, per group of customers.

    States are numbered from 0; `n_states` stands for the start as a source and for a conversion
    as a target, and `n_states` + 1 as a target for a path that ends without one.
    """

    channels: int
    ends_in: NDArray[np.int64]
    """The channel that a state ends in, shape (n_states,)."""
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    counts: NDArray[np.float64]
    """Shape (n_groups, n_moves)."""


def moves(frame: pd.DataFrame, *, channels: int, order: int, groups: NDArray[np.int64]) -> Moves:
    """Arrange counted transitions as the moves of a chain.

    Parameters
    ----------
    frame : DataFrame
        `group`, `before_that`, `before`, `player` (-1: none, the path starts), `touchpoints`,
        `conversions`, `losses`: how many touchpoints on that player came after those two, and how
        many paths ended there.
    channels : int
        How many players there are.
    order : int
        1 or 2.
    groups : ndarray
        Every group, ascending.
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got {order}")
    before, player = frame["before"].to_numpy(np.int64), frame["player"].to_numpy(np.int64)
    earlier, width = frame["before_that"].to_numpy(np.int64), channels + 1
    if order == 1:
        before_key, key = before, player
    else:
        before_key = np.where(before < 0, -1, (earlier + 1) * width + before)
        key = (before + 1) * width + player
    states = np.unique(key)
    start, end = len(states), len(states) + 1
    source = np.where(before_key < 0, start, np.searchsorted(states, before_key))
    target = np.searchsorted(states, key)
    row = np.searchsorted(groups, frame["group"].to_numpy())
    rows, sources = np.tile(row, 3), np.concatenate([source, target, target])
    ends = np.full_like(target, start), np.full_like(target, end)
    targets = np.concatenate([target, *ends])
    names = ("touchpoints", "conversions", "losses")
    number = np.concatenate([frame[name].to_numpy() for name in names])
    happened = number > 0
    cell = (sources * (end + 1) + targets)[happened]
    is_seen = np.bincount(cell, minlength=(end + 1) ** 2) > 0
    cells, column = np.flatnonzero(is_seen), (np.cumsum(is_seen) - 1)[cell]
    counts = np.zeros((len(groups), len(cells)))
    np.add.at(counts, (rows[happened], column), number[happened])
    return Moves(channels, states % width, cells // (end + 1), cells % (end + 1), counts)


def removal_effects(
    counted: Moves, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Solve for every channel's removal effect.

    With N the fundamental matrix, s the chances of the first step, h = N r the chance of a
    conversion from each state and C the channel's states, the chances of entering C through each of
    its states are a = (sN)_C (N_CC)^-1, and the effect is a h_C / s h.

    Parameters
    ----------
    counted : Moves
    weights : ndarray, shape (replicates, n_groups), optional
        How often each group of customers counts; None: once.

    Returns
    -------
    ndarray, shape (replicates, channels), or (channels,) without weights
        Shares in [0, 1]; 0 for a channel that was not seen, and for all if nothing converted.
    """
    drawn = np.ones((1, len(counted.counts))) if weights is None else weights
    effects = np.concatenate(
        [
            _effects(counted, drawn[first : first + _CHUNK] @ counted.counts)
            for first in range(0, len(drawn), _CHUNK)
        ]
    )
    return effects[0] if weights is None else effects


def _effects(counted: Moves, counts: NDArray[np.float64]) -> NDArray[np.float64]:
    states = len(counted.ends_in)
    matrix = np.zeros((len(counts), states + 1, states + 2))
    matrix[:, counted.source, counted.target] = counts
    totals = matrix.sum(axis=2, keepdims=True)
    chances = matrix / np.where(totals > 0, totals, 1.0)
    inner, converts = chances[:, :states, :states], chances[:, :states, states]
    fundamental = np.linalg.inv(np.eye(states) - inner)
    from_state = (fundamental @ converts[..., None])[..., 0]
    start = chances[:, states, :states]
    visits = (start[:, None, :] @ fundamental)[:, 0, :]
    overall = (start * from_state).sum(axis=1)
    effects = np.zeros((len(counts), counted.channels))
    for channel in np.unique(counted.ends_in):
        own = np.flatnonzero(counted.ends_in == channel)
        among = fundamental[:, own[:, None], own[None, :]]
        entered = np.linalg.solve(among.transpose(0, 2, 1), visits[:, own, None])[..., 0]
        effects[:, channel] = (entered * from_state[:, own]).sum(axis=1)
    return np.clip(effects / np.where(overall > 0, overall, 1.0)[:, None], 0.0, 1.0)
