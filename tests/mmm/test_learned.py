"""What the data taught: decay adds up, densities are densities, and the prior is the prior."""

import numpy as np
import pytest

from apportion.mmm.learned import learned
from mmm.companies import prior_fit


@pytest.fixture(scope="module")
def fitted():
    return prior_fit(2, size=400, weeks=60, channels=3)


def area(each, density):
    return np.trapezoid(density, np.log(each.roi))


def test_an_effect_is_spread_over_the_weeks_and_no_more(fitted):
    for each in learned(fitted):
        assert sum(each.decay) == pytest.approx(1)
        assert np.all(np.diff(each.decay) <= 0)
        assert np.all(np.array(each.decay_lower) <= each.decay)
        assert np.all(np.array(each.decay_upper) >= each.decay)


def test_both_densities_have_an_area_of_one(fitted):
    for each in learned(fitted):
        assert area(each, each.prior_density) == pytest.approx(1, abs=0.01)
        assert area(each, each.posterior_density) == pytest.approx(1, abs=0.03)


def test_draws_from_the_prior_look_like_the_prior(fitted):
    for each in learned(fitted):
        gap = np.abs(np.array(each.prior_density) - each.posterior_density)
        assert gap.max() < 0.15 * max(each.prior_density)


def test_a_return_that_is_known_is_a_spike_where_it_lies():
    known = prior_fit(2, size=200, weeks=60, channels=1, log_roi=0.7)
    spread = np.random.default_rng(1).normal(0, 0.05, 200)
    known.draws.log_roi[:, 0] += spread

    (each,) = learned(known)

    top = each.roi[int(np.argmax(each.posterior_density))]
    assert np.log(top) == pytest.approx(0.7, abs=0.1)
    assert max(each.posterior_density) > 4 * max(each.prior_density)


def test_a_return_without_any_spread_has_no_density():
    (each,) = learned(prior_fit(2, size=20, weeks=60, channels=1, log_roi=0.7))

    assert max(each.posterior_density) == 0
