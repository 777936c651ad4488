"""The units of the model: spend in mean weeks of its channel, the outcome in mean weeks.

In a daily model all of these are days.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from apportion.mmm import priors
from apportion.mmm.data import MediaMixData
from apportion.mmm.priors import ChannelPrior

Array = NDArray[np.float64]


class Tests(NamedTuple):
    """Lift tests in the units of the model, first axis (n_tests,)."""

    channel: NDArray[np.int64]
    more: Array
    """(n_tests, n_rows), as all of the next two."""
    less: Array
    counted: Array
    estimate: Array
    standard_error: Array


class Inputs(NamedTuple):
    """What the media part of a model sees; channels with spend first, then organic ones."""

    names: tuple[str, ...]
    flights: Array
    """(n_rows, n_channels), each with a mean of 1."""
    totals: Array
    """What a return refers to, (n_channels,), in mean weeks of the outcome: all spend, or for an
    organic channel the whole outcome."""
    priors: tuple[ChannelPrior, ...]
    tests: Tests


def inputs(data: MediaMixData) -> Inputs:
    """Give the media part of `data`."""
    scale, rows = outcome_scale(data), data.rows
    organic = np.full(len(data.organic), float(rows.size))
    volume = rows.volume
    return Inputs(
        names=(*data.channels, *data.organic),
        flights=np.column_stack([rows.spend / spend_scale(data), volume / _mean_row(volume)]),
        totals=np.concatenate([rows.spend.sum(0) / scale, organic]),
        priors=(*data.channel_priors, *(priors.ORGANIC,) * len(data.organic)),
        tests=_tests(data, scale),
    )


def spend_scale(data: MediaMixData) -> Array:
    """Give each channel's mean week (or day), (n_channels,); 1 for a channel without spend."""
    return _mean_row(data.rows.spend)


def outcome_scale(data: MediaMixData) -> float:
    """Give the mean week (or day) of the outcome."""
    return float(data.rows.outcome.mean())


def _mean_row(flights: Array) -> Array:
    mean = flights.mean(0)
    return np.where(mean > 0, mean, 1.0)


def _tests(data: MediaMixData, scale: float) -> Tests:
    means, lifts = spend_scale(data), data.lifts
    empty = np.zeros((0, data.rows.size))
    return Tests(
        channel=np.array([lift.channel for lift in lifts], dtype=np.int64),
        more=np.array([lift.more / means[lift.channel] for lift in lifts]) if lifts else empty,
        less=np.array([lift.less / means[lift.channel] for lift in lifts]) if lifts else empty,
        counted=np.array([lift.counted for lift in lifts]) if lifts else empty,
        estimate=np.array([lift.estimate / scale for lift in lifts]),
        standard_error=np.array([lift.standard_error / scale for lift in lifts]),
    )
