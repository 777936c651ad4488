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
    """Spend with more of it by week (or day), (n_rows,), in the tenant's currency."""
    less: NDArray[np.float64]
    """Spend with less of it, (n_rows,)."""
    counted: NDArray[np.float64]
    """Share of each week's (or day's) outcome that was counted, (n_rows,)."""
    estimate: float
    """Outcome that the difference caused in the counted weeks, in the outcome's unit."""
    standard_error: float

    @property
    def spend(self) -> float:
        """The difference in spend."""
        return float((self.more - self.less).sum())
