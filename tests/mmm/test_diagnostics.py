"""Checks: what passes, what is said with caution, what is refused, and how sure a channel is."""

from dataclasses import replace

import numpy as np
import pytest

from apportion.mmm import diagnostics, priors
from apportion.mmm.diagnostics import Holdout
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.priors import ChannelPrior
from apportion.mmm.response import Prediction
from apportion.results.base import Interval
from apportion.results.mmm import CheckLevel, HowSure, ModelFit, SamplerDiagnostics
from mmm.companies import media_mix_data, prior_draws

HOLDOUT = Holdout(mape=0.05, last_year_mape=0.1, no_media_mape=0.08, coverage90=0.92)

GOOD = SamplerDiagnostics(
    r_hat=1.002, ess_bulk=1500, ess_tail=1200, divergences=0, chains=4, draws=1000, tune=800
)
FIT = ModelFit(
    r2=0.9,
    mape=0.05,
    bayesian_r2=0.9,
    bayesian_r2_interval=Interval(lower=0.88, upper=0.92),
    coverage90=0.9,
    durbin_watson=2.0,
    holdout_mape=0.05,
    last_year_mape=0.1,
    no_media_mape=0.2,
    holdout_coverage90=0.92,
)


def learned(*, spread=0.1, size=1000, correlation=0.0):
    """Give log ROI draws of two channels with this posterior sd."""
    covariance = spread**2 * np.array([[1, correlation], [correlation, 1]])
    return np.random.default_rng(1).multivariate_normal([0.2, 0.2], covariance, size)


def judged(fit=FIT, log_roi=None, negative_share=0.0):
    return diagnostics.checks(
        fit_with(learned() if log_roi is None else log_roi), fit, negative_share
    )


def fit_with(log_roi, names=("tv", "search"), given=()):
    """Give a model with these draws of the log ROI; nothing else in it is looked at."""
    data = replace(media_mix_data(np.ones((30, len(names))), np.ones(30)), channels=names)
    draws = prior_draws(len(log_roi), len(names), np.random.default_rng(1), log_roi=log_roi)
    return FittedMMM(draws, replace(data, priors=given))


def test_agreeing_chains_pass():
    assert diagnostics.convergence(GOOD) is None


@pytest.mark.parametrize(
    ("change", "code", "figure"),
    [
        ({"r_hat": 1.02}, "marginal_convergence", "R-hat 1.020"),
        ({"r_hat": 1.06}, "not_converged", "R-hat 1.060"),
        ({"ess_bulk": 399}, "marginal_convergence", "399 effective draws"),
        ({"ess_tail": 99}, "not_converged", "99 effective draws"),
        ({"divergences": 1}, "marginal_convergence", "1 divergences in 4,000"),
        ({"divergences": 20}, "marginal_convergence", "20 divergences"),
        ({"divergences": 21}, "not_converged", "21 divergences"),
    ],
)
def test_disagreeing_chains_are_named_with_their_figures(change, code, figure):
    check = diagnostics.convergence(GOOD.model_copy(update=change))

    assert check.code == code
    assert figure in check.message
    assert check.level == (CheckLevel.REFUSE if code == "not_converged" else CheckLevel.CAUTION)


def test_a_good_model_has_no_remarks():
    assert judged() == ()


@pytest.mark.parametrize(
    ("change", "code", "figure"),
    [
        ({"holdout_mape": 0.12}, "holdout_worse", "12.0%"),
        ({"coverage90": 0.79}, "coverage", "79%"),
        ({"coverage90": 0.99}, "coverage", "99%"),
        ({"durbin_watson": 1.1}, "autocorrelation", "1.10"),
        ({"durbin_watson": 2.9}, "autocorrelation", "2.90"),
        ({"no_media_mape": 0.04}, "no_media_better", "4.0%"),
        ({"holdout_coverage90": 0.6}, "holdout_coverage", "60%"),
    ],
)
def test_a_doubtful_fit_is_named_with_its_figure(change, code, figure):
    (check,) = judged(FIT.model_copy(update=change))

    assert (check.code, check.level) == (code, CheckLevel.CAUTION)
    assert figure in check.message


def test_a_model_without_holdout_is_not_judged_by_it():
    without = FIT.model_copy(
        update={
            "holdout_mape": None,
            "last_year_mape": None,
            "no_media_mape": None,
            "holdout_coverage90": None,
        }
    )

    assert judged(without) == ()


def test_a_baseline_below_zero_is_refused_with_the_share():
    (check,) = judged(negative_share=0.51)

    assert (check.code, check.level) == ("negative_baseline", CheckLevel.REFUSE)
    assert "51% of draws" in check.message
    assert judged(negative_share=0.49) == ()


def test_channels_that_the_data_did_not_move_are_named():
    log_roi = learned()
    log_roi[:, 1] = np.random.default_rng(2).normal(0.2, 0.8 * priors.ROI_LOG_SD, 1000)

    (check,) = judged(log_roi=log_roi)

    assert (check.code, check.channels) == ("mostly_prior", ("search",))


def test_channels_whose_estimates_trade_off_are_named():
    (check,) = judged(log_roi=learned(correlation=-0.8))

    assert (check.code, check.channels) == ("inseparable", ("tv", "search"))


def test_contraction_is_none_for_the_prior_and_whole_for_certainty():
    draws = np.random.default_rng(3).normal(0, priors.ROI_LOG_SD, (20_000, 1))

    assert diagnostics.contraction(fit_with(draws, ("tv",))) == pytest.approx([0], abs=0.02)
    assert diagnostics.contraction(fit_with(np.ones((10, 1)), ("tv",))) == pytest.approx([1])


def test_contraction_is_held_against_the_channels_own_prior():
    sure = ChannelPrior(roi_log_sd=0.3)
    draws = np.random.default_rng(3).normal(0, 0.3, (20_000, 1))

    assert diagnostics.contraction(fit_with(draws, ("tv",), (sure,))) == pytest.approx(
        [0], abs=0.02
    )


@pytest.mark.parametrize(
    ("centre", "spread", "contracted", "sure"),
    [
        (2.0, 0.3, 0.6, HowSure.VERY_SURE),
        (0.5, 0.1, 0.6, HowSure.VERY_SURE),
        (1.3, 0.2, 0.6, HowSure.FAIRLY_SURE),
        (1.1, 0.2, 0.6, HowSure.NOT_SURE),
        (2.0, 0.3, 0.24, HowSure.CANNOT_TELL),
        (1.0, 0.7, 0.6, HowSure.CANNOT_TELL),
    ],
    ids=["more", "less", "80 % only", "around 1", "mostly prior", "too wide"],
)
def test_how_sure_follows_from_the_decision(centre, spread, contracted, sure):
    draws = np.random.default_rng(4).normal(centre, spread, 20_000)

    assert diagnostics.how_sure(draws, contracted) == sure


def test_mape_leaves_out_weeks_without_an_outcome():
    outcome, forecast = np.array([0.0, 100.0, 200.0]), np.array([5.0, 110.0, 180.0])

    assert diagnostics.mape(outcome, forecast) == pytest.approx(0.1)


def test_fit_of_a_perfect_model_with_noise_of_known_size():
    rng = np.random.default_rng(5)
    expected = 100 + 10 * np.sin(np.arange(400.0))
    outcome = expected + rng.normal(0, 5, 400)
    draws = np.tile(expected, (2000, 1))
    prediction = Prediction(draws, draws + rng.normal(0, 5, draws.shape))

    fit = diagnostics.model_fit(outcome, prediction, np.full(2000, 5.0), HOLDOUT)

    # The wave has a variance of 50, the noise one of 25.
    assert fit.bayesian_r2 == pytest.approx(50 / 75, abs=0.01)
    assert fit.r2 == pytest.approx(50 / 75, abs=0.06)
    assert fit.mape == pytest.approx(5 * np.sqrt(2 / np.pi) / 100, rel=0.15)
    assert fit.coverage90 == pytest.approx(0.9, abs=0.05)
    assert fit.durbin_watson == pytest.approx(2, abs=0.3)
    assert fit.weighted_mape == pytest.approx(fit.mape, rel=0.1)
    assert (fit.holdout_mape, fit.last_year_mape) == (0.05, 0.1)
    assert (fit.no_media_mape, fit.holdout_coverage90) == (0.08, 0.92)
