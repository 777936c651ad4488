"""What the journeys app shows, stores and serves: ``CustomerJourney``, ``PathAnalysis``, credit.

Amounts are in the tenant's currency. A figure that is estimated carries its interval; a figure
of the five rules is arithmetic on what was recorded and has none.
"""

import datetime as dt
from enum import StrEnum
from typing import Literal

from pydantic import Field

from apportion.results.base import Interval, Result

WindowDays = Literal[7, 14, 28, 30]
"""How long before a conversion a touchpoint may lie and still count, in exact days of 24 hours."""

Customer = Literal["new", "returning"]
"""Whose conversions: a customer's first one, or a later one."""

DIRECT = "direct"
"""The channel of a conversion that no touchpoint serves."""


class AttributionModel(StrEnum):
    """A way to share a conversion's credit among its touchpoints."""

    FIRST_TOUCH = "first_touch"
    LAST_TOUCH = "last_touch"
    LINEAR = "linear"
    POSITION_BASED = "position_based"
    TIME_DECAY = "time_decay"
    MARKOV = "markov"
    SHAPLEY = "shapley"


class AttributionSettings(Result):
    """What a tenant may set about attribution."""

    window_days: WindowDays = 30
    half_life_days: float = Field(default=7.0, gt=0, le=3650)
    """Time decay: days in which a touchpoint's weight halves."""
    endpoint_share: float = Field(default=0.4, ge=0, le=0.5)
    """Position-based: the share of the first and of the last touchpoint."""
    markov_order: Literal[1, 2] = 1
    """How many touchpoints back a step of the Markov chain depends on."""


class Touchpoint(Result):
    """One contact on the way to a conversion."""

    id: str
    timestamp: dt.datetime
    channel: str
    platform: str | None = None
    campaign: str | None = None
    ad_set: str | None = None
    ad: str | None = None
    device: str
    browser: str | None = None
    credit_by_model: dict[AttributionModel, float]
    """Percent; each model's percentages sum to 100 over a journey. Markov and Shapley are there as
    soon as a first run has trained them."""


class Product(Result):
    """What was bought."""

    product: str
    quantity: int
    unit_price: float


class CustomerJourney(Result):
    """A conversion and the touchpoints that it is credited to, in order of time."""

    conversion_id: str
    order_id: str
    order_total: float
    customer_email: str
    is_new_customer: bool
    conversion_date: dt.datetime
    touchpoint_count: int
    """At least 1: a conversion without any recorded touchpoint has one, on channel "direct"."""
    touchpoints: tuple[Touchpoint, ...]
    products: tuple[Product, ...] = ()
    window_days: WindowDays


class JourneyList(Result):
    """Journeys, the latest conversion first."""

    journeys: tuple[CustomerJourney, ...]


class CommonPath(Result):
    """A sequence of channels that many customers took."""

    path: tuple[str, ...]
    count: int
    """Conversions."""
    avg_order_value: float
    conversion_rate: float | None
    """Share of the paths with exactly this sequence that converted; None when only new or only
    returning customers are looked at, because a path that did not convert is neither."""


class PathLength(Result):
    """How many conversions had this many touchpoints."""

    length: int
    count: int


class Flow(Result):
    """How often one channel was followed by another, or by a path's end."""

    source: str | None
    """None: the start of a path."""
    target: str | None
    """None: the end of a path, see `converted`."""
    count: int
    converted: bool | None = None
    """For an end: whether the path ended in a conversion."""


class PathAnalysis(Result):
    """Which ways lead to a conversion."""

    common_paths: tuple[CommonPath, ...]
    collapsed_paths: tuple[CommonPath, ...]
    """The same with repeats of a channel taken as one: email, email, meta is email, meta."""
    avg_touchpoints: float | None
    """Over all conversions, one without a recorded touchpoint counting 1; None: none there."""
    avg_time_to_conversion: float | None
    """Hours from a path's first recorded touchpoint; conversions without one are left out."""
    path_length_distribution: tuple[PathLength, ...]
    flows: tuple[Flow, ...]
    conversions: int
    direct_conversions: int
    """Those without a recorded touchpoint in the window."""
    other_paths: int | None
    """Paths that did not convert; None when only new or only returning customers are looked at."""
    window_days: WindowDays
    customer: Customer | None = None


class Credit(Result):
    """What one model credits to one channel, campaign, device or kind of customer."""

    model: AttributionModel
    conversions: float
    conversions_interval: Interval | None = None
    """How far the model's weights may be off, with this many customers to learn them from."""
    revenue: float
    revenue_interval: Interval | None = None
    percent: float
    """Share of all conversions, 0 to 100."""
    conversions_difference: float
    """Conversions above what last touch credits."""
    revenue_difference: float


class CreditRow(Result):
    """One channel, campaign, device or kind of customer under every model."""

    name: str
    """Empty: not recorded."""
    channel: str | None = None
    """A campaign's channel."""
    credits: tuple[Credit, ...]


class CreditTable(Result):
    """Conversions and revenue shared out along one dimension, under every model."""

    dimension: Literal["channel", "campaign", "device", "customer"]
    rows: tuple[CreditRow, ...]


class ChannelStrength(Result):
    """What the trained models have learnt of one channel."""

    channel: str
    removal_effect: float
    """Share of conversions that the Markov chain loses without the channel, 0 to 1."""
    removal_effect_interval: Interval
    removal_percent: float
    """Its share of the sum of removal effects: the channel's credit as Anderl et al. define it,
    before it is told which journeys the channel was in."""
    paths: int
    """Paths with the channel in them, converted or not."""
    conversions: int


class ChannelSet(Result):
    """How often exactly these channels met in one path, and how often it converted."""

    channels: tuple[str, ...]
    paths: int
    conversions: int


class TrainedModel(Result):
    """The tenant's Markov and Shapley weights: all that the credit of one journey needs."""

    settings: AttributionSettings
    channels: tuple[ChannelStrength, ...]
    """The strongest first."""
    players: tuple[str, ...]
    """The channels that the models tell apart; with very many channels, the last stands for all
    the rest together."""
    rest: tuple[str, ...] = ()
    """The channels that the last player stands for; empty: itself alone."""
    sets: tuple[ChannelSet, ...]
    """In terms of `players`."""


class PositionCredit(Result):
    """Ordered Shapley: a channel's credit by its place in the path."""

    channel: str
    conversions: tuple[float, ...]
    """At place 1, 2, …; the last entry holds all later places too."""


class JourneyResults(Result):
    """Everything that one analysis of a tenant's journeys gives."""

    settings: AttributionSettings
    paths: PathAnalysis
    credit: tuple[CreditTable, ...]
    positions: tuple[PositionCredit, ...]
    trained: TrainedModel | None
    """None where only new or only returning customers are looked at: it is that of all."""
    fingerprint: str
    """Of the snapshot that it was computed from."""
    version: int = 0
    """Counted per run; 0: not stored."""
    trained_at: dt.datetime | None = None


class TrueShare(Result):
    """What one channel of a simulated company really caused."""

    channel: str
    revenue: float
    percent: float
    """Share of all revenue, 0 to 100."""


class TrueShares(Result):
    """What really caused the revenue of a simulated company: real companies cannot know it."""

    start: dt.date
    end: dt.date
    channels: tuple[TrueShare, ...]
    baseline_percent: float
    """Revenue that would have come without any advertising."""
