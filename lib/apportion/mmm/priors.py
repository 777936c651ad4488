"""What the model believes before it has seen any data, in one place.

In plain words: a unit spent on a channel brings about 1.2 units of revenue, hardly below 0.28 or
above 5.4 (90 %); about a quarter of an effect stays from week to week; a week with average spend is
somewhat below half saturation; the curve is concave or slightly S-shaped; the noise is below 30 %
of a mean week. Seasonality, trend and controls each move a mean week by some 10 to 15 %. Some
revenue moves with a channel's spend without being caused by it; how much, depends on how the budget
is set.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apportion.results.calibration import Z90
from apportion.results.mmm_settings import BudgetSetting, CarryOver, ChannelSettings

ROI_LOG_MEAN = 0.2
ROI_LOG_SD = 0.9
"""Normal prior of the log ROI over the training data."""

ALPHA_BETA = (1.0, 3.0)
"""Beta prior of the retention from week to week."""

RETENTION = {
    CarryOver.SHORT: (1.0, 8.0),
    CarryOver.USUAL: ALPHA_BETA,
    CarryOver.LONG: (4.0, 4.0),
    CarryOver.LATE: ALPHA_BETA,
}
"""Beta priors of the retention, by how long an effect is said to last."""

LATE_PEAK = 2.0
"""Weeks after the spend at which an effect that is said to come late is strongest."""

HALF_SATURATION_LOG_MEAN = 0.2
HALF_SATURATION_LOG_SD = 0.7
"""LogNormal prior of the half-saturation point, in mean weeks of spend."""

SLOPE_EXCESS_SD = 0.3
"""HalfNormal prior of the Hill slope above 1."""

NOISE_SD = 0.15
"""HalfNormal prior of the residual standard deviation of a week, in mean weeks of the outcome."""

LEVEL_SD = 1.0
TREND_SD = 0.5
BEND_SD = 0.15
SEASON_SD = 0.1
CONTROL_SD = 0.15
"""Normal priors of the baseline's coefficients, in mean weeks of the outcome: the level, the trend
over the whole range, each bend of it, each wave of the year, a control's standard deviation."""

EVENT_SD = 0.3
"""Normal prior of a holiday or promotion, of the week that it fills."""

WEEKDAY_SD = 0.3
"""Normal prior of each day of the week, in mean days of the outcome; the seven sum to nothing."""

ALLOWANCE = {
    BudgetSetting.IN_ADVANCE: (0.0, 0.003),
    BudgetSetting.NOT_SURE: (0.01, 0.015),
    BudgetSetting.FOLLOWS_DEMAND: (0.02, 0.02),
}
"""Normal priors of the allowance, in mean weeks of the outcome: what moves with one standard
deviation of a channel's unexplained log spend and is not caused by it."""

ALLOWANCE_CORRELATION = 0.25
"""Prior correlation of two channels' allowances: a quarter of what is not known of each is how
strong demand is that the model cannot see, which is the same for all channels; the rest is how far
this channel's budget follows it."""

ORGANIC_SHARE_LOG_MEAN = -4.6
ORGANIC_SHARE_LOG_SD = 1.0
"""Normal prior of the log of the outcome's share that an organic channel brings: about 1 %, hardly
above 5 %."""


@dataclass(frozen=True)
class ChannelPrior:
    """The priors of one channel that can be set."""

    roi_log_mean: float = ROI_LOG_MEAN
    roi_log_sd: float = ROI_LOG_SD
    allowance_mean: float = ALLOWANCE[BudgetSetting.NOT_SURE][0]
    allowance_sd: float = ALLOWANCE[BudgetSetting.NOT_SURE][1]
    retention_a: float = ALPHA_BETA[0]
    retention_b: float = ALPHA_BETA[1]
    peak: float = 0.0
    """Whole weeks after the spend at which its effect is strongest."""


ORGANIC = ChannelPrior(roi_log_mean=ORGANIC_SHARE_LOG_MEAN, roi_log_sd=ORGANIC_SHARE_LOG_SD)


def of_channel(settings: ChannelSettings) -> ChannelPrior:
    """Give what the settings of a channel mean."""
    mean, sd = ROI_LOG_MEAN, ROI_LOG_SD
    if settings.roi_around is not None:
        mean = float(np.log(settings.roi_around))
        if settings.roi_hardly_above is not None:
            sd = float((np.log(settings.roi_hardly_above) - mean) / Z90)
    allowance_mean, allowance_sd = ALLOWANCE[settings.budget_setting]
    first, second = RETENTION[settings.carry_over]
    peak = LATE_PEAK if settings.carry_over is CarryOver.LATE else 0.0
    return ChannelPrior(mean, sd, allowance_mean, allowance_sd, first, second, peak)


def noise_sd(per_week: int) -> float:
    """Give the prior of the noise of a row, in its mean rows, so that weeks have the same noise."""
    return float(NOISE_SD * np.sqrt(per_week))


def table(priors: Sequence[ChannelPrior]) -> dict[str, NDArray[np.float64]]:
    """Give the priors of several channels as arrays, (n_channels,) each, by their names."""
    names = ChannelPrior.__annotations__
    return {name: np.array([getattr(prior, name) for prior in priors]) for name in names}
