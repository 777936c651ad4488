"""Response curves of single posterior draws, where the mean alone does not say enough."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from apportion.mmm import response
from apportion.mmm.careful import DrawCurve
from apportion.mmm.posterior import Draws, FittedMMM

_NODES = 61


def thinned(fitted: FittedMMM, size: int) -> FittedMMM:
    """Give the model with at most `size` of its draws, evenly spread."""
    count = len(fitted.draws.sigma)
    if count <= size:
        return fitted
    kept = np.linspace(0, count - 1, size).round().astype(np.intp)
    names = Draws.__annotations__
    return FittedMMM(
        Draws(**{name: getattr(fitted.draws, name)[kept] for name in names}), fitted.data
    )


def draw_curves(
    fitted: FittedMMM, start: int, stop: int, *, max_scale: float = response.MAX_SCALE
) -> Sequence[DrawCurve]:
    """Give each channel's curve in weekly spend, all draws at once.

    Exact at 61 spends and interpolated between them so that it never falls. A channel without
    spend in the window has no flight to scale: its curve is what it earns as it is.
    """
    scales = max_scale * np.linspace(0, 1, _NODES) ** 2
    revenue = response.curve(fitted, scales, start, stop)
    current = fitted.data.spend[start:stop].mean(0)
    as_it_is = response.curve(fitted, np.ones(1), start, stop)
    return [
        _between(scales * spend, revenue[:, row]) if spend > 0 else _constant(as_it_is[:, row])
        for row, spend in enumerate(current)
    ]


def _between(spend: NDArray[np.float64], revenue: NDArray[np.float64]) -> DrawCurve:
    value = PchipInterpolator(spend, revenue, axis=1)
    slope = value.derivative()
    return lambda at: (np.asarray(value(at)), np.asarray(slope(at)))


def _constant(revenue: NDArray[np.float64]) -> DrawCurve:
    size = len(revenue)
    return lambda at: (np.repeat(revenue, len(at), axis=1), np.zeros((size, len(at))))
