"""What a demo tenant is made of: its channels, regions, products, promotions and incidents.

A plan holds every parameter of the equations in ``docs/demo-world.md`` and no random number; the
same plan, last day and seed give the same world. The plans themselves are in
:mod:`apportion.demo.tenants`.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Flight:
    """How a channel's spend moves from week to week."""

    variation: float = 0.35
    """Standard deviation of the log weekly level, which is smooth over four weeks."""
    on_weeks: tuple[int, int] | None = None
    """Shortest and longest burst in weeks; None: always on."""
    off_weeks: tuple[int, int] = (3, 7)
    """Shortest and longest pause between bursts in weeks."""
    promotion_boost: float = 0.0
    """Extra spend on promotion days: 0.5 is half as much again."""
    season: float = 0.0
    """Elasticity of spend to the yearly season, which is known in advance."""
    follows_demand: float = 0.0
    """Elasticity of spend to the day's demand, including what nobody can foresee."""
    daily_noise: float = 0.08
    region_noise: float = 0.15
    """Log deviation of a region's share from its population share, half of it new every week."""


@dataclass(frozen=True)
class Visits:
    """How a channel shows up in customers' paths."""

    exposures: float
    """Touches in the path of a customer, on a day of average activity, that caused nothing."""
    closing: float
    """Weight among the channels through which a decided customer comes in at the end."""
    own_click: float = 0.0
    """Chance that a purchase caused by the channel also ends on its click."""


@dataclass(frozen=True)
class Channel:
    """A channel with spend, and its causal response."""

    name: str
    daily_spend: float
    """Mean spend a day over all regions."""
    roi: float
    """Incremental revenue / spend over the whole period, had no experiment been run."""
    retention: float
    """Share of the adstock that is left after a day: alpha of the geometric adstock."""
    half_saturation: float
    """Adstock with half of the highest effect, in units of mean spend on a day with spend."""
    slope: float
    flight: Flight
    visits: Visits | None
    """None: the channel leaves no trace in paths (television)."""
    new_customer_share: float
    cost_per_thousand: float
    """Spend per thousand impressions."""
    click_rate: float
    platforms: tuple[str, ...]
    campaigns: tuple[str, ...]
    """They take turns, a few weeks each; the first one runs during promotions."""


@dataclass(frozen=True)
class Source:
    """A way into the shop that costs nothing and causes nothing: direct, organic search."""

    name: str
    visits: Visits
    retention: float


@dataclass(frozen=True)
class Promotion:
    """A sale that returns every year."""

    name: str
    month: int
    day: int
    days: int
    depth: float
    """Mean discount that is advertised, a fraction."""


@dataclass(frozen=True)
class Demand:
    """Purchases that would have happened without any advertising."""

    daily_orders: float
    """Mean over the first year's days, all regions, without promotions."""
    growth: float
    """Of the level, in a year."""
    season: float
    """Amplitude of the yearly wave."""
    peak_day: int
    """Day of the year on which the season is highest."""
    weekday: tuple[float, float, float, float, float, float, float]
    """Relative demand, Monday to Sunday."""
    promotion_effect: float = 1.6
    """Relative rise of demand per unit of promotion depth."""
    price_effect: float = -1.2
    """Relative rise of demand per relative rise of our price index."""
    competitor_effect: float = -0.3
    """Relative rise of demand per relative rise of the competitor's sales."""
    noise: float = 0.03
    """Standard deviation of the daily log demand that nothing explains, the same in all regions."""
    region_noise: float = 0.03
    """The same, of each region on its own."""
    new_customer_share: float = 0.4
    visit_conversion: float = 0.03
    """Baseline orders per session."""


@dataclass(frozen=True)
class Shock:
    """A jump of baseline demand on a few days: press coverage, a broken checkout."""

    name: str
    days_before_end: int
    days: int
    factor: float


@dataclass(frozen=True)
class Outage:
    """Days on which most sessions and touchpoints of a device are not recorded; sales go on."""

    device: str
    days_before_end: int
    days: int
    missing: float
    """Share of the device's touchpoints and sessions that is lost."""


@dataclass(frozen=True)
class ExperimentPlan:
    """An experiment, over, running or to come: spend times `factor` in some regions."""

    name: str
    channel: str
    platform: str
    regions: tuple[str, ...]
    factor: float
    """0 switches the channel off; above 1 raises its spend."""
    days: int = 28
    weeks_before_end: int = 14
    """The first day is the Monday on or before this many weeks before the last day; it may come."""
    pre_test_days: int = 90
    minimum_effect_percent: float = 5.0
    cancelled_because: str = ""
    """Empty: it was not; a cancelled one changed no spend."""


@dataclass(frozen=True)
class Intervention:
    """Another world: a channel's spend times `factor`, on some days, in some regions."""

    channel: str
    factor: float = 0.0
    start: dt.date | None = None
    """First day; None: from the beginning."""
    end: dt.date | None = None
    """Last day, included; None: to the end."""
    regions: Sequence[str] | None = None
    """None: everywhere."""

    def __post_init__(self) -> None:
        if self.factor < 0:
            raise ValueError(f"factor must not be negative, got {self.factor}")


@dataclass(frozen=True)
class TenantPlan:
    """A demo tenant, complete."""

    slug: str
    name: str
    currency: str
    timezone: str
    order_prefix: str
    regions: Mapping[str, float]
    """Relative size of each region."""
    channels: tuple[Channel, ...]
    sources: tuple[Source, ...]
    """The first one takes the visits of a channel that is switched off."""
    products: Mapping[str, float]
    """Price of each product, most popular first."""
    demand: Demand
    promotions: tuple[Promotion, ...]
    shocks: tuple[Shock, ...]
    outage: Outage
    experiments: tuple[ExperimentPlan, ...]
    journey_days: int = 180
    """Conversions, order items and touchpoints are kept for this many last days."""
    visitors_per_order: float = 1.0
    """Customers with touchpoints who do not buy, per order: a sample of all of them."""

    def __post_init__(self) -> None:
        for experiment in self.experiments:
            if experiment.channel not in self.channel_names:
                raise ValueError(
                    f"the experiment {experiment.name!r} is on {experiment.channel!r}; "
                    f"the plan's channels are {', '.join(self.channel_names)}"
                )
            if unknown := [name for name in experiment.regions if name not in self.regions]:
                raise ValueError(
                    f"the experiment {experiment.name!r} is in {unknown[0]!r}; "
                    f"the plan's regions are {', '.join(self.regions)}"
                )

    @property
    def channel_names(self) -> tuple[str, ...]:
        """The channels with spend, in order."""
        return tuple(channel.name for channel in self.channels)

    @property
    def region_names(self) -> tuple[str, ...]:
        """The regions, in order."""
        return tuple(self.regions)
