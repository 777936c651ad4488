"""What is shown: it adds up, it keeps what cannot be told, and it survives odd channels."""

import numpy as np
import pytest

from apportion.mmm import response, summary
from apportion.results.mmm import HowSure
from mmm.companies import prior_fit


def known_fit(seed=1, **fixed):
    """Give a fit whose channels are all well known."""
    return prior_fit(seed, size=100, log_roi=0.2, **fixed)


def test_channels_share_all_of_media():
    effects = summary.effects(known_fit())

    assert sum(row.contribution_percent for row in effects.channels) == pytest.approx(100)
    assert sum(row.revenue_percent for row in effects.channels) == pytest.approx(
        effects.media_percent
    )


def test_estimates_lie_inside_their_intervals():
    for row in summary.effects(known_fit()).channels:
        for name in ("contribution_percent", "contribution", "revenue_percent", "marginal_roi"):
            whole = getattr(row, f"{name}_interval")
            assert whole.lower <= getattr(row, name) <= whole.upper


def test_estimates_are_those_of_the_last_year():
    fitted = known_fit()

    effects = summary.effects(fitted)

    last_year = response.contribution(fitted)[..., 52:].sum(-1).mean(0)
    assert [row.contribution for row in effects.channels] == pytest.approx(last_year.tolist())
    assert [row.current_spend for row in effects.channels] == pytest.approx(
        fitted.data.spend[52:].mean(0).tolist()
    )


def test_curve_passes_through_current_spend_and_contribution():
    effects = summary.effects(known_fit())

    for row, curve in zip(effects.channels, effects.curves, strict=True):
        here = min(curve.curve, key=lambda point: abs(point.spend - row.current_spend))
        assert here.spend == pytest.approx(row.current_spend)
        assert here.revenue == pytest.approx(row.contribution / 52)
        assert curve.curve[0].spend == 0
        assert curve.curve[-1].spend >= 2 * row.current_spend * (1 - 1e-9)


def test_saturation_point_lies_on_its_curve():
    effects = summary.effects(known_fit(half_saturation=2.0))

    for row, curve in zip(effects.channels, effects.curves, strict=True):
        assert row.saturation_point < curve.curve[-1].spend
        whole = row.saturation_point_interval
        assert whole.lower <= row.saturation_point <= whole.upper


def test_saturation_point_beyond_six_times_the_spend_is_not_given():
    (row, *_) = summary.effects(known_fit(half_saturation=50.0)).channels

    assert row.saturation_point is None
    assert row.saturation_point_interval is None


def test_best_split_spends_the_same_and_earns_more():
    fitted = known_fit(beta=np.array([0.3, 0.1, 0.2]), alpha=0.3, half_saturation=1.0, slope=1.0)

    channels = summary.effects(fitted).channels

    current, best = (
        np.array([getattr(row, name) for row in channels])
        for name in ("current_spend", "optimal_spend")
    )
    curves = response.mean_curves(fitted, 52, 104)
    earned, earned_best = (
        sum(curve(spend[i : i + 1])[0][0] for i, curve in enumerate(curves))
        for spend in (current, best)
    )
    assert all(row.how_sure is not HowSure.CANNOT_TELL for row in channels)
    assert best.sum() == pytest.approx(current.sum())
    assert np.all((best >= 0.5 * current - 1e-6) & (best <= 1.5 * current + 1e-6))
    assert earned_best > earned * 1.001


def test_a_channel_that_cannot_be_told_keeps_its_spend():
    fitted = known_fit(beta=np.array([0.3, 0.1, 0.2]), alpha=0.3, half_saturation=1.0, slope=1.0)
    fitted.draws.log_roi[:, 1] = np.random.default_rng(1).normal(0.2, 0.9, 100)

    channels = summary.effects(fitted).channels

    assert channels[1].how_sure is HowSure.CANNOT_TELL
    assert channels[1].optimal_spend == channels[1].current_spend
    assert channels[0].optimal_spend != pytest.approx(channels[0].current_spend, rel=1e-3)


def test_a_model_that_forecasts_badly_recommends_no_change():
    channels = summary.effects(known_fit(), keep_budget=True).channels

    assert [row.optimal_spend for row in channels] == [row.current_spend for row in channels]


def test_a_channel_silent_in_the_last_year_is_shown_by_its_earlier_weeks():
    fitted = known_fit()
    fitted.data.spend[40:, 1] = 0

    effects = summary.effects(fitted)

    row = effects.channels[1]
    assert row.current_spend == row.optimal_spend == 0
    assert row.how_sure is HowSure.CANNOT_TELL
    assert row.current_roi == pytest.approx(response.returns(fitted, 0, 104).roi[:, 1].mean())
    assert effects.curves[1].curve[-1].spend > 0
    assert summary.Window.of(fitted).silent == (False, True, False)


def test_with_less_than_a_year_all_weeks_are_the_window():
    window = summary.Window.of(known_fit(weeks=40))

    assert (window.start, window.stop) == (0, 40)


def test_every_week_is_split_without_remainder():
    fitted = known_fit()
    data = fitted.data
    prediction = response.predict(fitted, data.spend, data.controls, np.random.default_rng(1))

    split = summary.decomposition(fitted, prediction)

    parts = np.array(split.baseline) + sum(np.array(part) for part in split.channels.values())
    assert parts == pytest.approx(np.array(split.expected))
    assert np.all(np.array(split.expected_lower) < np.array(split.expected_upper))
    assert split.weeks[0].isoformat() == "2024-01-01"
    assert len(split.weeks) == len(split.observed) == 104
