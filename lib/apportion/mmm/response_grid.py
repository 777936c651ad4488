"""Posterior draws of the response curves on a grid: what a browser needs to price any split."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apportion.mmm import response
from apportion.mmm.draw_curves import thinned
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.response import MAX_SCALE
from apportion.mmm.summary import Window

POINTS = 41
DRAWS = 200
"""Enough for a glance while a slider moves; a split at rest is priced with all draws."""

_LEAST_SCALE = 2.0
_BEYOND_SEEN = 1.15


@dataclass(frozen=True, eq=False)
class ResponseGrid:
    """Revenue a week at spends a week, channel by channel."""

    channels: tuple[str, ...]
    current: NDArray[np.float64]
    """Spend now, (n_channels,)."""
    highest: NDArray[np.float64]
    """The highest week in the data, (n_channels,)."""
    spend: NDArray[np.float64]
    """Rising from 0, denser where curves bend, (n_channels, n_points)."""
    revenue: NDArray[np.float32]
    """Shape (n_channels, n_points, n_draws)."""


def response_grid(fitted: FittedMMM, *, points: int = POINTS, draws: int = DRAWS) -> ResponseGrid:
    """Give the curves to twice the current spend, or somewhat beyond the highest week."""
    window = Window.of(fitted)
    few = thinned(fitted, draws)
    current = fitted.data.spend[window.start : window.stop].mean(0)
    highest = fitted.data.spend.max(0)
    seen = np.divide(highest, current, out=np.ones_like(current), where=current > 0)
    end = np.clip(_BEYOND_SEEN * seen, _LEAST_SCALE, MAX_SCALE)
    scales = end[None, :] * (np.linspace(0, 1, points) ** 1.5)[:, None]
    scales = np.where(current > 0, scales, 1.0)  # without a flight: what it earns as it is
    revenue = response.curve(few, scales[..., None], window.start, window.stop)
    return ResponseGrid(
        channels=fitted.data.channels,
        current=current,
        highest=highest,
        spend=np.ascontiguousarray((scales * current).T),
        revenue=np.ascontiguousarray(revenue.transpose(1, 2, 0), dtype=np.float32),
    )
