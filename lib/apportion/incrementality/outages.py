"""Days on which a region hardly sold: empty shelves, a closed shop, data that were lost.

One such region makes every set that holds it extreme, and if more than one set in twenty holds it,
no effect smaller than the outage can be found. These days say nothing of advertising, so they are
filled with what the region's other days and the other regions make of the day, in the same way
wherever a set of regions is judged: in the read-out, at a look, in every replay of the past.

What is filled does not depend on the effect that is looked for. Every region is held against its
own days of the same phase (baseline or test): an effect of the whole test moves all of them alike,
and the filled ones with them. So undoing an effect and filling can be exchanged, and a set that was
drawn at random keeps its exact p-value.
"""

from dataclasses import dataclass

import numpy as np

from apportion.incrementality.synthetic_control import Booleans, Floats

LEAST_SHARE = 0.5
"""An outage is a day below this share of what is usual for the region, and ..."""

LEAST_SPREADS = 5.0
"""... this many of its robust standard deviations below it: small counts are no outages."""

MOST_OF_PHASE = 0.4
"""More of a phase is no outage but how the region is: half would move its usual day."""

FEWEST_DAYS = 7
"""A shorter phase has no usual day."""

WEEK = 7
MAD_TO_SD = 1.4826


@dataclass(frozen=True, eq=False)
class Filled:
    """Baseline and test with their outages filled."""

    baseline: Floats
    """Shape (n_baseline_days, n_regions)."""
    test: Floats
    """Shape (n_test_days, n_regions)."""
    is_baseline_outage: Booleans
    """The days that were filled; as `baseline`."""
    is_test_outage: Booleans
    """As `test`."""


def fill_outages(baseline: Floats, test: Floats) -> Filled:
    """Fill the outages of a baseline and of the test that follows it on the next day.

    Parameters
    ----------
    baseline : ndarray, shape (n_baseline_days, n_regions)
    test : ndarray, shape (n_test_days, n_regions)
    """
    share, expected = _shares(baseline)
    usual = _weekdays(share)
    share, expected = share / usual[: len(baseline)], expected * usual[: len(baseline)]
    spread = MAD_TO_SD * np.median(np.abs(share - 1.0), axis=0)
    least = np.minimum(LEAST_SHARE, 1.0 - LEAST_SPREADS * spread)
    filled_baseline, is_baseline_outage = _fill(baseline, share, expected, least)
    place = np.arange(len(baseline), len(baseline) + len(test)) % WEEK
    share, expected = _shares(test)
    share, expected = share / usual[place], expected * usual[place]
    filled_test, is_test_outage = _fill(test, share, expected, least)
    return Filled(filled_baseline, filled_test, is_baseline_outage, is_test_outage)


def _shares(phase: Floats) -> tuple[Floats, Floats]:
    """Give each day over what it should have been, and that: the region's level times the day's."""
    if not len(phase):
        return phase, phase
    level = np.median(phase, axis=0)
    relative = np.divide(phase, level, out=np.ones_like(phase), where=level > 0)
    day = np.median(relative, axis=1, keepdims=True)
    expected = level * day
    return np.divide(phase, expected, out=np.ones_like(phase), where=expected > 0), expected


def _weekdays(share: Floats) -> Floats:
    """Give the usual share of each region on each weekday, shape (n_days or 7, n_regions)."""
    usual = np.ones((max(len(share), WEEK), share.shape[1]))
    for weekday in range(min(WEEK, len(share))):
        own = np.median(share[weekday::WEEK], axis=0)
        usual[weekday::WEEK] = np.where(own > 0, own, 1.0)
    return usual


def _fill(phase: Floats, share: Floats, expected: Floats, least: Floats) -> tuple[Floats, Booleans]:
    if len(phase) < FEWEST_DAYS:
        return phase, np.zeros(phase.shape, dtype=np.bool_)
    is_outage = share < least
    is_outage &= is_outage.sum(axis=0) <= MOST_OF_PHASE * len(phase)
    if not is_outage.any():
        return phase, is_outage
    sold, usual = (np.where(is_outage, 0.0, each).sum(axis=0) for each in (phase, expected))
    ratio = np.divide(sold, usual, out=np.ones_like(sold), where=usual > 0)
    return np.where(is_outage, expected * ratio, phase), is_outage
