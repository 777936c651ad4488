"""Intervals: groups are drawn as often as they should be, and the truth is inside as often too."""

import numpy as np
import pytest

from apportion.journeys import markov
from apportion.journeys.bootstrap import group_weights, intervals

GROUPS = 256


def test_every_draw_has_as_many_groups_as_there_are():
    weights = group_weights(40, np.random.default_rng(0), replicates=50)

    assert weights.shape == (50, 40)
    assert weights.sum(1) == pytest.approx(np.full(50, 40))


def test_no_groups_give_empty_draws():
    assert group_weights(0, np.random.default_rng(0), replicates=3).shape == (3, 0)


def test_interval_holds_the_middle_of_the_draws():
    (found,) = intervals(np.arange(101.0)[:, None], level=0.9)

    assert (found.lower, found.upper, found.level) == pytest.approx((5, 95, 0.9))


def test_interval_holds_the_true_removal_effect_nine_times_in_ten():
    # A chain of two channels, known: from the start to A 0.6, to B 0.4; A converts 0.1, goes to B
    # 0.3, ends 0.6; B converts 0.2, ends 0.8. P = .6 (.1 + .3 * .2) + .4 * .2 = 0.176.
    truth = np.array([1 - 0.4 * 0.2 / 0.176, 1 - 0.6 * 0.1 / 0.176])
    rng, trials, customers = np.random.default_rng(11), 200, 4000
    chances = [0.6 * 0.1, 0.6 * 0.6, 0.6 * 0.3 * 0.2, 0.6 * 0.3 * 0.8, 0.4 * 0.2, 0.4 * 0.8]
    source = np.array([2, 2, 0, 0, 0, 1, 1])
    target = np.array([0, 1, 1, 2, 3, 2, 3])
    # Which move each kind of path makes, in the order of `source` and `target`.
    made = np.array(
        [
            [1, 0, 0, 1, 0, 0, 0],
            [1, 0, 0, 0, 1, 0, 0],
            [1, 0, 1, 0, 0, 1, 0],
            [1, 0, 1, 0, 0, 0, 1],
            [0, 1, 0, 0, 0, 1, 0],
            [0, 1, 0, 0, 0, 0, 1],
        ]
    )
    inside = np.zeros(2)
    for _ in range(trials):
        sizes = rng.multinomial(customers, np.full(GROUPS, 1 / GROUPS))
        counts = np.array([rng.multinomial(size, chances) for size in sizes]) @ made
        counted = markov.Moves(2, np.array([0, 1]), source, target, counts.astype(float))
        found = intervals(markov.removal_effects(counted, group_weights(GROUPS, rng)))
        inside += [one.lower <= true <= one.upper for one, true in zip(found, truth, strict=True)]

    # 200 trials at 0.9: the standard error is 0.021; three of them.
    assert inside / trials == pytest.approx([0.9, 0.9], abs=0.064)
