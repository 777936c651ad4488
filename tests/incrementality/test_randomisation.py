"""Randomisation inference: exact for drawn sets, equivariant, honest at the edges."""

import numpy as np
import pytest

from apportion.incrementality.design import reference_of_named
from apportion.incrementality.monitoring import first_crossing, look_days, spent, totals_at
from apportion.incrementality.randomisation import estimate, p_values, random_sets
from apportion.incrementality.synthetic_control import fit_sets, log_lift, simplex
from incrementality.panels import geolift, simulated


def fits_of(seed=1, *, size=4, count=200, days=90):
    data = simulated(seed)
    members = random_sets(40, size, count, np.random.default_rng(seed))
    return fit_sets(data.values[:days], members), data.values[days : days + 14].sum(axis=0)


def test_simplex_weights_are_shares_that_fit_no_worse_than_any_single_donor():
    rng = np.random.default_rng(0)
    donors, target = rng.normal(1, 0.2, (60, 12)), rng.normal(1, 0.2, 60)

    weights = simplex(donors, target)

    assert weights.sum() == pytest.approx(1)
    assert np.all(weights >= 0)
    alone = ((donors - target[:, None]) ** 2).sum(axis=0).min()
    assert ((donors @ weights - target) ** 2).sum() <= alone + 1e-9


def test_simplex_finds_the_weights_that_made_the_target():
    rng = np.random.default_rng(0)
    donors, weights = rng.normal(1, 0.2, (60, 6)), np.array([0.5, 0.3, 0.2, 0, 0, 0])

    assert simplex(donors, donors @ weights) == pytest.approx(weights, abs=1e-4)


def test_members_of_a_set_have_no_weight_in_it():
    fits, _ = fits_of()

    assert not np.any(fits.weights[fits.members])


def test_ranks_of_all_sets_are_uniform_so_a_drawn_set_errs_as_often_as_alpha_says():
    fits, outcome = fits_of()

    p = [p_values(fits, outcome, row, np.zeros(1))[0] for row in range(len(fits.members))]

    for alpha in (0.05, 0.1, 0.5):
        assert np.mean(np.array(p) <= alpha + 1e-9) <= alpha + 1e-9
    assert sorted(p) == pytest.approx(np.arange(1, 201) / 200)


@pytest.mark.parametrize("lift", [-0.2, -0.05, 0.05, 0.2])
def test_estimate_and_interval_move_with_an_injected_effect(lift):
    fits, outcome = fits_of()
    raised = np.where(fits.members[0], outcome * (1 + lift), outcome)

    before, after = estimate(fits, outcome, 0), estimate(fits, raised, 0)

    assert after.effect - before.effect == pytest.approx(np.log1p(lift))
    assert after.lower - before.lower == pytest.approx(np.log1p(lift), abs=1e-3)
    assert after.upper - before.upper == pytest.approx(np.log1p(lift), abs=1e-3)


def test_interval_excludes_exactly_what_the_test_rejects():
    fits, outcome = fits_of()

    found = estimate(fits, outcome, 3, level=0.9)

    inside = np.linspace(found.lower, found.upper, 50)[2:-2]
    assert np.all(p_values(fits, outcome, 3, inside) > 0.1)
    assert np.all(p_values(fits, outcome, 3, np.array([found.lower, found.upper])) <= 0.1)


def test_wider_levels_have_wider_intervals():
    fits, outcome = fits_of()

    narrow, wide = (estimate(fits, outcome, 0, level=level) for level in (0.8, 0.95))

    assert wide.lower < narrow.lower < narrow.upper < wide.upper


def test_named_set_comes_first_and_once_among_distinct_sets_of_its_size():
    members = reference_of_named(40, np.array([3, 17]), 200, seed=1)

    assert np.flatnonzero(members[0]).tolist() == [3, 17]
    assert len(np.unique(members, axis=0)) == len(members) == 200
    assert set(members.sum(axis=1)) == {2}


def test_all_sets_are_taken_where_there_are_few():
    assert len(reference_of_named(12, np.array([0, 1]), 200, seed=1)) == 66


def test_region_without_outcome_is_refused():
    data = simulated(1).values.copy()
    data[:90, 0] = 0

    with pytest.raises(ValueError, match="every region needs an outcome"):
        fit_sets(data[:90], random_sets(40, 2, 5, np.random.default_rng(0)))


def test_alpha_is_spent_slowly_and_wholly():
    fractions = [0.25, 0.5, 0.75, 1.0]

    assert np.all(np.diff([spent(each) for each in fractions]) > 0)
    assert spent(1.0) == pytest.approx(0.05)
    assert spent(0.5) == pytest.approx(0.00557, abs=1e-5)  # Lan and DeMets, table of alpha*_1(t)
    assert look_days(24) == [7, 14, 21, 24]


def test_looks_strike_out_no_more_sets_than_alpha_allows():
    data = simulated(2)
    members = random_sets(40, 4, 400, np.random.default_rng(0))
    fits = fit_sets(data.values[:90], members)

    totals = totals_at(data.values[:90], data.values[90:118], look_days(28))
    struck = [first_crossing(fits, totals, row, 28) is not None for row in range(400)]

    assert 0 < np.mean(struck) <= 0.05


def test_large_effect_crosses_before_the_end_and_a_look_needs_its_days():
    data = simulated(2)
    members = random_sets(40, 4, 400, np.random.default_rng(0))
    fits = fit_sets(data.values[:90], members)
    daily = data.values[90:118] * np.where(members[0], 1.4, 1.0)

    whole, early = (totals_at(data.values[:90], daily[:days], look_days(28)) for days in (28, 10))

    assert first_crossing(fits, whole, 0, 28) in (14, 21)
    assert first_crossing(fits, early, 0, 28) is None
    assert list(early) == [7]


def test_statistic_is_invariant_to_the_size_of_regions():
    data = geolift()
    members = random_sets(40, 3, 20, np.random.default_rng(0))
    size = np.exp(np.random.default_rng(1).normal(0, 1, 40))
    one = np.zeros((1, 40), dtype=bool)
    one[0, 5] = True

    plain = fit_sets(data.values[:90], one)
    scaled = fit_sets(data.values[:90] * size, one)

    totals = data.values[90:].sum(axis=0)
    assert log_lift(scaled, totals * size) == pytest.approx(log_lift(plain, totals), abs=1e-9)
    assert members.shape == (20, 40)
