"""Train the tenant's Markov and Shapley models from counted paths, with their uncertainty."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.journeys import markov
from apportion.journeys.bootstrap import group_weights, intervals
from apportion.journeys.paths import PLAYERS
from apportion.journeys.shares import markov_shares, shapley_shares
from apportion.results.journeys import (
    AttributionModel,
    AttributionSettings,
    ChannelSet,
    ChannelStrength,
    TrainedModel,
)

REST = "(all other channels)"
"""The name of the player that stands for the rarest channels together."""

_CHUNK_CELLS = 4_000_000


@dataclass(frozen=True)
class Training:
    """A trained model and its bootstrap replicates."""

    trained: TrainedModel
    effects: NDArray[np.float64]
    """Removal effects, shape (players,)."""
    effect_draws: NDArray[np.float64]
    """Shape (replicates, players)."""
    seen: NDArray[np.int64]
    """The sets of players that paths had, as bit masks, shape (n_seen,)."""
    paths: NDArray[np.float64]
    """Shape (1 + replicates, n_seen); row 0 counts every group of customers once."""
    conversions: NDArray[np.float64]

    def shares(self, model: AttributionModel, members: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give each player's share of a path with each set, shape (n_sets, players)."""
        if model is AttributionModel.MARKOV:
            return markov_shares(self.effects, members)
        return np.asarray(self._shapley(slice(0, 1), members)[0])

    def share_draws(
        self, model: AttributionModel, members: NDArray[np.int64]
    ) -> Iterator[NDArray[np.float64]]:
        """Give the same for the bootstrap's replicates, a few at a time."""
        replicates, players = self.effect_draws.shape
        step = max(1, _CHUNK_CELLS // max(1, players << players))
        for first in range(0, replicates, step):
            if model is AttributionModel.MARKOV:
                yield markov_shares(self.effect_draws[first : first + step], members)
            else:
                rows = slice(1 + first, min(1 + first + step, 1 + replicates))
                yield self._shapley(rows, members)

    def _shapley(self, rows: slice, members: NDArray[np.int64]) -> NDArray[np.float64]:
        size = 1 << len(self.effects)
        paths, conversions = np.zeros((2, len(self.paths[rows]), size))
        paths[:, self.seen], conversions[:, self.seen] = self.paths[rows], self.conversions[rows]
        return shapley_shares(paths, conversions, members)


def train(
    transitions: pd.DataFrame,
    sets: pd.DataFrame,
    coded: pd.DataFrame,
    settings: AttributionSettings,
    rng: np.random.Generator,
) -> Training:
    """Train both models.

    Parameters
    ----------
    transitions, sets, coded : DataFrame
        What ``counts.transitions``, ``counts.sets`` and ``paths.kinds`` give.
    """
    names, rest = player_names(coded)
    groups = np.unique(sets["group"].to_numpy(np.int64))
    weights = group_weights(len(groups), rng)
    chain = markov.moves(
        transitions, channels=len(names), order=settings.markov_order, groups=groups
    )
    effects = markov.removal_effects(chain)
    draws = markov.removal_effects(chain, weights)
    seen, column = np.unique(sets["members"].to_numpy(np.int64), return_inverse=True)
    row = np.searchsorted(groups, sets["group"].to_numpy())
    counted = np.zeros((2, len(groups), len(seen)))
    np.add.at(counted[0], (row, column), sets["paths"].to_numpy())
    np.add.at(counted[1], (row, column), sets["conversions"].to_numpy())
    every = np.vstack([np.ones(len(groups)), weights])
    paths, conversions = every @ counted[0], every @ counted[1]
    trained = TrainedModel(
        settings=settings,
        channels=_strengths(names, effects, draws, seen, paths[0], conversions[0]),
        players=names,
        rest=rest,
        sets=tuple(
            ChannelSet(
                channels=tuple(name for place, name in enumerate(names) if members >> place & 1),
                paths=round(count),
                conversions=round(converted),
            )
            for members, count, converted in zip(seen, paths[0], conversions[0], strict=True)
        ),
    )
    return Training(trained, effects, draws, seen, paths, conversions)


def player_names(coded: pd.DataFrame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the players' names, and the channels that the last one stands for if they are many."""
    known = coded[coded["player"] >= 0]
    by_player = known.drop_duplicates("channel").sort_values(["player", "channel"])
    members = by_player.groupby("player", sort=True)["channel"].agg(tuple)
    rest = members.iloc[-1] if len(members) == PLAYERS and len(members.iloc[-1]) > 1 else ()
    names = tuple(REST if rest and found == rest else found[0] for found in members)
    return names, tuple(rest)


def _strengths(
    names: tuple[str, ...],
    effects: NDArray[np.float64],
    draws: NDArray[np.float64],
    seen: NDArray[np.int64],
    paths: NDArray[np.float64],
    conversions: NDArray[np.float64],
) -> tuple[ChannelStrength, ...]:
    total = effects.sum()
    found = [
        ChannelStrength(
            channel=name,
            removal_effect=effect,
            removal_effect_interval=interval,
            removal_percent=100 * effect / total if total > 0 else 0.0,
            paths=round(paths[seen >> place & 1 == 1].sum()),
            conversions=round(conversions[seen >> place & 1 == 1].sum()),
        )
        for place, (name, effect, interval) in enumerate(
            zip(names, effects.tolist(), intervals(draws), strict=True)
        )
    ]
    return tuple(sorted(found, key=lambda strength: -strength.removal_effect))
