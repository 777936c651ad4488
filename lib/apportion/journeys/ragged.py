"""The five rules over many journeys at once.

Journeys lie end to end in flat arrays: journey i has the touchpoints ``offsets[i]`` up to, not
including, ``offsets[i + 1]``, earliest first, and at least one. Every function gives one share per
touchpoint, the same that :mod:`apportion.journeys.credit` gives journey by journey.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from apportion.journeys.credit import ENDPOINT_SHARE, HALF_LIFE_HOURS, Shares
from apportion.results.journeys import AttributionModel, AttributionSettings

Offsets = NDArray[np.int64]


def first_touch(offsets: Offsets) -> Shares:
    """Give all credit to the earliest touchpoint."""
    shares = np.zeros(offsets[-1])
    shares[offsets[:-1]] = 1.0
    return shares


def last_touch(offsets: Offsets) -> Shares:
    """Give all credit to the latest touchpoint."""
    shares = np.zeros(offsets[-1])
    shares[offsets[1:] - 1] = 1.0
    return shares


def linear(offsets: Offsets) -> Shares:
    """Give every touchpoint of a journey the same credit."""
    counts = np.diff(offsets)
    return np.repeat(1.0 / counts, counts)


def position_based(offsets: Offsets, *, endpoint_share: float = ENDPOINT_SHARE) -> Shares:
    """Give `endpoint_share` to each end of a journey and split the rest over the middle."""
    counts = np.diff(offsets)
    middle = (1 - 2 * endpoint_share) / np.maximum(counts - 2, 1)
    ends = np.where(counts > 2, endpoint_share, 1.0 / np.minimum(counts, 2))
    shares = np.repeat(middle, counts)
    shares[offsets[:-1]] = ends
    shares[offsets[1:] - 1] = ends
    return shares


def time_decay(
    offsets: Offsets, ages: NDArray[np.float64], *, half_life: float = HALF_LIFE_HOURS
) -> Shares:
    """Halve a touchpoint's weight for every `half_life` hours before the conversion.

    Parameters
    ----------
    offsets : ndarray, shape (n_journeys + 1,)
    ages : ndarray, shape (n_touchpoints,)
        Hours from each touchpoint to its conversion.
    """
    counts = np.diff(offsets)
    youngest = np.repeat(ages[offsets[1:] - 1], counts)
    weights = np.exp2((youngest - ages) / half_life)
    return np.asarray(weights / np.repeat(np.add.reduceat(weights, offsets[:-1]), counts))


Rule = Callable[[Offsets, NDArray[np.float64], AttributionSettings], Shares]

RULES: Mapping[AttributionModel, Rule] = {
    AttributionModel.FIRST_TOUCH: lambda offsets, ages, settings: first_touch(offsets),
    AttributionModel.LAST_TOUCH: lambda offsets, ages, settings: last_touch(offsets),
    AttributionModel.LINEAR: lambda offsets, ages, settings: linear(offsets),
    AttributionModel.POSITION_BASED: lambda offsets, ages, settings: position_based(
        offsets, endpoint_share=settings.endpoint_share
    ),
    AttributionModel.TIME_DECAY: lambda offsets, ages, settings: time_decay(
        offsets, ages, half_life=24 * settings.half_life_days
    ),
}


def parts(offsets: Offsets, players: NDArray[np.int64]) -> Shares:
    """Split one unit per journey and player evenly over the player's touchpoints in it.

    A model that learns from all journeys gives credit to a channel in a journey; this is how the
    channel's touchpoints there share it.
    """
    if not len(players):
        return np.zeros(0)
    width = int(players.max()) + 1
    journey = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    cell = journey * width + players
    return np.asarray(1.0 / np.bincount(cell)[cell])


def members(offsets: Offsets, players: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each journey's set of players as a bit mask."""
    return np.bitwise_or.reduceat(1 << players, offsets[:-1])
