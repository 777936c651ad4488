"""What a person tells the media mix model in words, per channel and for the whole model."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from apportion.results.base import Interval, Result


class BudgetSetting(StrEnum):
    """How a channel's budget is set: what else its spend may be moving with."""

    IN_ADVANCE = "in_advance"
    """Planned weeks ahead: television, print, fixed flights."""
    NOT_SURE = "not_sure"
    FOLLOWS_DEMAND = "follows_demand"
    """Rises when people buy anyway: automatic bidding, always-on search, retargeting."""


class CarryOver(StrEnum):
    """How long a channel's effect lasts, and when it comes."""

    SHORT = "short"
    """Hardly longer than the week itself."""
    USUAL = "usual"
    LONG = "long"
    """About half of it is still there a week later."""
    LATE = "late"
    """It is strongest about two weeks after the spend, as where people take time to decide."""


class Grain(StrEnum):
    """What the model counts time in; whatever people read is by week all the same."""

    WEEK = "week"
    DAY = "day"
    """With an effect of the day of the week, and carry-over by day. It needs daily data."""


class ChannelSettings(Result):
    """What is known of one channel before its data are looked at."""

    budget_setting: BudgetSetting = BudgetSetting.NOT_SURE
    roi_around: float | None = Field(default=None, gt=0, le=1000)
    """Return that would surprise nobody; None: the usual belief."""
    roi_hardly_above: float | None = Field(default=None, gt=0, le=10_000)
    """Return that it exceeds with a probability of 5 %; None: as much wider as usual."""
    carry_over: CarryOver = CarryOver.USUAL

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.roi_hardly_above is None:
            return self
        if self.roi_around is None:
            raise ValueError("say around what the return lies, beside what it hardly exceeds")
        if self.roi_hardly_above < 1.05 * self.roi_around:
            raise ValueError(
                f"what it hardly exceeds ({self.roi_hardly_above:g}) must lie at least 5% above "
                f"what it is around ({self.roi_around:g})"
            )
        return self


class MMMSettings(Result):
    """A tenant's settings of the media mix model; what is not set is as usual."""

    channels: dict[str, ChannelSettings] = Field(default_factory=dict)
    holidays: str = Field(default="", max_length=20)
    """Country, and subdivision after a hyphen, whose public holidays count (``DE``, ``US-CA``);
    empty: none."""
    use_events: bool = True
    """The imported events (promotions and the like) explain the outcome of their days."""
    margin: float | None = Field(default=None, gt=0, le=1)
    """Share of revenue that is left after the cost of goods; None: not known."""
    experiments_off: tuple[str, ...] = ()
    """Ids of the lift tests that must not calibrate the model."""
    grain: Grain = Grain.WEEK
    """Whether the model is fitted to weeks or to days."""

    def channel(self, name: str) -> ChannelSettings:
        """Give what is set for a channel."""
        return self.channels.get(name, ChannelSettings())


class PriorImplication(Result):
    """What a channel's settings imply, before any data: to be looked at before training."""

    channel: str
    budget_setting: BudgetSetting
    roi_median: float
    roi_interval: Interval
    """90 %."""
    half_life_weeks_interval: Interval
    """90 %: weeks until half of an effect has come."""
    media_revenue_interval: Interval
    """Revenue a week that the channel's usual spend would bring, 90 %."""
    revenue_share_interval: Interval
    """The same as a share of the mean week."""
    allowance_interval: Interval
    """Revenue of a mean week, as a share, that is allowed to move with the channel's unexplained
    spend (one standard deviation of it) without being caused by it; 90 %."""


class DemandWarning(Result):
    """The lead test: next week's spend explains this week's outcome, which no spend can cause."""

    channel: str
    t_value: float
    fires: bool
    proposal: BudgetSetting
    message: str
