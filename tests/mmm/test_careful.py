"""The careful budget: against brute force, against the mean's split, and its proved bound."""

import itertools

import numpy as np
import pytest

from apportion.mmm.budget import optimise
from apportion.mmm.careful import optimise_carefully, worst_mean, worst_weights


def companies(seed, *, channels=3, draws=80, slope=(1.0, 1.3)):
    """Give random Hill curves, (n_draws, n_channels) parameters each."""
    rng = np.random.default_rng(seed)
    shape = (draws, channels)
    top = rng.lognormal(1, 0.4, channels) * rng.lognormal(0, rng.uniform(0.1, 0.7, channels), shape)
    half = rng.lognormal(1.5, 0.3, shape)
    steep = rng.uniform(*slope, channels) * rng.lognormal(0, 0.05, shape)
    return [_hills(top[:, row], half[:, row], steep[:, row]) for row in range(channels)]


def _hills(top, half, slope):
    def curve(spend):
        spend = np.maximum(np.asarray(spend, float), 1e-9)[None, :]
        effect = 1 / (1 + (half[:, None] / spend) ** slope[:, None])
        return top[:, None] * effect, (top * slope)[:, None] * effect * (1 - effect) / spend

    return curve


def revenue(curves, split):
    return sum(
        curve(np.array([spend]))[0][:, 0] for curve, spend in zip(curves, split, strict=True)
    )


def mean_of(curve):
    return lambda spend: tuple(part.mean(0) for part in curve(spend))


BASE = np.zeros(80)
NONE, ALL = np.zeros(3), np.full(3, 10.0)


def careful(curves, lower=NONE, upper=ALL, **more):
    return optimise_carefully(curves, 10.0, lower, upper, base=BASE, **more)


@pytest.mark.parametrize("seed", range(4))
def test_no_split_of_a_grid_has_a_better_worst_quarter(seed):
    curves = companies(seed)
    shares = np.linspace(0, 10, 41)
    grid = [(a, b, 10 - a - b) for a, b in itertools.product(shares, shares) if a + b <= 10]
    best = max(worst_mean(revenue(curves, split)) for split in grid)

    split, bound = careful(curves)

    assert split.sum() == pytest.approx(10)
    assert worst_mean(revenue(curves, split)) >= best * (1 - 1e-4)
    assert bound >= best * (1 - 1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_is_near_where_curves_are_concave(seed):
    curves = companies(seed, slope=(1.0, 1.0))

    split, bound = careful(curves)

    assert bound == pytest.approx(worst_mean(revenue(curves, split)), rel=3e-3)


@pytest.mark.parametrize("seed", range(4))
def test_the_worst_quarter_is_not_worse_than_that_of_the_best_mean(seed):
    curves = companies(seed)
    risky = optimise([mean_of(curve) for curve in curves], 10.0, NONE, ALL)

    split, _ = careful(curves)

    assert worst_mean(revenue(curves, split)) >= worst_mean(revenue(curves, risky)) * (1 - 1e-9)
    assert revenue(curves, split).mean() <= revenue(curves, risky).mean() * (1 + 1e-6)


def test_an_uncertain_channel_gets_less_than_its_mean_deserves():
    spread = np.exp(np.random.default_rng(1).normal(0, 1, 80))
    sure = _hills(np.full(80, 5.0), np.full(80, 4.0), np.ones(80))
    unsure = _hills(5 * spread / spread.mean(), np.full(80, 4.0), np.ones(80))

    split, _ = optimise_carefully([sure, unsure], 10.0, np.zeros(2), np.full(2, 10.0), base=BASE)

    assert split[1] < 0.4 * split[0]


def test_limits_are_kept():
    lower, upper = np.array([1.0, 2, 3]), np.array([2.0, 5, 9])

    split, _ = careful(companies(9), lower, upper)

    assert np.all(split >= lower - 1e-9)
    assert np.all(split <= upper + 1e-9)
    assert split.sum() == pytest.approx(10)


def test_revenue_that_the_split_does_not_change_moves_the_bound_alone():
    curves = companies(2)
    base = np.full(80, 7.0)

    split, bound = careful(curves)
    other, higher = optimise_carefully(curves, 10.0, NONE, ALL, base=base)

    assert other == pytest.approx(split, abs=0.02)
    assert higher == pytest.approx(bound + 7, rel=1e-6)


def test_the_worst_quarter_is_the_mean_of_the_smallest_quarter():
    draws = np.array([8.0, 1, 5, 3, 7, 2, 6, 4])

    assert worst_mean(draws) == 1.5
    assert worst_weights(draws).tolist() == [0, 0.5, 0, 0, 0, 0.5, 0, 0]
