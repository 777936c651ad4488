"""What would help: where the data cannot tell, a budget follows demand, or an effect comes late."""

from collections.abc import Sequence

import numpy as np

from apportion.mmm.channels import RECENT_WEEKS
from apportion.mmm.data import MediaMixData
from apportion.results.mmm import ChannelEffect, Check, CheckLevel, ExperimentEffect, HowSure
from apportion.results.mmm_settings import BudgetSetting, DemandWarning, MMMSettings

STEADY = 0.15
"""Variation of the weekly spend (standard deviation over mean) below which it is steady."""

TEST_WEEKS = 4


def advised(
    effects: Sequence[ChannelEffect], data: MediaMixData, checks: Sequence[Check]
) -> tuple[ChannelEffect, ...]:
    """Give the channels, each that the data cannot tell with what would help."""
    return tuple(
        effect.model_copy(update={"advice": _advice(effect, data, checks)})
        if effect.how_sure is HowSure.CANNOT_TELL
        else effect
        for effect in effects
    )


def of_demand(warnings: Sequence[DemandWarning], told: MMMSettings) -> tuple[Check, ...]:
    """Give a check for the channels whose budget seems to follow demand and is not said to."""
    named = [
        warning
        for warning in warnings
        if warning.fires
        and told.channel(warning.channel).budget_setting is not BudgetSetting.FOLLOWS_DEMAND
    ]
    return tuple(
        Check(
            code="follows_demand",
            level=CheckLevel.CAUTION,
            message=warning.message,
            channels=(warning.channel,),
        )
        for warning in named
    )


def of_delay(channels: Sequence[str]) -> tuple[Check, ...]:
    """Give a check for each channel whose effect seems to come later than the model supposes."""
    return tuple(
        Check(
            code="late_effect",
            level=CheckLevel.CAUTION,
            message=f"What {name} brings seems to come weeks after its spend, and the model "
            "supposes that it comes at once. Until that is mended, returns of all channels are "
            "likely too high. Say that its effect comes late (what you know of each channel), and "
            "train again; where the purchase itself takes weeks, say so of every channel.",
            channels=(name,),
        )
        for name in channels
    )


def of_experiments(experiments: Sequence[ExperimentEffect]) -> tuple[Check, ...]:
    """Give a check for each test that the model without it contradicts."""
    return tuple(
        Check(
            code="experiment_disagrees",
            level=CheckLevel.CAUTION,
            message=f"The test {each.test.name!r} found a return of {each.test_roi:.2f} on "
            f"{each.test.channel}, the model without it {each.model_roi_without:.2f}, and their "
            "intervals do not meet. Trust the test: the channel's budget may follow demand.",
            channels=(each.test.channel,),
        )
        for each in experiments
        if each.disagrees
    )


def _advice(effect: ChannelEffect, data: MediaMixData, checks: Sequence[Check]) -> str:
    name, row = effect.channel, data.channels.index(effect.channel)
    recent = data.spend[-RECENT_WEEKS:, row]
    if not recent.any():
        return (
            f"{name} had no spend in the last {RECENT_WEEKS} weeks. Nothing can be said of what "
            "it would earn now before it spends again."
        )
    test = (
        f"An experiment tells: switch {name} off for {TEST_WEEKS} weeks or more in regions that "
        "have about a fifth of the outcome."
    )
    twins = sorted(
        {
            other
            for check in checks
            if check.code in ("collinear_spend", "inseparable") and name in check.channels
            for other in check.channels
        }
        - {name}
    )
    if twins:
        return (
            f"Its spend moves with that of {', '.join(twins)}. Move one of them at other times, "
            f"by half or more. {test}"
        )
    variation = float(np.std(recent) / np.mean(recent))
    if variation < STEADY:
        return (
            f"Its weekly spend hardly varies ({variation:.0%} around its mean). Vary it by half, "
            f"up and down, in blocks of three or four weeks. {test}"
        )
    share = recent.sum() / data.outcome[-RECENT_WEEKS:].sum()
    return (
        f"Its spend is {share:.1%} of the outcome, and what it moves is small beside what else "
        f"moves the outcome. {test}"
    )
