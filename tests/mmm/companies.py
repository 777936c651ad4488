"""Simulated companies: weekly spend and an outcome whose cause is known.

The media parameters are drawn from the model's own prior, so that an honest 90 % interval holds the
truth in 90 % of the channels; the baseline has a trend, a season and two controls.
"""

from dataclasses import dataclass, replace

import numpy as np

from apportion.mmm import baseline, priors
from apportion.mmm.adstock import adstock
from apportion.mmm.data import MediaMixData
from apportion.mmm.days import Rows
from apportion.mmm.noise import drawn, whitened
from apportion.mmm.posterior import Draws, FittedMMM
from apportion.mmm.saturation import hill


@dataclass(frozen=True)
class Company:
    """What the model may see, and what caused it."""

    data: MediaMixData
    contribution: np.ndarray
    """Incremental outcome, (n_channels, n_weeks)."""

    @property
    def roi(self):
        return self.contribution.sum(1) / self.data.spend.sum(0)


def company(seed, *, weeks=104, channels=6, together=0.3, media_share=0.3, noise=0.04):
    """Simulate a company; `together` is the share of spend's movement common to all."""
    rng = np.random.default_rng(seed)
    spend = _flights(rng, weeks, channels, together)
    data = media_mix_data(spend, np.ones(weeks), controls=_controls(rng, weeks))
    truth = prior_draws(1, channels, rng)
    effect = _effects(data, truth)[0]
    roi = np.exp(truth.log_roi[0])
    contribution = effect * (roi * spend.sum(0) / effect.sum(1))[:, None]
    base = _baseline(rng, data.controls)
    base *= contribution.sum() * (1 / media_share - 1) / base.sum()
    expected = base + contribution.sum(0)
    outcome = expected + noise * expected.mean() * rng.standard_normal(weeks)
    return Company(media_mix_data(spend, outcome, controls=data.controls), contribution)


def media_mix_data(spend, outcome, *, controls=None):
    """Give arrays as data, with weeks from the first Monday of 2024."""
    weeks = len(outcome)
    controls = np.zeros((weeks, 0)) if controls is None else controls
    return MediaMixData(
        weeks=np.datetime64("2024-01-01") + 7 * np.arange(weeks).astype("timedelta64[D]"),
        channels=tuple(f"channel {row}" for row in range(spend.shape[1])),
        control_names=tuple(f"control {row}" for row in range(controls.shape[1])),
        spend=np.asarray(spend, float),
        outcome=np.asarray(outcome, float),
        controls=controls,
    )


def comes_late(*, peak):
    """Give a company of two channels, the first of which acts `peak` weeks after its spend."""
    known = company(4, weeks=156, channels=2).data
    flights = known.spend / known.spend.mean(0)
    carried = adstock(flights, np.array([[0.3, 0.3]]), [peak, 0.0])[0]
    noise = 0.03 * np.random.default_rng(4).standard_normal(156)
    outcome = 1e5 * (1 + noise + 0.5 * hill(carried, 1.2, 1.2).sum(0))
    return replace(known, outcome=outcome)


def prior_draws(size, channels, rng, **fixed):
    """Draw media parameters from the prior, beta for effects that have not been scaled."""
    shape = (size, channels)
    drawn = {
        "alpha": rng.beta(*priors.ALPHA_BETA, shape),
        "half_saturation": rng.lognormal(
            priors.HALF_SATURATION_LOG_MEAN, priors.HALF_SATURATION_LOG_SD, shape
        ),
        "slope": 1 + np.abs(rng.normal(0, priors.SLOPE_EXCESS_SD, shape)),
        "log_roi": rng.normal(priors.ROI_LOG_MEAN, priors.ROI_LOG_SD, shape),
        "beta": rng.uniform(0.02, 0.2, shape),
        "sigma": rng.uniform(0.02, 0.08, size),
        "baseline": np.zeros((size, 0)),
    }
    given = {
        name: np.broadcast_to(np.asarray(value, float), drawn[name].shape).copy()
        for name, value in fixed.items()
    }
    return Draws(**drawn | given)


def prior_fit(seed, *, size=40, weeks=104, channels=3, **fixed):
    """Give a company with draws from the prior in place of a posterior: no sampling."""
    rng = np.random.default_rng(seed)
    data = company(seed, weeks=weeks, channels=channels).data
    return FittedMMM(with_baseline(prior_draws(size, channels, rng, **fixed), data, rng), data)


def with_baseline(draws, data, rng):
    """Add the baseline's coefficients, given the data and the media parameters."""
    linear = baseline.of(data)
    media = np.einsum("dc,dct->dt", draws.beta, _effects(data, draws))
    rows = data.rows
    left = whitened(
        (rows.outcome / rows.outcome.mean() - linear.offset - media).T, rows.autoregression
    ).T
    columns = whitened(linear.columns, rows.autoregression)
    return replace(draws, baseline=baseline.coefficients(columns, left, draws.sigma, rng))


def _effects(data, draws):
    rows = data.rows
    adstocked = adstock(rows.spend / rows.spend.mean(0), draws.alpha, per_week=rows.per_week)
    return hill(adstocked, draws.half_saturation[..., None], draws.slope[..., None])


def _flights(rng, weeks, channels, together):
    def slow():
        return np.convolve(rng.standard_normal(weeks + 3), np.ones(4) / 2, "valid")

    shared = slow()
    moves = np.column_stack(
        [np.sqrt(together) * shared + np.sqrt(1 - together) * slow() for _ in range(channels)]
    )
    level = np.exp(0.45 * moves)
    bursts = np.arange(channels) % 3 == 2
    level[:, bursts] *= moves[:, bursts] > -0.3
    return level / level.mean(0) * rng.lognormal(np.log(10_000), 0.7, channels)


def _controls(rng, weeks):
    promotion = rng.random(weeks) < 0.08
    return np.column_stack([rng.standard_normal(weeks), promotion.astype(float)])


def _baseline(rng, controls):
    week = np.arange(len(controls))
    season = 0.6 * np.sin(2 * np.pi * (week - 8) / 52) + 0.2 * np.cos(4 * np.pi * week / 52)
    trend = 1 + 0.2 * week / len(week) + 0.06 * np.sin(2 * np.pi * week / 110 + rng.uniform(0, 6))
    return trend + 0.12 * season + controls @ np.array([0.03, 0.12])


def daily_company(seed, *, weeks=60, channels=3, noise=0.1, autoregression=(), weekday=None):
    """Simulate a company day by day; its days are what a daily model sees.

    Retention is from week to week, `noise` that of a day beside the days before it, `weekday` what
    each day of the week has more or less, in mean days.
    """
    rng = np.random.default_rng(seed)
    days = 7 * weeks
    slow = np.repeat(_flights(rng, weeks, channels, 0.3), 7, axis=0) / 7
    spend = slow * np.exp(0.3 * rng.standard_normal(slow.shape))
    spend[np.arange(days) % 7 == 6, channels - 1] = 0.0  # one channel rests on the last day
    truth = prior_draws(1, channels, rng)
    carried = adstock(spend / spend.mean(0), truth.alpha, per_week=7)
    effect = hill(carried, truth.half_saturation[..., None], truth.slope[..., None])[0]
    roi = np.exp(truth.log_roi[0])
    contribution = effect * (roi * spend.sum(0) / effect.sum(1))[:, None]
    controls = np.repeat(_controls(rng, weeks), 7, axis=0)
    pattern = np.array([0.1, 0.05, 0, -0.05, 0, -0.15, 0.05] if weekday is None else weekday)
    base = _baseline(rng, controls[::7]).repeat(7) + np.tile(pattern, weeks)
    base *= contribution.sum() * (1 / 0.3 - 1) / base.sum()
    expected = base + contribution.sum(0)
    luck = rng.standard_normal((1, days + 91 * bool(autoregression)))
    outcome = expected + noise * expected.mean() * drawn(luck, np.array(autoregression))[0]
    empty = media_mix_data(np.zeros((weeks, channels)), np.ones(weeks))
    named = replace(empty, control_names=tuple(f"control {row}" for row in range(2)))
    data = named.with_days(Rows(spend, outcome, controls, np.zeros((days, 0))))
    return Company(data, contribution.reshape(channels, weeks, 7).sum(-1))


def by_week(data):
    """Give the same data as a weekly model sees them."""
    return replace(data, daily=None)
