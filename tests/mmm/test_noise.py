"""The noise of days: found where there is some, and simulated as it was found."""

import numpy as np
import pytest

from apportion.mmm import noise

AUTOREGRESSION = np.array([0.5, 0.0, 0.3])


def simulated(seed, coefficients, rows=730):
    rng = np.random.default_rng(seed)
    return noise.drawn(rng.standard_normal((1, rows + noise.burn_in(coefficients))), coefficients)[
        0
    ]


def lasting(seed, stays, share):
    """Noise of which `share` of the variance lasts, standard deviation 1."""
    own = np.random.default_rng(seed).standard_normal(730)
    lasts = simulated(1000 + seed, np.array([stays])) * np.sqrt(1 - stays**2)
    return np.sqrt(share) * lasts + np.sqrt(1 - share) * own


@pytest.mark.parametrize(
    ("stays", "share"),
    [(0.5, 0.0), (0.7, 0.3), (0.85, 1.0), (0.9, 0.2)],
    ids=["independent days", "some lasts", "all lasts", "a little lasts long"],
)
def test_what_lasts_is_found_below_what_explains_the_outcome(stays, share):
    rng = np.random.default_rng(2)
    slow = np.array(
        [np.convolve(each, np.ones(28) / 5, "valid") for each in rng.normal(size=(8, 757))]
    )
    columns = np.column_stack([slow.T, rng.standard_normal((730, 20))])
    moved = columns @ rng.standard_normal(28)
    spreads = {7: [], 28: []}
    for seed in range(6):
        found = noise.autoregression(moved + lasting(seed, stays, share), columns)
        own = np.std(noise.whitened(lasting(seed, stays, share), found)[14:])
        for days, each in spreads.items():
            each.append(own * noise.deviation_of_sum(found, days))

    for days, each in spreads.items():
        lag = np.arange(1, days)
        variance = days + 2 * ((days - lag) * share * stays**lag).sum()
        assert np.mean(each) == pytest.approx(np.sqrt(variance), rel=0.15)


def test_an_outcome_that_is_explained_wholly_has_none():
    columns = np.random.default_rng(3).standard_normal((100, 3))

    assert len(noise.autoregression(np.zeros(100), columns)) == 0


def test_whitening_gives_the_innovations_back():
    innovations = np.random.default_rng(4).standard_normal((2, 400))
    after = innovations[:, noise.burn_in(AUTOREGRESSION) + 3 :]

    found = noise.whitened(noise.drawn(innovations, AUTOREGRESSION).T, AUTOREGRESSION).T

    assert found[:, 3:] == pytest.approx(after)


def test_whitening_is_nothing_without_an_autoregression():
    values = np.random.default_rng(5).standard_normal((30, 2))

    assert np.array_equal(noise.whitened(values, np.zeros(0)), values)


@pytest.mark.parametrize("coefficients", [np.zeros(0), np.array([0.85]), AUTOREGRESSION])
def test_sums_of_days_spread_as_they_are_said_to(coefficients):
    drawn = simulated(6, coefficients, rows=7 * 4_000).reshape(-1, 7).sum(1)

    assert noise.deviation_of_sum(coefficients, 7) == pytest.approx(drawn.std(), rel=0.05)
