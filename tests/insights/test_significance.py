"""The false-discovery rate over all metrics of a run."""

import numpy as np
import pytest
from scipy import stats

from apportion.insights.significance import discoveries, p_values, tail_degrees


def test_benjamini_and_hochberg_by_hand():
    p = np.array([0.01, 0.04, 0.03, 0.005, 0.9])

    assert discoveries(p, 0.05).tolist() == [True, True, True, True, False]
    assert discoveries(np.array([0.2, 0.3]), 0.05).tolist() == [False, False]


def test_it_agrees_with_scipy():
    p = np.random.default_rng(2).uniform(0, 1, 200) ** 3

    expected = stats.false_discovery_control(p) <= 0.1

    assert discoveries(p, 0.1).tolist() == expected.tolist()


def test_a_day_without_record_is_no_discovery():
    assert discoveries(np.array([np.nan, 1e-9])).tolist() == [False, True]


@pytest.mark.parametrize(("degrees", "low", "high"), [(4, 6, 6.5), (100, 10, 12)])
def test_tails_are_read_from_the_residuals(degrees, low, high):
    rng = np.random.default_rng(3)
    drawn = rng.standard_t(degrees, (1, 20_000))
    z = drawn / (1.4826 * np.median(np.abs(drawn)))

    assert low <= tail_degrees(z)[0] <= high


def test_p_values_are_uniform_for_the_distribution_that_is_assumed():
    drawn = np.random.default_rng(4).standard_t(6, (1, 50_000))
    z = drawn * stats.norm.ppf(0.75) / stats.t.ppf(0.75, 6)

    p = p_values(z, np.array([6.0]))

    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.005)
