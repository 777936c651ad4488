"""Shapley attribution: a channel's average contribution to the conversion rate of channel sets.

What is played for is a path's chance to convert, and the players are the channels in it. The
chance r(S) of a path whose channels are exactly S is learnt from all paths with these channels, the
ones that converted and the ones that did not. A path with the channels T could have had any part of
T, and the Shapley value of a channel in T is its average gain in r over all orders in which
the channels of T could have joined. The values of T's channels sum to r(T); their shares of it are
the path's credit, and the sum over all paths is the Shapley value of the game

    v(S) = sum over paths i of r(T_i and S),

the conversions to expect if every customer had met only the channels in S.

Conventions, each with a test:

- No channel, no conversion: r of the empty set is 0.
- A set that was seen seldom is drawn to what independent channels would give,
  1 - product of (1 - r of each alone), as if `PRIOR_PATHS` more paths had been seen at that rate; a
  channel alone is drawn to the rate of all paths. A set that was never seen has the drawn rate.
- A channel that lowers a path's rate gets no credit there, and the others share it; credit is
  never negative.

All is exact: sets are bit masks, and sums over subsets are the zeta transform, 2^n n steps.

References
----------
.. [1] Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of Games II.
.. [2] Zhao, K., Mahboobi, S. H. and Bagheri, S. R. (2018). Shapley value methods for attribution
   modeling in online advertising. arXiv:1804.05327.
.. [3] Harsanyi, J. C. (1963). A simplified bargaining model for the n-person cooperative game.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

PRIOR_PATHS = 20.0
"""How many paths the prior of a set's conversion rate counts as."""


def subset_sums(values: ArrayLike) -> NDArray[np.float64]:
    """Give for each set the sum of `values` over its subsets (zeta transform over the last axis).

    Parameters
    ----------
    values : array_like, shape (..., 2**n)
        Entry m belongs to the set whose members are the bits of m.
    """
    sums = np.array(values, dtype=np.float64)
    for player in range(_players(sums)):
        pairs = sums.reshape(*sums.shape[:-1], -1, 2, 1 << player)
        pairs[..., 1, :] += pairs[..., 0, :]
    return sums


def dividends(worth: ArrayLike) -> NDArray[np.float64]:
    """Give what each set adds to its proper subsets (Möbius transform over the last axis)."""
    gains = np.array(worth, dtype=np.float64)
    for player in range(_players(gains)):
        pairs = gains.reshape(*gains.shape[:-1], -1, 2, 1 << player)
        pairs[..., 1, :] -= pairs[..., 0, :]
    return gains


def values_within(worth: ArrayLike) -> NDArray[np.float64]:
    """Give every player's Shapley value in the game restricted to each set.

    A set's dividend is split evenly over its members [3]_, so a player's value within T is the
    sum over the subsets of T that it belongs to.

    Parameters
    ----------
    worth : array_like, shape (..., 2**n)
        The worth of each set; that of the empty set must be 0.

    Returns
    -------
    ndarray, shape (..., 2**n, n)
        Zero for players outside the set.
    """
    gains = dividends(worth)
    players, sets = _players(gains), np.arange(gains.shape[-1])
    sizes = np.maximum(np.bitwise_count(sets), 1)
    return np.stack(
        [subset_sums(gains / sizes * (sets >> player & 1)) for player in range(players)], axis=-1
    )


def shapley_values(worth: ArrayLike) -> NDArray[np.float64]:
    """Give every player's Shapley value, shape (..., n), of a game, shape (..., 2**n)."""
    gains = dividends(worth)
    players, sets = _players(gains), np.arange(gains.shape[-1])
    each = gains / np.maximum(np.bitwise_count(sets), 1)
    belongs = sets[:, None] >> np.arange(players) & 1
    return np.asarray(each @ belongs.astype(np.float64))


def conversion_rates(
    paths: NDArray[np.float64],
    conversions: NDArray[np.float64],
    *,
    prior_paths: float = PRIOR_PATHS,
) -> NDArray[np.float64]:
    """Give the conversion rate of every set of channels, seen or not.

    Parameters
    ----------
    paths, conversions : ndarray, shape (..., 2**n)
        Paths with exactly these channels, and how many of them converted.
    prior_paths : float
        Paths that the prior counts as; 0: none, and the rate of a set never seen is the prior.
    """
    players, sets = _players(paths), np.arange(paths.shape[-1])
    overall = _rate(conversions.sum(-1, keepdims=True), paths.sum(-1, keepdims=True), 0.0)
    alone = 1 << np.arange(players)
    single = _rate(
        conversions[..., alone] + prior_paths * overall, paths[..., alone] + prior_paths, overall
    )
    belongs = (sets[:, None] >> np.arange(players) & 1).astype(np.float64)
    # Clipped below 1 only to keep the logarithm finite.
    missed = np.log1p(-np.minimum(single, 1 - 1e-12)) @ belongs.T
    independent = -np.expm1(missed)
    independent[..., alone] = single
    rates = _rate(conversions + prior_paths * independent, paths + prior_paths, independent)
    # A channel alone has had its prior already.
    rates[..., alone] = single
    rates[..., 0] = 0.0
    return np.asarray(rates)


def shares_within(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give every channel's share of the credit of a path with each set of channels.

    Parameters
    ----------
    rates : ndarray, shape (..., 2**n)

    Returns
    -------
    ndarray, shape (..., 2**n, n)
        Non-negative, summing to 1 over the members of each set that has any; where no
        member has a positive value, all have the same share.
    """
    values = np.maximum(values_within(rates), 0.0)
    totals = values.sum(-1, keepdims=True)
    sets = np.arange(rates.shape[-1])
    belongs = (sets[:, None] >> np.arange(values.shape[-1]) & 1).astype(np.float64)
    even = belongs / np.maximum(belongs.sum(-1, keepdims=True), 1.0)
    return np.where(totals > 0, values / np.where(totals > 0, totals, 1.0), even)


def _rate(
    conversions: NDArray[np.float64],
    paths: NDArray[np.float64],
    otherwise: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    return np.where(paths > 0, conversions / np.where(paths > 0, paths, 1.0), otherwise)


def _players(values: NDArray[np.float64]) -> int:
    players = int(values.shape[-1]).bit_length() - 1
    if values.shape[-1] != 1 << players:
        raise ValueError(f"a game must have 2**n sets, got {values.shape[-1]}")
    return players
