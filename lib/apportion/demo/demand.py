"""Baseline demand: the orders that would have come without any advertising."""

from dataclasses import dataclass

import numpy as np

from apportion.demo.calendar import DAYS_PER_YEAR, Calendar
from apportion.demo.plan import TenantPlan
from apportion.demo.streams import Floats, autoregression, stream


@dataclass(frozen=True)
class Baseline:
    """Expected baseline orders, and what moves them; days run along the first axis."""

    orders: Floats
    """Shape (n_days, n_regions)."""
    size: Floats
    """Share of each region, sums to 1."""
    season: Floats
    """Yearly wave around 0, shape (n_days,)."""
    surprise: Floats
    """Demand that nothing on the calendar explains, as a factor around 1, shape (n_days,)."""
    depth: Floats
    """Depth of the promotion, shape (n_days,)."""
    price_index: Floats
    competitor_sales: Floats


def baseline(plan: TenantPlan, days: Calendar, depth: Floats, seed: int) -> Baseline:
    """Draw the tenant's demand: level x (1 + season + promotion + controls) x weekday x noise."""
    demand = plan.demand
    rng = stream(seed, plan.slug, "demand")
    time = np.arange(days.size)
    price = np.round(100 + autoregression(rng, (days.size,), persistence=0.97, sd=3.0), 2)
    competitor = np.round(100 + autoregression(rng, (days.size,), persistence=0.93, sd=8.0), 2)
    phase = 2 * np.pi * (days.days.day_of_year.to_numpy() - demand.peak_day) / DAYS_PER_YEAR
    season = demand.season * (np.cos(phase) + 0.3 * np.cos(2 * phase))
    level = 1 + demand.growth * time / DAYS_PER_YEAR
    level = level + 0.04 * np.sin(2 * np.pi * (time / (1.8 * DAYS_PER_YEAR) + rng.uniform()))
    moves = (
        1
        + season
        + demand.promotion_effect * depth
        + demand.price_effect * (price / 100 - 1)
        + demand.competitor_effect * (competitor / 100 - 1)
    )
    surprise = np.exp(autoregression(rng, (days.size,), persistence=0.85, sd=demand.noise))
    for shock in plan.shocks:
        first = days.size - 1 - shock.days_before_end
        surprise[first : first + shock.days] *= shock.factor
    weekday = np.asarray(demand.weekday) / np.mean(demand.weekday)
    national = (
        demand.daily_orders * level * moves * surprise * weekday[days.days.day_of_week.to_numpy()]
    )
    size = np.asarray(list(plan.regions.values()), dtype=np.float64)
    size = size / size.sum()
    local = autoregression(rng, (days.size, size.size), persistence=0.9, sd=demand.region_noise)
    orders = np.maximum(national, 0)[:, None] * size * np.exp(local)
    return Baseline(orders, size, season, surprise, depth, price, competitor)
