"""The media mix model in PyMC.

For week t and channel c, in mean weeks of the outcome::

    outcome[t] = baseline[t] + sum_c beta[c] * hill(adstock(spend[c], alpha[c])[t]) + noise
    beta[c]    = exp(log_roi[c]) * total spend[c] / sum_t hill(...)[t]

so that the prior is on what people can judge, the return on spend over the training weeks. The
baseline is linear and Gaussian and is integrated out: the outcome, turned into the directions of
:func:`apportion.mmm.baseline.rotation`, has independent entries with variance sigma^2 plus what
the baseline explains there.

References
----------
.. [1] Jin, Y. et al. (2017). Bayesian methods for media mix modeling with carryover and shape
   effects. Google Inc.
.. [2] Zhang, Y. et al. (2024). Media mix model calibration with Bayesian priors. Google Inc.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from apportion.mmm import priors
from apportion.mmm.adstock import LAGS, lagged
from apportion.mmm.baseline import design, rotation
from apportion.mmm.data import MediaMixData
from apportion.mmm.scaling import outcome_scale, spend_scale

SAMPLED = ("alpha", "half_saturation", "slope_excess", "log_roi", "sigma")
"""The parameters that the sampler moves."""

_TINY = 1e-9  # an empty week of spend: its logarithm must stay finite


def arrays(data: MediaMixData) -> dict[str, NDArray[np.float64]]:
    """Give what the model needs to know of the data, by the names of its ``pm.Data``."""
    scale = outcome_scale(data)
    rotate, explained = rotation(design(data.controls, data.n_weeks))
    return {
        "lagged_spend": lagged(data.spend / spend_scale(data)),
        "total_spend": data.spend.sum(0) / scale,
        "rotate": rotate,
        "explained": explained,
        "rotated_outcome": rotate @ (data.outcome / scale),
    }


def build(data: MediaMixData) -> pm.Model:
    """Give the model of `data`; its ``pm.Data`` can be exchanged after compilation."""
    values = arrays(data)
    coords = {
        "channel": list(data.channels),
        "week": data.weeks.astype("datetime64[ns]"),
        "lag": np.arange(LAGS),
        "direction": np.arange(data.n_weeks),
    }
    with pm.Model(coords=coords) as model:
        spend = pm.Data("lagged_spend", values["lagged_spend"], dims=("channel", "week", "lag"))
        total_spend = pm.Data("total_spend", values["total_spend"], dims="channel")
        rotate = pm.Data("rotate", values["rotate"], dims=("direction", "week"))
        explained = pm.Data("explained", values["explained"], dims="direction")
        observed = pm.Data("rotated_outcome", values["rotated_outcome"], dims="direction")

        alpha = pm.Beta("alpha", *priors.ALPHA_BETA, dims="channel")
        half_saturation = pm.LogNormal(
            "half_saturation",
            priors.HALF_SATURATION_LOG_MEAN,
            priors.HALF_SATURATION_LOG_SD,
            dims="channel",
        )
        excess = pm.HalfNormal("slope_excess", priors.SLOPE_EXCESS_SD, dims="channel")
        slope = pm.Deterministic("slope", 1 + excess, dims="channel")
        log_roi = pm.Normal("log_roi", priors.ROI_LOG_MEAN, priors.ROI_LOG_SD, dims="channel")
        sigma = pm.HalfNormal("sigma", priors.NOISE_SD)

        powers = alpha[:, None] ** np.arange(LAGS)
        shares = powers / powers.sum(axis=1, keepdims=True)
        adstocked = pt.matmul(spend, shares[:, :, None])[:, :, 0]
        log_ratio = pt.log(adstocked + _TINY) - pt.log(half_saturation)[:, None]
        effect = pt.sigmoid(slope[:, None] * log_ratio)
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
    return model
