"""What the trained models give to each channel in a path: from weights to credit of one journey.

- **Markov**: a conversion is shared among the channels in its path in proportion to their removal
  effects.
- **Shapley**: in proportion to their Shapley values in the game that the path's set of channels is.

A channel's total is the sum of its credit over all journeys, by definition: page, table and single
journey always agree, and credit only goes where a touchpoint was. (To split the conversions in
proportion to removal effects over *all* channels, as ChannelAttribution does, would credit channels
in journeys that they were not in; that figure is kept beside it as `removal_percent`.)

A conversion without any touchpoint takes no part in training: there is nothing to tell apart, and
no path that did not convert to hold against it. Its credit is direct's.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from apportion.journeys import shapley
from apportion.results.journeys import AttributionModel, TrainedModel


def markov_shares(effects: NDArray[np.float64], members: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share a conversion among the players in its path, in proportion to removal effects.

    Parameters
    ----------
    effects : ndarray, shape (..., players)
    members : ndarray, shape (n_sets,)
        Sets of players as bit masks.

    Returns
    -------
    ndarray, shape (..., n_sets, players)
        Shares that sum to 1 over the members of each set that has any; equal where no member has
        an effect.
    """
    players = effects.shape[-1]
    belongs = (members[:, None] >> np.arange(players) & 1).astype(np.float64)
    weights = effects[..., None, :] * belongs
    totals = weights.sum(-1, keepdims=True)
    even = belongs / np.maximum(belongs.sum(-1, keepdims=True), 1.0)
    return np.where(totals > 0, weights / np.where(totals > 0, totals, 1.0), even)


def shapley_shares(
    paths: NDArray[np.float64], conversions: NDArray[np.float64], members: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Share a conversion among the players in its path, in proportion to Shapley values.

    Parameters
    ----------
    paths, conversions : ndarray, shape (..., 2**players)
    members : ndarray, shape (n_sets,)

    Returns
    -------
    ndarray, shape (..., n_sets, players)
    """
    within = shapley.shares_within(shapley.conversion_rates(paths, conversions))
    return within[..., members, :]


class JourneyWeights:
    """A trained model, made ready to share out the credit of single journeys."""

    def __init__(self, trained: TrainedModel) -> None:
        last = len(trained.players) - 1
        self._players = {name: number for number, name in enumerate(trained.players)}
        self._players |= dict.fromkeys(trained.rest, last)
        effect = {strength.channel: strength.removal_effect for strength in trained.channels}
        self._effects = np.array([effect[name] for name in trained.players])
        self._paths, self._conversions = np.zeros((2, 1 << len(trained.players)))
        for found in trained.sets:
            members = sum(1 << self._players[name] for name in found.channels)
            self._paths[members] = found.paths
            self._conversions[members] = found.conversions

    @cached_property
    def _shapley(self) -> NDArray[np.float64]:
        return shapley.shares_within(shapley.conversion_rates(self._paths, self._conversions))

    def shares(self, model: AttributionModel, channels: Sequence[str]) -> NDArray[np.float64]:
        """Share one journey's credit among its touchpoints.

        Parameters
        ----------
        model : AttributionModel
            Markov or Shapley.
        channels : sequence of str
            The touchpoints' channels, in order. One that training has not seen has no weight,
            unless no other is there.

        Returns
        -------
        ndarray, shape (n_touchpoints,)
            Shares that sum to 1.
        """
        players = np.array([self._players.get(channel, -1) for channel in channels])
        known = players >= 0
        if not known.any():
            return np.full(len(players), 1 / len(players))
        members = int(np.bitwise_or.reduce(1 << players[known]))
        if model is AttributionModel.MARKOV:
            shares = markov_shares(self._effects, np.array([members]))[0]
        elif model is AttributionModel.SHAPLEY:
            shares = self._shapley[members]
        else:
            raise ValueError(f"model must be markov or shapley, got {model}")
        counts = np.bincount(players[known], minlength=len(shares))
        credit = np.zeros(len(players))
        credit[known] = shares[players[known]] / counts[players[known]]
        return credit
