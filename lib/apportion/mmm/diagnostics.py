"""Is the fit to be believed? Pass, caution or refuse, each with its reason.

The thresholds for R-hat, effective draws and divergences are those of the literature; the others
are this project's own, measured on simulated companies.

References
----------
.. [1] Vehtari, A. et al. (2021). Rank-normalization, folding, and localization: an improved R-hat
   for assessing convergence of MCMC. Bayesian Analysis 16(2).
.. [2] Gelman, A. et al. (2019). R-squared for Bayesian regression models. The American
   Statistician 73(3).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from apportion.mmm import priors
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.response import Prediction
from apportion.results.base import LEVEL, Interval
from apportion.results.mmm import Check, CheckLevel, HowSure, ModelFit, SamplerDiagnostics
from apportion.results.mmm_settings import Grain

MIN_CONTRACTION = 0.25
"""Below this share of the prior's spread removed, an estimate is mostly the prior."""

BREAK_EVEN = 1.0
"""Marginal ROI at which the next unit of spend earns itself: the decision a reader takes."""

MAX_RELATIVE_WIDTH = 2.0
LEVEL_FAIRLY = 0.8


CLEARLY_BETTER = 0.9
"""Of the miss of the model, that of one without media must be less to speak against it: over 13
weeks the two differ by a few percent by chance."""

LEAST_HOLDOUT_COVERAGE = 0.65
"""Of 13 weeks, 8 or fewer inside a right 90 % interval happen in 1 case of 150."""


class Holdout(NamedTuple):
    """How a second fit forecast weeks that it had not seen."""

    mape: float
    last_year_mape: float
    no_media_mape: float
    coverage90: float


def interval(draws: NDArray[np.float64], level: float = LEVEL) -> Interval:
    """Give the central interval of draws (n_draws,)."""
    lower, upper = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(lower=float(lower), upper=float(upper), level=level)


def mape(outcome: NDArray[np.float64], forecast: NDArray[np.float64]) -> float:
    """Give the mean absolute error as a share of the outcome, over weeks that have one."""
    there = outcome != 0
    return float(np.mean(np.abs(forecast - outcome)[there] / np.abs(outcome)[there]))


def model_fit(
    outcome: NDArray[np.float64],
    prediction: Prediction,
    residual_sd: NDArray[np.float64],
    holdout: Holdout | None,
    by_day: NDArray[np.float64] | None = None,
) -> ModelFit:
    """Give how well the model follows the training weeks.

    Parameters
    ----------
    outcome : ndarray, shape (n_weeks,)
    residual_sd : ndarray, shape (n_draws,)
        In the outcome's unit.
    holdout : Holdout, optional
        None: too few weeks for it.
    by_day : ndarray, shape (n_days,), optional
        What a daily model missed beside what the days before tell; None: it is fitted to weeks.
    """
    expected = prediction.expected.mean(0)
    error = outcome - expected
    innovation = error if by_day is None else by_day
    explained = prediction.expected.var(1)
    bayesian_r2 = explained / (explained + residual_sd**2)
    low, high = np.quantile(prediction.replicated, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return ModelFit(
        r2=float(1 - (error**2).sum() / ((outcome - outcome.mean()) ** 2).sum()),
        mape=mape(outcome, expected),
        bayesian_r2=float(bayesian_r2.mean()),
        bayesian_r2_interval=interval(bayesian_r2),
        coverage90=float(np.mean((low <= outcome) & (outcome <= high))),
        durbin_watson=float((np.diff(innovation) ** 2).sum() / (innovation**2).sum()),
        holdout_mape=holdout.mape if holdout else None,
        last_year_mape=holdout.last_year_mape if holdout else None,
        no_media_mape=holdout.no_media_mape if holdout else None,
        holdout_coverage90=holdout.coverage90 if holdout else None,
        weighted_mape=float(np.abs(error).sum() / np.abs(outcome).sum()),
        grain=Grain.WEEK if by_day is None else Grain.DAY,
    )


def contraction(fitted: FittedMMM) -> NDArray[np.float64]:
    """Give how far the data moved each channel's prior, (n_channels,).

    1 - posterior sd / prior sd of the log ROI: 1 is certainty, near 0 the estimate is the prior.
    """
    prior = priors.table(fitted.data.channel_priors)["roi_log_sd"]
    return np.asarray(1 - fitted.draws.log_roi.std(0) / prior)


def how_sure(marginal_roi: NDArray[np.float64], contracted: float) -> HowSure:
    """Say how far the decision on a channel, more or less spend, can be relied on.

    The decision is whether the next unit of spend earns more or less than itself. If the whole 90 %
    interval says the same, very sure; if the 80 % interval does, fairly sure; else not sure. Where
    the data hardly moved the prior, or the interval is wider than twice the estimate: cannot tell.

    Parameters
    ----------
    marginal_roi : ndarray, shape (n_draws,)
    """
    whole = interval(marginal_roi)
    wide = whole.upper - whole.lower > MAX_RELATIVE_WIDTH * abs(float(marginal_roi.mean()))
    if contracted < MIN_CONTRACTION or wide:
        return HowSure.CANNOT_TELL
    if _decided(whole):
        return HowSure.VERY_SURE
    if _decided(interval(marginal_roi, LEVEL_FAIRLY)):
        return HowSure.FAIRLY_SURE
    return HowSure.NOT_SURE


def convergence(found: SamplerDiagnostics) -> Check | None:
    """Say whether the chains agree, if they do not quite."""
    effective = min(found.ess_bulk, found.ess_tail)
    steps = found.chains * found.draws
    figures = (
        f"R-hat {found.r_hat:.3f}, {effective:.0f} effective draws, "
        f"{found.divergences} divergences in {steps:,}"
    )
    if found.r_hat > 1.05 or effective < 100 or found.divergences > 0.005 * steps:
        return Check(
            code="not_converged",
            level=CheckLevel.REFUSE,
            message=f"The chains disagree, so their average means nothing ({figures}). Use more "
            "weeks or fewer channels; channels whose spend moves together are the usual cause.",
        )
    if found.r_hat > 1.01 or effective < 400 or found.divergences > 0:
        return Check(
            code="marginal_convergence",
            level=CheckLevel.CAUTION,
            message=f"The chains agree only roughly ({figures}), so figures may shift a little "
            "when the model is trained again.",
        )
    return None


def checks(fitted: FittedMMM, fit: ModelFit, negative_share: float) -> tuple[Check, ...]:
    """Judge a converged model.

    Parameters
    ----------
    negative_share : float
        Share of all draws in which some week's outcome without media would be negative.
    """
    channels = fitted.data.channels
    found = (
        _negative_baseline(negative_share),
        _holdout(fit),
        _no_media(fit),
        _coverage(fit),
        _holdout_coverage(fit),
        _autocorrelation(fit),
        _mostly_prior(channels, contraction(fitted)),
        *_inseparable(channels, fitted.draws.log_roi),
    )
    return tuple(check for check in found if check is not None)


def _decided(whole: Interval) -> bool:
    return whole.lower > BREAK_EVEN or whole.upper < BREAK_EVEN


def _negative_baseline(share: float) -> Check | None:
    if share <= 0.5:
        return None
    return Check(
        code="negative_baseline",
        level=CheckLevel.REFUSE,
        message="Without media the outcome would fall below zero, so the media effects are too "
        f"large ({share:.0%} of draws; at most 50% is allowed). Add controls for what else moves "
        "the outcome, or check the spend.",
    )


def _holdout(fit: ModelFit) -> Check | None:
    if fit.holdout_mape is None or fit.last_year_mape is None:
        return None
    if fit.holdout_mape <= fit.last_year_mape:
        return None
    return Check(
        code="holdout_worse",
        level=CheckLevel.CAUTION,
        message=f"In weeks it had not seen the model misses by {fit.holdout_mape:.1%}, last year's "
        f"same weeks by only {fit.last_year_mape:.1%}. Keep the budget as it is, and look for what "
        "the model does not know.",
    )


def _no_media(fit: ModelFit) -> Check | None:
    if fit.holdout_mape is None or fit.no_media_mape is None:
        return None
    if fit.no_media_mape >= CLEARLY_BETTER * fit.holdout_mape:
        return None
    return Check(
        code="no_media_better",
        level=CheckLevel.CAUTION,
        message=f"In weeks it had not seen the model misses by {fit.holdout_mape:.1%}, the same "
        f"model without any media by only {fit.no_media_mape:.1%}: media did not help to foresee "
        "these weeks. Test the largest channel before money is moved on these figures.",
    )


def _holdout_coverage(fit: ModelFit) -> Check | None:
    if fit.holdout_coverage90 is None or fit.holdout_coverage90 >= LEAST_HOLDOUT_COVERAGE:
        return None
    return Check(
        code="holdout_coverage",
        level=CheckLevel.CAUTION,
        message=f"Only {fit.holdout_coverage90:.0%} of the weeks it had not seen lie inside their "
        "90% forecast intervals: something changed lately that the model does not know. Look for "
        "it (prices, competitors, tracking), and do not rely on its forecasts until then.",
    )


def _coverage(fit: ModelFit) -> Check | None:
    if 0.8 <= fit.coverage90 <= 0.98:
        return None
    return Check(
        code="coverage",
        level=CheckLevel.CAUTION,
        message=f"{fit.coverage90:.0%} of the weeks lie inside the 90% band, so the band does not "
        "fit the spread of the outcome. Look for single extraordinary weeks.",
    )


def _autocorrelation(fit: ModelFit) -> Check | None:
    if 1.2 <= fit.durbin_watson <= 2.8:
        return None
    time = fit.grain.value
    return Check(
        code="autocorrelation",
        level=CheckLevel.CAUTION,
        message=f"One {time}'s miss tells the next one's (Durbin-Watson "
        f"{fit.durbin_watson:.2f}, 2 is ideal): something that moves the outcome is missing. "
        "Add it as a control.",
    )


def _mostly_prior(channels: Sequence[str], contracted: NDArray[np.float64]) -> Check | None:
    named = tuple(
        channel
        for channel, value in zip(channels, contracted, strict=True)
        if value < MIN_CONTRACTION
    )
    if not named:
        return None
    return Check(
        code="mostly_prior",
        level=CheckLevel.CAUTION,
        message=f"The data say little about {', '.join(named)}: the estimate is mostly what was "
        "assumed before. Keep the spend, vary it, or test it.",
        channels=named,
    )


def _inseparable(channels: Sequence[str], log_roi: NDArray[np.float64]) -> tuple[Check, ...]:
    with np.errstate(divide="ignore", invalid="ignore"):  # an estimate known exactly has no spread
        correlation = np.atleast_2d(np.corrcoef(log_roi.T))
    pairs = np.argwhere(np.triu(correlation < -0.6, 1))
    return tuple(
        Check(
            code="inseparable",
            level=CheckLevel.CAUTION,
            message=f"{channels[a]} and {channels[b]} can hardly be told apart (correlation of "
            f"their estimates {correlation[a, b]:.2f}): what one gains the other loses. "
            "Test one of them.",
            channels=(channels[a], channels[b]),
        )
        for a, b in pairs
    )
