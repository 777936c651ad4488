"""The units of the model: spend in mean weeks of its channel, the outcome in mean weeks."""

import numpy as np
from numpy.typing import NDArray

from apportion.mmm.data import MediaMixData


def spend_scale(data: MediaMixData) -> NDArray[np.float64]:
    """Give each channel's mean week, (n_channels,); 1 for a channel without spend."""
    mean = data.spend.mean(0)
    return np.where(mean > 0, mean, 1.0)


def outcome_scale(data: MediaMixData) -> float:
    """Give the mean week of the outcome."""
    return float(data.outcome.mean())
