"""Money from draws: every closed form against the definition, worked out the long way."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from apportion.mmm import response
from apportion.mmm.adstock import LAGS, adstock
from apportion.mmm.baseline import design, unexplained_spend
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.priors import ChannelPrior
from apportion.mmm.saturation import hill
from mmm.companies import media_mix_data, prior_draws, prior_fit, with_baseline


def steady_fit(size=20, weeks=60, **fixed):
    """Give a fit of one channel that spends the same every week."""
    rng = np.random.default_rng(4)
    data = media_mix_data(np.full((weeks, 1), 50.0), np.linspace(900, 1100, weeks))
    return FittedMMM(with_baseline(prior_draws(size, 1, rng, **fixed), data, rng), data)


def revenue(fitted, spend):
    """Media revenue of any spend (n_rows, n_channels) by the model's equation."""
    draws, data = fitted.draws, fitted.data
    carried = adstock(spend / data.spend.mean(0), draws.alpha)
    effect = hill(carried, draws.half_saturation[..., None], draws.slope[..., None])
    return data.outcome.mean() * draws.beta[..., None] * effect


def test_contribution_is_what_is_lost_without_the_channel():
    fitted = prior_fit(1)
    without = fitted.data.spend.copy()
    without[:, 1] = 0

    lost = revenue(fitted, fitted.data.spend) - revenue(fitted, without)

    assert response.contribution(fitted)[:, 1] == pytest.approx(lost[:, 1], abs=1e-6)
    assert lost[:, [0, 2]] == pytest.approx(0)


def test_roi_of_all_weeks_counts_carry_over_beyond_the_last_week():
    fitted = prior_fit(2)
    spend = fitted.data.spend
    later = np.vstack([spend, np.tile(spend.mean(0), (LAGS - 1, 1))])
    dark = later.copy()
    dark[: len(spend)] = 0

    lost = (revenue(fitted, later) - revenue(fitted, dark)).sum(-1)

    found = response.returns(fitted, 0, len(spend)).roi
    assert found == pytest.approx(lost / spend.sum(0), rel=1e-6)


def test_roi_of_a_window_in_the_middle_keeps_the_spend_around_it():
    fitted = prior_fit(3)
    dark = fitted.data.spend.copy()
    dark[40:53] = 0

    lost = (revenue(fitted, fitted.data.spend) - revenue(fitted, dark)).sum(-1)

    found = response.returns(fitted, 40, 53).roi
    assert found == pytest.approx(lost / fitted.data.spend[40:53].sum(0), rel=1e-6)


def test_marginal_roi_is_the_derivative_of_revenue():
    fitted = prior_fit(4)
    step = 1e-5
    up, down = fitted.data.spend.copy(), fitted.data.spend.copy()
    up[40:53] *= 1 + step
    down[40:53] *= 1 - step

    gained = (revenue(fitted, up) - revenue(fitted, down)).sum(-1)

    found = response.returns(fitted, 40, 53).marginal_roi
    assert found == pytest.approx(gained / (2 * step * fitted.data.spend[40:53].sum(0)), rel=1e-5)


def test_a_concave_channel_earns_less_with_the_next_unit_than_on_average():
    fitted = prior_fit(5, slope=1.0)

    found = response.returns(fitted, 52, 104)

    assert np.all(found.marginal_roi < found.roi)


def test_a_window_without_spend_has_no_return():
    fitted = prior_fit(6)
    fitted.data.spend[90:, 0] = 0

    found = response.returns(fitted, 90, 104)

    assert np.all(np.isnan(found.roi[:, 0]))
    assert np.all(np.isfinite(found.roi[:, 1]))


def test_curve_rises_from_nothing_through_the_current_contribution():
    fitted = prior_fit(7)
    scales = np.array([0.0, 0.5, 1.0, 2.0, 4.0])

    curve = response.curve(fitted, scales, 52, 104)

    current = response.contribution(fitted)[..., 52:].mean(-1)
    assert curve[..., 0] == pytest.approx(0, abs=1e-6)
    assert curve[..., 2] == pytest.approx(current)
    assert np.all(np.diff(curve) > 0)


def test_steady_spend_saturates_where_the_formula_says():
    fitted = steady_fit(alpha=0.3)
    slope, half = fitted.draws.slope, fitted.draws.half_saturation

    found = response.saturation_scale(fitted, 20, 60)

    # Elasticity 1/2 of a Hill curve; spend is 1 mean week.
    assert found == pytest.approx(half * (2 * slope - 1) ** (1 / slope), rel=1e-6)


def test_at_the_saturation_point_the_next_unit_earns_half_of_the_average():
    fitted = prior_fit(8, size=5)
    scale = response.saturation_scale(fitted, 52, 104)

    step = 1e-5
    for draw, channel in np.ndindex(scale.shape):
        at = scale[draw, channel] * np.array([1 - step, 1, 1 + step])
        below, average, above = response.curve(fitted, at, 52, 104)[draw, channel]
        elasticity = (above - below) / (2 * step) / average
        assert elasticity == pytest.approx(0.5, abs=1e-4)


def test_mean_curves_are_the_mean_of_the_curves_with_their_slope():
    fitted = prior_fit(9, size=200)
    current = fitted.data.spend[52:].mean(0)
    scales = np.array([0.31, 0.77, 1.0, 1.49])
    step = 1e-5

    curves = response.mean_curves(fitted, 52, 104, max_scale=1.5)

    exact = response.curve(fitted, scales, 52, 104).mean(0)
    above, below = (
        response.curve(fitted, scales * (1 + sign * step), 52, 104).mean(0) for sign in (1, -1)
    )
    for channel, curve in enumerate(curves):
        value, slope = curve(scales * current[channel])
        assert value == pytest.approx(exact[channel], rel=1e-6)
        numeric = (above - below)[channel] / (2 * step * scales * current[channel])
        assert slope == pytest.approx(numeric, rel=1e-4)


def test_mean_curve_of_a_silent_channel_is_nothing():
    fitted = prior_fit(10)
    fitted.data.spend[52:, 0] = 0

    value, slope = response.mean_curves(fitted, 52, 104)[0](np.array([0.0, 10.0]))

    assert value.tolist() == [0, 0]
    assert slope.tolist() == [0, 0]


def test_prediction_has_the_moments_of_the_exact_conditional():
    size, sigma = 20_000, 0.05
    fitted = steady_fit(size, 40, alpha=0.3, half_saturation=1.0, slope=1.2, beta=0.2, sigma=sigma)
    data = fitted.data
    spend = np.vstack([data.spend, np.full((5, 1), 80.0)])
    controls = np.zeros((45, 0))

    found = response.predict(fitted, spend, controls, np.random.default_rng(1))

    scale = data.outcome.mean()
    media = revenue(fitted, spend)[0, 0] / scale
    columns = design(controls, 40)
    seen = columns[:40]
    covariance = np.linalg.inv(np.eye(columns.shape[1]) + seen.T @ seen / sigma**2)
    mean = media + columns @ covariance @ seen.T @ (data.outcome / scale - media[:40]) / sigma**2
    spread = np.sqrt(np.einsum("rk,kl,rl->r", columns, covariance, columns))
    five_errors = 5 / np.sqrt(size)
    assert found.expected.mean(0) / scale == pytest.approx(mean, abs=five_errors * spread.max())
    assert found.expected.std(0) / scale == pytest.approx(spread, rel=five_errors)
    whole = np.sqrt(spread**2 + sigma**2)
    assert found.replicated.std(0) / scale == pytest.approx(whole, rel=five_errors)
    upper = (mean + norm.ppf(0.95) * whole) * scale
    # A share of 5 % among 20,000 has a standard error of 0.15 points.
    assert (found.replicated > upper).mean(0) == pytest.approx(np.full(45, 0.05), abs=0.0078)


@pytest.mark.parametrize("margin", [1.0, 0.5])
def test_break_even_is_where_the_next_unit_times_the_margin_is_one(margin):
    fitted = steady_fit(20, alpha=1e-9, half_saturation=1.0, slope=1.0, beta=0.4, sigma=0.05)
    top = 0.4 * fitted.data.outcome.mean() / 50  # revenue of the first unit of spend

    found = response.break_even_scale(fitted, 20, 60, margin=margin)

    # Hill of slope 1 in steady spend s: the next unit earns top / (1 + s)^2.
    assert found == pytest.approx(np.full((20, 1), np.sqrt(margin * top) - 1), rel=1e-3)


def test_break_even_is_zero_where_no_unit_earns_itself_and_far_where_all_do():
    poor = steady_fit(5, alpha=0.2, half_saturation=1.0, slope=1.0, beta=0.01, sigma=0.05)
    rich = steady_fit(5, alpha=0.2, half_saturation=1000.0, slope=1.0, beta=900.0, sigma=0.05)

    assert not response.break_even_scale(poor, 20, 60).any()
    assert (response.break_even_scale(rich, 20, 60) > response.MAX_SCALE).all()


def test_s_shaped_curves_break_even_at_the_far_end():
    fitted = steady_fit(5, alpha=1e-9, half_saturation=1.0, slope=3.0, beta=0.4, sigma=0.05)

    scale = response.break_even_scale(fitted, 20, 60)[0, 0]

    around = response.curve(fitted, np.array([scale * 0.99, scale, scale * 1.01]), 20, 60)[0, 0]
    earned = np.diff(around) / (0.01 * scale * 50)
    assert earned[0] > 1 > earned[1]


def test_demand_that_budgets_follow_is_noise_ahead_and_explained_before():
    fitted = prior_fit(9, size=4000, weeks=60, channels=1, sigma=1e-6)
    told = replace(fitted.data, priors=(ChannelPrior(allowance_mean=0.05, allowance_sd=1e-9),))
    certain = replace(fitted, data=told)
    spend = np.vstack([told.spend, told.spend[:8]])
    controls = np.vstack([told.controls, told.controls[:8]])

    found = response.predict(certain, spend, controls, np.random.default_rng(1))

    noise = (found.replicated - found.expected) / told.outcome.mean()
    assert noise[:, :60].std() < 1e-5
    # One standard deviation of unexplained spend moves 5 % of a mean week.
    assert noise[:, 60:].std() == pytest.approx(0.05, rel=0.05)
    assert noise[:, 60:].mean() == pytest.approx(0, abs=0.004)
    # It lasts: neighbouring weeks move together as the spend does.
    own = unexplained_spend(told)[:, 0]
    expected = np.mean(own * np.roll(own, -1))
    assert np.corrcoef(noise[:, 62], noise[:, 63])[0, 1] == pytest.approx(expected, abs=0.08)
