"""Random numbers: one independent stream per purpose.

A stream depends on the seed and on its own name only, so that taking a channel's spend away (a
counterfactual) leaves every other draw as it was.
"""

from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float64]


def stream(seed: int, *names: str) -> np.random.Generator:
    """Give the generator of one purpose."""
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


def autoregression(
    rng: np.random.Generator, shape: tuple[int, ...], *, persistence: float, sd: float
) -> Floats:
    """Give stationary first-order noise along the first axis, of standard deviation `sd`."""
    shocks = rng.normal(size=shape) * np.sqrt(1 - persistence**2)
    shocks[0] /= np.sqrt(1 - persistence**2)
    return sd * np.asarray(lfilter([1.0], [1.0, -persistence], shocks, axis=0), dtype=np.float64)
