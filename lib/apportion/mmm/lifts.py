"""An experiment as the model sees it: two flights of one channel, and the outcome between them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Lift:
    """A lift test read for the whole market: more spend against less, in the same weeks."""

    test_id: str
    channel: int
    """Which of the model's channels."""
    more: NDArray[np.float64]
    """Weekly spend with more of it, (n_weeks,), in the tenant's currency."""
    less: NDArray[np.float64]
    """Weekly spend with less of it, (n_weeks,)."""
    counted: NDArray[np.float64]
    """Share of each week's outcome that was counted, (n_weeks,)."""
    estimate: float
    """Outcome that the difference caused in the counted weeks, in the outcome's unit."""
    standard_error: float

    @property
    def spend(self) -> float:
        """The difference in spend."""
        return float((self.more - self.less).sum())
