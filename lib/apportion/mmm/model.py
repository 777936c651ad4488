"""The media mix model in PyMC: its definition, to be read, changed and sampled again.

For week t and channel c, in mean weeks of the outcome::

    outcome[t] = baseline[t] + sum_c beta[c] * hill(adstock(spend[c], alpha[c])[t]) + noise
    beta[c]    = exp(log_roi[c]) * total spend[c] / sum_t hill(...)[t]

so that the prior is on what people can judge, the return on spend over the training weeks. The
baseline is linear and Gaussian and is integrated out: the outcome, turned into the directions of
:func:`apportion.mmm.baseline.rotation`, has independent entries with variance sigma^2 plus what
the baseline explains there. A lift test is one more observation: the outcome between two flights of
its channel.

An organic channel has no spend: in its place stands the whole outcome, so that the return is the
share of the outcome that the channel brings.

In a daily model t is a day and "mean weeks" are mean days; the retention alpha stays that from one
week to the next, so its power at a lag of l days is l / 7. Its noise goes on from day to day, in a
way that is known before (:mod:`apportion.mmm.noise`): each day is taken less what the days before
it tell of it, which is part of the rotation.

Training uses the same density with its gradient written by hand (:mod:`apportion.mmm.density`),
which needs no compilation; a test holds one to the other.

References
----------
.. [1] Jin, Y. et al. (2017). Bayesian methods for media mix modeling with carryover and shape
   effects. Google Inc.
.. [2] Zhang, Y. et al. (2024). Media mix model calibration with Bayesian priors. Google Inc.
"""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from apportion.mmm import baseline, priors
from apportion.mmm.adstock import LAGS, exponents, lagged
from apportion.mmm.data import MediaMixData
from apportion.mmm.noise import whitened
from apportion.mmm.scaling import inputs, outcome_scale

_TINY = 1e-9  # an empty week of spend: its logarithm must stay finite


def build(data: MediaMixData) -> pm.Model:
    """Give the model of `data`; its ``pm.Data`` can be exchanged."""
    given, rows = inputs(data), data.rows
    lags = LAGS * rows.per_week
    linear = baseline.of(data)
    lags_of_noise = rows.autoregression
    turn, known = baseline.rotation(whitened(linear.columns, lags_of_noise))
    table = priors.table(given.priors)
    time = data.grain.value
    coords = {
        "channel": list(given.names),
        time: data.dates.astype("datetime64[ns]"),
        "lag": np.arange(lags),
        "direction": np.arange(rows.size),
        "test": [lift.test_id for lift in data.lifts],
    }
    with pm.Model(coords=coords) as model:
        flights = lagged(given.flights, lags=lags)
        spend = pm.Data("lagged_spend", flights, dims=("channel", time, "lag"))
        total_spend = pm.Data("total_spend", given.totals, dims="channel")
        white = whitened(np.eye(rows.size), lags_of_noise)
        rotate = pm.Data("rotate", turn @ white, dims=("direction", time))
        explained = pm.Data("explained", known, dims="direction")
        target = rows.outcome / outcome_scale(data) - linear.offset
        observed = pm.Data("rotated_outcome", turn @ white @ target, dims="direction")

        alpha = pm.Beta("alpha", table["retention_a"], table["retention_b"], dims="channel")
        half_saturation = pm.LogNormal(
            "half_saturation",
            priors.HALF_SATURATION_LOG_MEAN,
            priors.HALF_SATURATION_LOG_SD,
            dims="channel",
        )
        excess = pm.HalfNormal("slope_excess", priors.SLOPE_EXCESS_SD, dims="channel")
        slope = pm.Deterministic("slope", 1 + excess, dims="channel")
        log_roi = pm.Normal("log_roi", table["roi_log_mean"], table["roi_log_sd"], dims="channel")
        sigma = pm.HalfNormal("sigma", priors.noise_sd(rows.per_week))

        powers = alpha[:, None] ** exponents(table["peak"], per_week=rows.per_week)
        shares = powers / powers.sum(axis=1, keepdims=True)

        def effect_of(flight: Any, half: Any, steepness: Any, carried: Any) -> Any:
            adstocked = pt.matmul(flight, carried[:, :, None])[:, :, 0]
            log_ratio = pt.log(adstocked + _TINY) - pt.log(half)[:, None]
            return pt.sigmoid(steepness[:, None] * log_ratio)

        effect = effect_of(spend, half_saturation, slope, shares)
        beta = pm.Deterministic(
            "beta",
            pt.exp(log_roi) * total_spend / pt.maximum(effect.sum(axis=1), _TINY),
            dims="channel",
        )
        pm.Normal(
            "outcome",
            rotate @ (beta @ effect),
            pt.sqrt(sigma**2 + explained),
            observed=observed,
            dims="direction",
        )
        if data.lifts:
            tested = given.tests
            own = (half_saturation[tested.channel], slope[tested.channel], shares[tested.channel])
            more, less = (lagged(each.T, lags=lags) for each in (tested.more, tested.less))
            gained = effect_of(more, *own) - effect_of(less, *own)
            pm.Normal(
                "lift",
                beta[tested.channel] * (gained * tested.counted).sum(axis=1),
                tested.standard_error,
                observed=tested.estimate,
                dims="test",
            )
    return model
