"""What the settings imply before any data are looked at: draws from the prior, in money."""

import numpy as np
from numpy.typing import NDArray

from apportion.mmm import priors
from apportion.mmm.data import MediaMixData
from apportion.mmm.diagnostics import interval
from apportion.results.mmm_settings import ChannelSettings, MMMSettings, PriorImplication

DRAWS = 4000
_LEAST_RETENTION = 1e-6


def implications(data: MediaMixData, settings: MMMSettings) -> tuple[PriorImplication, ...]:
    """Give what the settings of each channel of `data` imply.

    Parameters
    ----------
    data : MediaMixData
        Only its spend and mean outcome are used: these are priors.
    """
    rng = np.random.default_rng(1)
    outcome = float(data.outcome.mean())
    return tuple(
        _implication(name, settings.channel(name), float(spend), outcome, rng)
        for name, spend in zip(data.channels, data.spend.mean(0), strict=True)
    )


def _implication(
    channel: str,
    settings: ChannelSettings,
    spend: float,
    outcome: float,
    rng: np.random.Generator,
) -> PriorImplication:
    prior = priors.of_channel(settings)
    roi: NDArray[np.float64] = np.exp(rng.normal(prior.roi_log_mean, prior.roi_log_sd, DRAWS))
    retention = rng.beta(prior.retention_a, prior.retention_b, DRAWS)
    half_life = np.log(0.5) / np.log(np.maximum(retention, _LEAST_RETENTION))
    allowance = rng.normal(prior.allowance_mean, prior.allowance_sd, DRAWS)
    return PriorImplication(
        channel=channel,
        budget_setting=settings.budget_setting,
        roi_median=float(np.exp(prior.roi_log_mean)),
        roi_interval=interval(roi),
        half_life_weeks_interval=interval(prior.peak + half_life),
        media_revenue_interval=interval(roi * spend),
        revenue_share_interval=interval(roi * spend / outcome),
        allowance_interval=interval(allowance),
    )
