"""What the demo companies' marketers know and tell their media mix model: how budgets are set."""

from apportion.demo.plan import Channel, TenantPlan
from apportion.results.mmm_settings import BudgetSetting, ChannelSettings, MMMSettings


def told(plan: TenantPlan) -> MMMSettings:
    """Give what the marketers of a company would answer; of no channel its true effect."""
    return MMMSettings(
        channels={
            channel.name: ChannelSettings(budget_setting=_how_set(channel))
            for channel in plan.channels
        }
    )


def _how_set(channel: Channel) -> BudgetSetting:
    if channel.flight.follows_demand > 0:
        return BudgetSetting.FOLLOWS_DEMAND
    if channel.flight.on_weeks is not None:
        return BudgetSetting.IN_ADVANCE
    return BudgetSetting.NOT_SURE
