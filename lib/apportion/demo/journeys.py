"""Touchpoints: how customers met the channels before they bought, or did not buy.

A path has up to three parts: the touch that caused the purchase, touches that caused nothing, and
the visit with which a decided customer comes in. The lag of a touch follows the channel's adstock
weights times its spend on that day in that region, so nobody meets a channel that is switched off.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apportion.demo.calendar import Calendar
from apportion.demo.orders import EARLIEST_SECOND, Integers, Orders, time_of_day
from apportion.demo.plan import TenantPlan, Visits
from apportion.demo.streams import Floats, stream

LONGEST_LAG = 30
"""Days between a touch and the end of its path, at most."""
MOST_EXPOSURES = 3
"""Touches of one channel in a path that caused nothing, at most."""
MINUTES_TO_BUY = 12.0
"""Mean time between the last visit and the purchase."""
VISITORS_COMING_IN = 0.5
"""Share of the customers who do not buy and still come in once of their own accord."""


@dataclass(frozen=True)
class Paths:
    """Where paths end: one entry per order, or per visitor who does not buy."""

    day: Integers
    region: Integers
    second: Integers
    customer: Integers
    cause: Integers
    """0: none of the channels; c + 1: channel c."""
    buys: bool


@dataclass(frozen=True)
class Touches:
    """One entry per touchpoint."""

    channel: Integers
    """Position among the plan's channels and then its sources."""
    day: Integers
    second: Integers
    customer: Integers

    @staticmethod
    def join(parts: "list[Touches]") -> "Touches":
        """Put touches together, in order of time."""
        second = np.concatenate([part.second for part in parts])
        customer = np.concatenate([part.customer for part in parts])
        channel = np.concatenate([part.channel for part in parts])
        day = np.concatenate([part.day for part in parts])
        in_time = np.lexsort((channel, customer, second))
        return Touches(channel[in_time], day[in_time], second[in_time], customer[in_time])


@dataclass(frozen=True)
class _Medium:
    """A channel or source as paths see it."""

    number: int
    visits: Visits | None
    activity: Floats
    """What could be met per day and region, shape (n_days, n_regions)."""
    weights: Floats
    """Chance of each lag, cumulated, for the paths' days; (n_path_days, n_regions, lags)."""
    intensity: Floats
    """How much there was to be met over the lags, 1 on average; (n_path_days, n_regions)."""


def draw_paths(plan: TenantPlan, days: Calendar, orders: Orders, seed: int) -> tuple[Paths, Paths]:
    """Give where paths end: the orders' and, in proportion, those of visitors who do not buy."""
    rng = stream(seed, plan.slug, "visitors")
    bought = Paths(
        orders.day, orders.region, orders.second, orders.customer, orders.cause, buys=True
    )
    size = round(plan.visitors_per_order * orders.day.size)
    like = np.sort(rng.integers(orders.day.size, size=size))
    day = orders.day[like]
    length = np.diff(days.midnights)[day]
    second = days.midnights[day] + np.clip(
        (time_of_day(rng, size) * length).astype(np.int64), EARLIEST_SECOND, length - 1
    )
    visitor = orders.customer.max(initial=-1) + 1 + np.arange(size)
    nothing = np.zeros(size, dtype=np.int64)
    return bought, Paths(day, orders.region[like], second, visitor, nothing, buys=False)


def draw_touches(
    plan: TenantPlan, days: Calendar, spend: Floats, paths: Paths, first_day: int, seed: int
) -> Touches:
    """Draw the touchpoints of the paths, none of which ends before `first_day`.

    Parameters
    ----------
    plan : TenantPlan
    days : Calendar
    spend : ndarray, shape (n_days, n_channels, n_regions)
        What was really spent.
    paths : Paths
    first_day : int
    seed : int
    """
    media = _media(plan, spend, first_day)
    kind = "buyers" if paths.buys else "visitors"
    lags = np.full(paths.day.size, -1)  # of the causing touch; -1: there is none
    parts = []
    for medium, name in zip(media, _names(plan), strict=True):
        if medium.visits is None:
            continue
        rng = stream(seed, plan.slug, "touches", kind, name)
        where = paths.day - first_day, paths.region
        rate = medium.visits.exposures * medium.intensity[where]
        met = np.repeat(np.arange(paths.day.size), np.minimum(rng.poisson(rate), MOST_EXPOSURES))
        parts.append(
            _touch(medium, days, paths, met, _lags(medium, paths, met, first_day, rng), rng)
        )
        caused = np.flatnonzero(paths.cause == medium.number + 1)
        lags[caused] = _lags(medium, paths, caused, first_day, rng)
    rng = stream(seed, plan.slug, "touches", kind, "closing")
    closing = _closing(plan, media, paths, rng)
    for medium in media:
        caused = np.flatnonzero(
            (paths.cause == medium.number + 1)
            & (lags >= 0)
            & ~((closing == medium.number) & (lags == 0))  # that click is the closing one
        )
        parts.append(_touch(medium, days, paths, caused, lags[caused], rng))
    parts.append(_last_visits(days, paths, closing, rng))
    return Touches.join(parts)


def _names(plan: TenantPlan) -> tuple[str, ...]:
    return (*plan.channel_names, *(source.name for source in plan.sources))


def _media(plan: TenantPlan, spend: Floats, first_day: int) -> list[_Medium]:
    media = []
    for number, channel in enumerate(plan.channels):
        activity = spend[:, number]
        media.append(_medium(number, channel.visits, channel.retention, activity, first_day))
    for number, source in enumerate(plan.sources, start=len(plan.channels)):
        activity = np.ones((spend.shape[0], spend.shape[2]))
        media.append(_medium(number, source.visits, source.retention, activity, first_day))
    return media


def _medium(
    number: int, visits: Visits | None, retention: float, activity: Floats, first_day: int
) -> _Medium:
    path_days = np.arange(first_day, activity.shape[0])
    lag = np.arange(LONGEST_LAG + 1)
    past = path_days[:, None] - lag
    weights = np.where(
        (past >= 0)[:, None, :],
        activity[np.maximum(past, 0)].transpose(0, 2, 1) * retention**lag,
        0.0,
    )
    intensity = weights.sum(axis=2)
    usual = np.maximum(intensity.mean(axis=0), 1e-12)
    cumulated = np.cumsum(weights, axis=2) / np.maximum(intensity, 1e-300)[..., None]
    return _Medium(number, visits, activity, cumulated, intensity / usual)


def _lags(
    medium: _Medium, paths: Paths, which: Integers, first_day: int, rng: np.random.Generator
) -> Integers:
    """Draw how many days before the end of the paths `which` the touch was; -1: nothing to meet."""
    where = paths.day[which] - first_day, paths.region[which]
    level = rng.random(which.size) * (1 - 1e-9)  # below 1, where the cumulated weights may end
    lag = (level[:, None] >= medium.weights[where]).sum(axis=1)
    return np.where(medium.intensity[where] > 0, lag, -1)


def _touch(
    medium: _Medium,
    days: Calendar,
    paths: Paths,
    which: Integers,
    lag: Integers,
    rng: np.random.Generator,
) -> Touches:
    """Place touches `lag` days before the end of the paths `which`, always before that end."""
    which, lag = which[lag >= 0], lag[lag >= 0]
    day = paths.day[which] - lag
    begin = days.midnights[day]
    length = days.midnights[day + 1] - begin
    since_midnight = paths.second[which] - begin
    same_day = 1 + (since_midnight - 2) * rng.random(which.size)
    earlier_day = length * time_of_day(rng, which.size)
    second = begin + np.where(lag == 0, same_day, earlier_day).astype(np.int64)
    channel = np.full(which.size, medium.number)
    return Touches(channel, day, second, paths.customer[which])


def _closing(
    plan: TenantPlan, media: list[_Medium], paths: Paths, rng: np.random.Generator
) -> Integers:
    """Draw the channel of each path's last visit; -1: a visitor who does not come in."""
    weights = np.array([medium.visits.closing if medium.visits else 0.0 for medium in media])
    own = np.array([0.0, *(medium.visits.own_click if medium.visits else 0.0 for medium in media)])
    size = paths.day.size
    closing = rng.choice(weights.size, size=size, p=weights / weights.sum())
    closing = np.where(rng.random(size) < own[paths.cause], paths.cause - 1, closing)
    there = np.stack([medium.activity > 0 for medium in media], axis=1)
    direct = len(plan.channels)
    closing = np.where(there[paths.day, closing, paths.region], closing, direct)
    if not paths.buys:
        closing = np.where(rng.random(size) < VISITORS_COMING_IN, closing, -1)
    return closing


def _last_visits(
    days: Calendar, paths: Paths, closing: Integers, rng: np.random.Generator
) -> Touches:
    which = np.flatnonzero(closing >= 0)
    since_midnight = paths.second[which] - days.midnights[paths.day[which]]
    before = rng.exponential(60 * MINUTES_TO_BUY, which.size).astype(np.int64)
    second = paths.second[which] - np.clip(before, 5, since_midnight - 1)
    return Touches(closing[which], paths.day[which], second, paths.customer[which])


def lost(
    plan: TenantPlan,
    days: Calendar,
    touches: Touches,
    device: NDArray[np.int64],
    number: int,
    seed: int,
) -> NDArray[np.bool_]:
    """Tell which touches the outage swallows; `number` is the code of its device in `device`."""
    rng = stream(seed, plan.slug, "outage")
    first = days.size - 1 - plan.outage.days_before_end
    during = (touches.day >= first) & (touches.day < first + plan.outage.days)
    missed = rng.random(device.size) < plan.outage.missing
    return np.asarray(during & (device == number) & missed)
