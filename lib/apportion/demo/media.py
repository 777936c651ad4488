"""Media: what each channel spends per day and region, and the orders that this causes."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from apportion.demo.calendar import Calendar
from apportion.demo.demand import Baseline
from apportion.demo.plan import Channel, Intervention, TenantPlan
from apportion.demo.streams import Floats, stream


@dataclass(frozen=True)
class Response:
    """A channel's causal response: geometric adstock, then Hill saturation, region by region."""

    retention: float
    half_saturation: Floats
    """Adstock with half of the effect, per region, in money a day."""
    slope: float
    ceiling: Floats
    """Incremental revenue a day at endless spend, per region."""

    def adstock(self, spend: Floats) -> Floats:
        """Spread spend over the days after it; the weights of a day's spend sum to 1.

        Days run along the first axis. Nothing was spent before the first day.
        """
        kept = lfilter([1 - self.retention], [1.0, -self.retention], spend, axis=0)
        return np.asarray(kept, dtype=np.float64)

    def saturation(self, adstock: Floats) -> Floats:
        """Give the share of the ceiling that is reached, between 0 and 1."""
        power = np.maximum(adstock, 0) ** self.slope
        return np.asarray(power / (power + self.half_saturation**self.slope))

    def revenue(self, spend: Floats) -> Floats:
        """Give the expected incremental revenue of each day and region, shape of `spend`."""
        return self.ceiling * self.saturation(self.adstock(spend))

    def revenue_gain(self, spend: Floats, more: Floats) -> Floats:
        """Give the derivative of revenue in d where spend is `spend` + d x `more`, at d = 0."""
        stock = self.adstock(spend)
        reached = self.saturation(stock)
        with np.errstate(divide="ignore", invalid="ignore"):
            per_unit = self.slope * reached * (1 - reached) / stock
        if self.slope == 1:
            per_unit = np.where(stock > 0, per_unit, 1 / self.half_saturation)
        per_unit = np.where(np.isfinite(per_unit), per_unit, 0.0)
        return np.asarray(self.ceiling * per_unit * self.adstock(more))


def planned_spend(plan: TenantPlan, days: Calendar, demand: Baseline, seed: int) -> Floats:
    """Draw the spend that was planned, in whole cents, shape (n_days, n_channels, n_regions)."""
    cubes = [_channel_spend(plan, channel, days, demand, seed) for channel in plan.channels]
    return np.round(np.stack(cubes, axis=1), 2)


def intervene(
    spend: Floats, plan: TenantPlan, days: Calendar, interventions: Iterable[Intervention]
) -> Floats:
    """Give the spend with the interventions applied to it, one after the other."""
    changed = spend.copy()
    for intervention in interventions:
        if intervention.channel not in plan.channel_names:
            raise ValueError(
                f"no channel {intervention.channel!r}; there are {', '.join(plan.channel_names)}"
            )
        regions = plan.region_names if intervention.regions is None else intervention.regions
        if unknown := [name for name in regions if name not in plan.regions]:
            raise ValueError(f"no region {unknown[0]!r}; there are {', '.join(plan.region_names)}")
        changed[
            np.ix_(
                np.arange(days.size)[days.window(intervention.start, intervention.end)],
                [plan.channel_names.index(intervention.channel)],
                [plan.region_names.index(region) for region in regions],
            )
        ] *= intervention.factor
    return np.round(changed, 2)


def response(channel: Channel, planned: Floats, size: Floats) -> Response:
    """Give the channel's response: its ceiling is such that the planned spend has the plan's ROI.

    Parameters
    ----------
    channel : Channel
    planned : ndarray, shape (n_days, n_regions)
    size : ndarray, shape (n_regions,)
        Share of each region in the population.
    """
    national = planned.sum(axis=1)
    active = national[national > 0].mean()
    shape = Response(
        channel.retention, channel.half_saturation * active * size, channel.slope, size
    )
    ceiling = channel.roi * planned.sum() / shape.revenue(planned).sum()
    return Response(shape.retention, shape.half_saturation, shape.slope, ceiling * size)


def _channel_spend(
    plan: TenantPlan, channel: Channel, days: Calendar, demand: Baseline, seed: int
) -> Floats:
    rng = stream(seed, plan.slug, "spend", channel.name)
    flight = channel.flight
    weeks = int(days.weeks[-1]) + 1
    wave = np.convolve(rng.normal(size=weeks + 3), np.full(4, 0.5), "valid")
    level = np.exp(flight.variation * wave) * _bursts(channel, weeks, rng)
    daily = level[days.weeks] * np.exp(flight.daily_noise * rng.normal(size=days.size))
    daily = daily * (1 + demand.season) ** flight.season
    daily = daily * (1 + flight.promotion_boost * (demand.depth > 0))
    if flight.follows_demand:
        orders = demand.orders.sum(axis=1)
        daily = daily * (orders / orders.mean()) ** flight.follows_demand
    daily = daily * channel.daily_spend / daily.mean()
    regions = demand.size.size
    lasting = rng.normal(size=regions)
    weekly = rng.normal(size=(weeks, regions))
    share = demand.size * np.exp(flight.region_noise * np.sqrt(0.5) * (lasting + weekly))
    share = share / share.sum(axis=1, keepdims=True)
    return np.asarray(daily[:, None] * share[days.weeks])


def _bursts(channel: Channel, weeks: int, rng: np.random.Generator) -> Floats:
    """Give 1 in weeks of a burst and 0 in pauses, shape (weeks,)."""
    flight = channel.flight
    if flight.on_weeks is None:
        return np.ones(weeks)
    pieces: list[Floats] = []
    while sum(map(len, pieces)) < weeks:
        pieces.append(np.ones(rng.integers(*flight.on_weeks, endpoint=True)))
        pieces.append(np.zeros(rng.integers(*flight.off_weeks, endpoint=True)))
    return np.concatenate(pieces)[:weeks]
