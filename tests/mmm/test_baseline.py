"""The baseline integrated out: the same distribution as if every coefficient had been kept."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from apportion.mmm.baseline import coefficients, design, rotation


def controls(rows, seed=1):
    return np.random.default_rng(seed).normal(3.0, 2.0, (rows, 2))


def test_forecast_rows_do_not_change_the_design_of_the_training_weeks():
    given = controls(80)

    longer = design(given, n_rows=60)

    assert np.allclose(longer[:60], design(given[:60], n_rows=60))


def test_trend_stops_bending_where_the_data_end():
    longer = design(np.zeros((80, 0)), n_rows=60)

    bends = longer[:, 2:8]
    assert np.allclose(bends[60:], bends[59])


def test_season_repeats_after_a_year():
    season = design(np.zeros((105, 0)), n_rows=105)[:, 8:]

    assert np.allclose(season[:53], season[52:], atol=0.01)


def test_controls_have_the_prior_spread_whatever_their_unit():
    scaled = design(np.column_stack([controls(60), 1e6 * controls(60)]), n_rows=60)[:, -4:]

    assert scaled.std(0) == pytest.approx([0.15] * 4)
    assert np.allclose(scaled[:, :2], scaled[:, 2:])


def test_rotated_weeks_have_the_density_of_the_whole_covariance():
    rng = np.random.default_rng(2)
    columns, sigma = design(controls(40), n_rows=40), 0.07
    residual = rng.standard_normal(40)

    rotate, explained = rotation(columns)

    by_direction = norm.logpdf(rotate @ residual, 0, np.sqrt(sigma**2 + explained)).sum()
    covariance = sigma**2 * np.eye(40) + columns @ columns.T
    whole = multivariate_normal.logpdf(residual, np.zeros(40), covariance)
    assert by_direction == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("weeks", [40, 12], ids=["more weeks than columns", "fewer"])
def test_coefficients_have_the_moments_of_bayesian_regression(weeks):
    rng = np.random.default_rng(3)
    columns, sigma = design(controls(weeks), n_rows=weeks), 0.2
    outcome = rng.standard_normal(weeks)
    size = 40_000

    drawn = coefficients(columns, np.tile(outcome, (size, 1)), np.full(size, sigma), rng)

    covariance = np.linalg.inv(np.eye(columns.shape[1]) + columns.T @ columns / sigma**2)
    mean = covariance @ columns.T @ outcome / sigma**2
    # Standard errors of 40,000 draws: at most 1 / 200 of a prior sd of 1; five of them.
    assert drawn.mean(0) == pytest.approx(mean, abs=5 / np.sqrt(size))
    assert np.cov(drawn.T) == pytest.approx(covariance, abs=5 * np.sqrt(2 / size))
