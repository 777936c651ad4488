"""Which regions, how many, for how long: designs compared on the tenant's own history.

The candidates of a size are random sets; the best-fitting third of them is the *pool*. A test set
is drawn from the pool with a recorded seed, so that afterwards the p-value is exact: the set under
test is one of the pool like any other. Lengths and sizes are compared by replaying history, with
the pool chosen anew on the days before each window.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from apportion.incrementality.outages import fill_outages
from apportion.incrementality.power import PowerCurve, power_curve, windows
from apportion.incrementality.randomisation import random_sets
from apportion.incrementality.synthetic_control import Booleans, Fits, Floats, fit_sets

TRIED = 300
KEPT = 100
LENGTHS = (14, 21, 28)
MOST_SIZES = 6
LARGEST_SHARE = 0.5
"""At most this share of the regions may be changed: the rest has to stand for them."""

OnProgress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Pool:
    """The sets that a test set is drawn from, best fit first."""

    members: Booleans
    """Shape (n_sets, n_regions)."""
    fits: Fits
    """To the last baseline that there is."""

    def draw(self, seed: int) -> int:
        """Give the row of the test set, drawn at random."""
        return int(np.random.default_rng(seed).integers(len(self.members)))


@dataclass(frozen=True, eq=False)
class Design:
    """A number of regions and of days, and what a test of that form would find."""

    size: int
    days: int
    pool: Pool
    curve: PowerCurve


@dataclass(frozen=True)
class CandidateSet:
    """One set of the pool: its power, MDE, fit and cost."""

    row: int
    regions: tuple[int, ...]
    power: float
    mde: float
    """NaN: beyond every lift that was injected."""
    rmse: float
    share: float
    """Of the outcome of all regions over the baseline."""
    spend_change: float


def sizes(regions: int) -> list[int]:
    """Give the numbers of changed regions to compare: from two to half of them."""
    largest = int(regions * LARGEST_SHARE)
    found = [2, 3, 4, 5, 6, 8, 10, 12, 15, 20]
    usable = [size for size in found if size <= largest]
    return usable[:MOST_SIZES] if len(usable) > MOST_SIZES else usable


def candidates(
    regions: int,
    size: int,
    rng: np.random.Generator,
    *,
    forced: Sequence[int] = (),
    excluded: Sequence[int] = (),
    tried: int = TRIED,
) -> Booleans:
    """Give distinct sets with every forced region and no excluded one.

    All of them where there are no more than `tried`, else a random choice.

    Raises
    ------
    ValueError
        If no such set exists.
    """
    free = np.setdiff1d(np.arange(regions), [*forced, *excluded])
    open_places = size - len(forced)
    if not 0 <= open_places <= len(free):
        raise ValueError(
            f"no set of {size} regions has {len(forced)} forced in and {len(excluded)} left out"
        )
    if comb(len(free), open_places) <= tried:
        chosen = [list(each) for each in combinations(range(len(free)), open_places)]
        parts = np.zeros((len(chosen), len(free)), dtype=np.bool_)
        for row, places in enumerate(chosen):
            parts[row, places] = True
    else:
        parts = np.unique(random_sets(len(free), open_places, tried, rng), axis=0)
    members = np.zeros((len(parts), regions), dtype=np.bool_)
    members[:, free] = parts
    members[:, list(forced)] = True
    return members


def pool(
    baseline: Floats,
    size: int,
    rng: np.random.Generator,
    *,
    forced: Sequence[int] = (),
    excluded: Sequence[int] = (),
) -> Pool:
    """Give the best-fitting third of the candidates, but never fewer than 40 where there are."""
    found = candidates(baseline.shape[1], size, rng, forced=forced, excluded=excluded)
    fits = fit_sets(fill_outages(baseline, baseline[:0]).baseline, found)
    kept = fits.best(_kept(len(found)))
    return Pool(found[kept], fits.of(kept))


def _kept(tried: int) -> int:
    """Give how many of the candidates are a pool."""
    return min(KEPT, max(tried // 3, 40))


def pool_power(
    history: Floats,
    members: Booleans,
    days: int,
    rng: np.random.Generator,
    *,
    baseline_days: int,
    sign: int = 1,
    excluded: Sequence[int] = (),
) -> PowerCurve:
    """Give the power of a set drawn from a pool, which is chosen anew before each window.

    Parameters
    ----------
    history : ndarray, shape (n_days, n_regions)
    members : ndarray, shape (n_sets, n_regions)
        The pool. A region in all of its sets counts as forced in.
    excluded : sequence of int
        Regions that must not be in a set. One that is merely in none of the pool's sets may be: it
        may have broken in a window.

    Raises
    ------
    NotEnoughDataError
        If the history is too short for a single window.
    """
    found = candidates(
        members.shape[1],
        int(members[0].sum()),
        rng,
        forced=np.flatnonzero(members.all(axis=0)).tolist(),
        excluded=excluded,
    )
    return power_curve(
        history,
        found,
        days,
        rng,
        baseline_days=baseline_days,
        sign=sign,
        kept=_kept(len(found)),
    )


def search(
    history: Floats,
    *,
    baseline_days: int,
    seed: int,
    sign: int = 1,
    forced: Sequence[int] = (),
    excluded: Sequence[int] = (),
    of_sizes: Iterable[int] | None = None,
    lengths: Iterable[int] = LENGTHS,
    on_progress: OnProgress = lambda fraction, message: None,
) -> list[Design]:
    """Compare all sizes and lengths; those that the history is too short for are left out.

    Parameters
    ----------
    history : ndarray, shape (n_days, n_regions)
    baseline_days : int
        Days before the start that the test will be fitted to.
    sign : int
        1: ads are switched on in the changed regions; -1: off.
    forced, excluded : sequence of int
        Regions that must or must not be in the changed set; excluded ones can still be donors.
    """
    regions = history.shape[1]
    asked = [
        size
        for size in (sizes(regions) if of_sizes is None else of_sizes)
        if len(forced) <= size <= regions - len(excluded)
    ]
    usable = [days for days in lengths if len(windows(len(history), days, baseline_days))]
    found = []
    for done, (size, days, drawn) in enumerate(
        _pools(history, baseline_days, seed, asked, usable, forced, excluded)
    ):
        on_progress(done / (len(asked) * len(usable)), f"{size} regions, {days} days")
        rng = np.random.default_rng([seed, size, days])
        curve = pool_power(
            history,
            drawn.members,
            days,
            rng,
            baseline_days=baseline_days,
            sign=sign,
            excluded=excluded,
        )
        found.append(Design(size, days, drawn, curve))
    on_progress(1.0, "")
    return found


def _pools(
    history: Floats,
    baseline_days: int,
    seed: int,
    asked: Sequence[int],
    lengths: Sequence[int],
    forced: Sequence[int],
    excluded: Sequence[int],
) -> Iterator[tuple[int, int, Pool]]:
    for size in asked:
        drawn = make_pool(history, size, baseline_days, seed, forced=forced, excluded=excluded)
        for days in lengths:
            yield size, days, drawn


def make_pool(
    history: Floats,
    size: int,
    baseline_days: int,
    seed: int,
    *,
    forced: Sequence[int] = (),
    excluded: Sequence[int] = (),
) -> Pool:
    """Give the pool of a size: the same for the same history and seed."""
    rng = np.random.default_rng([seed, size])
    return pool(history[-baseline_days:], size, rng, forced=forced, excluded=excluded)


def ranked_sets(
    design: Design,
    baseline: Floats,
    *,
    lift: float,
    daily_spend: Floats,
    spend_factor: float,
) -> list[CandidateSet]:
    """Give the sets of the pool: most power first, then smallest MDE, lowest cost, best fit.

    Parameters
    ----------
    lift : float
        The smallest lift that matters, a fraction.
    daily_spend : ndarray, shape (n_regions,)
        Usual spend a day of the channel.
    spend_factor : float
        Spend in the changed regions during the test over the usual one: 0 is off.
    """
    fits = design.pool.fits
    median = float(np.median(fits.scale))
    means = baseline.mean(axis=0)
    found = []
    for row, inside in enumerate(design.pool.members):
        curve = design.curve.scaled(float(fits.scale[row]) / median)
        found.append(
            CandidateSet(
                row=row,
                regions=tuple(np.flatnonzero(inside).tolist()),
                power=curve.at(lift),
                mde=curve.mde,
                rmse=float(fits.rmse[row]),
                share=float(means[inside].sum() / means.sum()),
                spend_change=float(daily_spend[inside].sum() * abs(spend_factor - 1) * design.days),
            )
        )
    return sorted(
        found, key=lambda each: (-round(each.power, 3), each.mde, each.spend_change, each.rmse)
    )


def reference_of_named(regions: int, chosen: NDArray[np.int64], count: int, seed: int) -> Booleans:
    """Give random sets of the same size as a named one, distinct; row 0 is the named one."""
    size = len(chosen)
    rng = np.random.default_rng([seed, regions, size])
    if comb(regions, size) <= 2 * count:
        found = candidates(regions, size, rng, tried=2 * count)
    else:
        found = np.unique(random_sets(regions, size, 2 * count, rng), axis=0)
    own = np.zeros(regions, dtype=np.bool_)
    own[chosen] = True
    others = found[(found != own).any(axis=1)]
    return np.vstack([own, rng.permutation(others)[: count - 1]])
