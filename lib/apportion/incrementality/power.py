"""Power before a test: effects are injected into windows of the past, and the real test is run.

The power at an effect is the lower quartile over the windows, not their mean: a design is promised
for the window that comes, which may be one of the bad ones. The smallest effect whose power reaches
80 % is the MDE. Both are those of a set drawn from the pool; for a named set the effect is
scaled by how well that set is fitted. No power is promised for a single region.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apportion.errors import NotEnoughDataError
from apportion.incrementality.outages import fill_outages
from apportion.incrementality.randomisation import detections
from apportion.incrementality.synthetic_control import Booleans, Fits, Floats, fit_sets

ALPHA = 0.05
"""Significance level of the verdict."""

POWER = 0.8
"""The least power that an experiment may start with."""

LIFTS: Floats = np.array(
    [0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4]
)
"""The lifts that are injected."""

MIN_BASELINE = 28
"""The shortest baseline that is replayed, in days."""

MOST_WINDOWS = 6
WINDOW_STEP = 7
"""Windows are a week apart where the history allows for it, and closer where it does not."""

MOST_ROWS = 40
"""Sets of the pool that effects are injected into, in each window."""

QUARTILE = 0.25


@dataclass(frozen=True, eq=False)
class PowerCurve:
    """Power by lift, with the windows that it was claimed from.

    Parameters
    ----------
    lifts : ndarray, shape (n_lifts,)
        Fractions.
    windows : ndarray, shape (n_windows, n_lifts)
        Share of sets in which the lift was detected, rising along each row.
    """

    lifts: Floats
    windows: Floats

    @property
    def claimed(self) -> Floats:
        """The lower quartile over the windows, a replayed one and not one in between."""
        return np.asarray(np.quantile(self.windows, QUARTILE, axis=0, method="lower"))

    def at(self, lift: float) -> float:
        """Give the power at a lift."""
        return float(np.interp(lift, self.lifts, self.claimed))

    @property
    def mde(self) -> float:
        """The smallest lift with enough power; NaN beyond the largest that was injected."""
        return _crossing(self.claimed, self.lifts)

    @property
    def mde_range(self) -> tuple[float, float]:
        """The lowest and the highest MDE of any window; NaN where a window never reaches it."""
        found = [_crossing(window, self.lifts) for window in self.windows]
        return min(found, default=np.nan), max(found, default=np.nan)

    def scaled(self, factor: float) -> "PowerCurve":
        """Give the curve of a set whose scale is `factor` times that of the median set."""
        return PowerCurve(np.expm1(np.log1p(self.lifts) * factor), self.windows)


def is_enough(power: float) -> bool:
    """Give whether an experiment may start with this power, rounding errors aside."""
    return power >= POWER - 1e-9


def windows(
    days: int, length: int, baseline_days: int, most: int = MOST_WINDOWS
) -> NDArray[np.int64]:
    """Give the days on which replayed tests of `length` days begin; empty: too short a history."""
    last = days - length
    if last < MIN_BASELINE:
        return np.array([], dtype=np.int64)
    room = last - (most - 1) * WINDOW_STEP
    first = max(MIN_BASELINE, min(baseline_days, room))
    places = np.linspace(min(first, last), last, most).round()
    return np.unique(places.astype(np.int64))


def replays(
    history: Floats,
    members: Booleans,
    length: int,
    baseline_days: int,
    most: int = MOST_WINDOWS,
    kept: int | None = None,
) -> Iterator[tuple[Fits, Floats]]:
    """Give, for each window, the fits to its baseline and the regions' totals over its test.

    Their outages are filled as they will be in the read-out. With `kept`, so many of the sets that
    fit best before the window are left.
    """
    for start in windows(len(history), length, baseline_days, most):
        before = history[max(start - baseline_days, 0) : start]
        if np.any(before.mean(axis=0) <= 0):
            continue  # a region that had not opened yet cannot be scaled
        filled = fill_outages(before, history[start : start + length])
        fits = fit_sets(filled.baseline, members)
        if kept is not None:
            fits = fits.of(fits.best(kept))
        yield fits, filled.test.sum(axis=0)


def power_curve(
    history: Floats,
    members: Booleans,
    length: int,
    rng: np.random.Generator,
    *,
    baseline_days: int,
    sign: int = 1,
    rows: int = MOST_ROWS,
    most_windows: int = MOST_WINDOWS,
    alpha: float = ALPHA,
    lifts: Floats = LIFTS,
    kept: int | None = None,
) -> PowerCurve:
    """Replay tests of `length` days in windows of `history`, with lifts injected.

    Parameters
    ----------
    history : ndarray, shape (n_days, n_regions)
    members : ndarray, shape (n_sets, n_regions)
        The sets that could be drawn.
    sign : int
        1: ads are switched on in the changed regions; -1: off, and the outcome falls there.
    kept : int, optional
        How many of the sets are drawn from: those that fit best before each window, as a pool is
        chosen. A pool chosen on all of `history` would be one chosen with hindsight, without the
        sets that broke in a window.

    Raises
    ------
    NotEnoughDataError
        If the history is too short for a single window.
    """
    found = []
    for fits, outcome in replays(history, members, length, baseline_days, most_windows, kept):
        count = len(fits.members)
        chosen = rng.choice(count, min(rows, count), replace=False)
        hits = detections(fits, outcome, sign * np.log1p(lifts), alpha=alpha, rows=chosen)
        found.append(np.maximum.accumulate(hits.mean(axis=0)))
    if not found:
        raise NotEnoughDataError(
            f"{len(history)} days are too few to replay a test of {length} days after a baseline "
            f"of {MIN_BASELINE}. Import earlier days, or let the test begin later."
        )
    return PowerCurve(lifts, np.array(found))


def _crossing(power: Floats, lifts: Floats) -> float:
    if power[-1] < POWER:
        return float(np.nan)
    return float(np.interp(POWER, power, lifts))
