"""A world's frames, in the column contracts of :mod:`apportion.frames`."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.demo.baskets import Baskets
from apportion.demo.calendar import Calendar, Sale
from apportion.demo.demand import Baseline
from apportion.demo.journeys import Touches, lost
from apportion.demo.orders import Integers, Orders
from apportion.demo.plan import TenantPlan
from apportion.demo.streams import Floats, stream
from apportion.frames import (
    CONTROLS,
    CONVERSIONS,
    EVENTS,
    ORDER_ITEMS,
    OUTCOMES,
    SPEND,
    TOUCHPOINTS,
    conform,
)

DEVICES = ("mobile", "desktop", "tablet")
DEVICE_SHARES = (0.62, 0.31, 0.07)
BROWSERS = (("Safari", "Chrome"), ("Chrome", "Edge", "Firefox", "Safari"), ("Safari", "Chrome"))
MAIN_DEVICE_SHARE = 0.75
"""Share of a customer's touches on the device that the customer mostly uses."""
CAMPAIGN_WEEKS = 6
AD_SETS = ("prospecting", "lookalike", "retargeting")
ADS = ("image", "video", "carousel", "story")
NAMES = (
    "ada", "ben", "carla", "david", "elif", "finn", "greta", "hugo", "ines", "jonas", "kim",
    "lena", "marco", "nora", "oscar", "paula", "quentin", "rosa", "samir", "tilda",
)  # fmt: skip
FIRST_ORDER = 100_001
FIRST_CUSTOMER = 10_001


def campaigns(plan: TenantPlan, days: Calendar, depth: Floats) -> list[NDArray[np.object_]]:
    """Give the campaign that each channel runs on each day; one array of names per channel.

    A channel runs one campaign at a time, so a touchpoint's campaign is always one that had spend.
    """
    running = []
    for channel in plan.channels:
        names = np.array(channel.campaigns, dtype=object)
        turn = 1 + (days.weeks // CAMPAIGN_WEEKS) % max(names.size - 1, 1)
        running.append(names[np.where(depth > 0, 0, np.minimum(turn, names.size - 1))])
    return running


def clicks_and_impressions(plan: TenantPlan, spend: Floats, seed: int) -> tuple[Integers, Integers]:
    """Draw clicks and impressions, each of the shape of `spend`."""
    impressions, clicks = np.zeros(spend.shape, np.int64), np.zeros(spend.shape, np.int64)
    for number, channel in enumerate(plan.channels):
        rng = stream(seed, plan.slug, "delivery", channel.name)
        seen = 1000 * spend[:, number] / channel.cost_per_thousand
        impressions[:, number] = rng.poisson(seen)
        clicks[:, number] = rng.binomial(impressions[:, number], channel.click_rate)
    return clicks, impressions


def spend_frame(
    plan: TenantPlan,
    days: Calendar,
    spend: Floats,
    clicks: Integers,
    impressions: Integers,
    running: Sequence[NDArray[np.object_]],
) -> pd.DataFrame:
    """Give a row per day, channel and region with spend."""
    day, channel, region = np.nonzero(spend)
    where = day, channel, region
    return conform(
        pd.DataFrame(
            {
                "date": days.days[day],
                "channel": _names(plan.channel_names, channel),
                "spend": spend[where],
                "campaign": np.stack(running, axis=1)[day, channel],
                "region": _names(plan.region_names, region),
                "impressions": impressions[where],
                "clicks": clicks[where],
            }
        ),
        SPEND,
    )


def outcome_frame(
    plan: TenantPlan,
    days: Calendar,
    cents: Integers,
    orders: Integers,
    demand: Baseline,
    clicks: Integers,
    seed: int,
) -> pd.DataFrame:
    """Give revenue, orders and sessions of each day and region; the total is their sum."""
    rng = stream(seed, plan.slug, "sessions")
    recorded = np.ones(days.size)
    first = days.size - 1 - plan.outage.days_before_end
    recorded[first : first + plan.outage.days] -= (
        plan.outage.missing * DEVICE_SHARES[DEVICES.index(plan.outage.device)]
    )
    visits = demand.orders / plan.demand.visit_conversion + clicks.sum(axis=1)
    sessions = rng.poisson(visits * recorded[:, None])
    metrics = {"revenue": cents / 100, "orders": orders, "sessions": sessions}
    values = np.stack(list(metrics.values()), axis=2).astype(np.float64)
    day, region, metric = np.indices(values.shape).reshape(3, -1)
    return conform(
        pd.DataFrame(
            {
                "date": days.days[day],
                "region": _names(plan.region_names, region),
                "metric": _names(tuple(metrics), metric),
                "value": values.ravel(),
            }
        ),
        OUTCOMES,
    )


def control_frame(days: Calendar, demand: Baseline) -> pd.DataFrame:
    """Give the promotion's depth, our price index and the competitor's sales index of each day."""
    columns = {
        "promotion": demand.depth,
        "price_index": demand.price_index,
        "competitor_sales": demand.competitor_sales,
    }
    return conform(
        pd.DataFrame(
            {
                "date": np.repeat(days.days, len(columns)),
                "name": list(columns) * days.size,
                "value": np.column_stack(list(columns.values())).ravel(),
            }
        ),
        CONTROLS,
    )


def event_frame(plan: TenantPlan, running: Sequence[Sale]) -> pd.DataFrame:
    """Give the sales; the expected effect is the relative rise of baseline demand."""
    return conform(
        pd.DataFrame(
            {
                "start": pd.to_datetime([sale.start for sale in running]),
                "end": pd.to_datetime([sale.end for sale in running]),
                "name": [sale.name for sale in running],
                "expected_effect": [plan.demand.promotion_effect * sale.depth for sale in running],
            }
        ),
        EVENTS,
    )


def order_ids(plan: TenantPlan, first: int, size: int) -> pd.Series:
    """Name `size` orders, the earliest of them being the tenant's order number `first`, from 0."""
    return _numbered(plan.order_prefix, FIRST_ORDER + first + np.arange(size))


def conversion_frame(orders: Orders, ids: pd.Series, goods: Baskets) -> pd.DataFrame:
    """Give a row per order."""
    number = FIRST_CUSTOMER + orders.customer
    names = np.array(NAMES, dtype=object)[orders.customer % len(NAMES)]
    return conform(
        pd.DataFrame(
            {
                "order_id": ids,
                "customer_id": _numbered("C", number),
                "timestamp": pd.to_datetime(orders.second, unit="s", utc=True),
                "revenue": goods.cents[orders.basket] / 100,
                "email": pd.Series(names) + pd.Series(number).astype("str") + "@mail.example",
                "is_new_customer": orders.is_new,
            }
        ),
        CONVERSIONS,
    )


def item_frame(plan: TenantPlan, orders: Orders, ids: pd.Series, goods: Baskets) -> pd.DataFrame:
    """Give a row per order and product."""
    line, column = np.nonzero(goods.quantities[orders.basket])
    product = goods.products[orders.basket[line], column]
    return conform(
        pd.DataFrame(
            {
                "order_id": ids.to_numpy()[line],
                "product": _names(tuple(plan.products), product),
                "quantity": goods.quantities[orders.basket[line], column],
                "unit_price": np.round(np.array(list(plan.products.values())), 2)[product],
            }
        ),
        ORDER_ITEMS,
    )


def touchpoint_frame(
    plan: TenantPlan,
    days: Calendar,
    touches: Touches,
    running: Sequence[NDArray[np.object_]],
    seed: int,
) -> pd.DataFrame:
    """Give a row per touchpoint that was recorded."""
    rng = stream(seed, plan.slug, "details")
    size = touches.channel.size
    customers = int(touches.customer.max(initial=0)) + 1
    main = rng.choice(len(DEVICES), size=customers, p=DEVICE_SHARES)
    taste = rng.random(customers)[touches.customer]
    device = np.where(
        rng.random(size) < MAIN_DEVICE_SHARE,
        main[touches.customer],
        rng.choice(len(DEVICES), size=size, p=DEVICE_SHARES),
    )
    choices = np.array([len(browsers) for browsers in BROWSERS])[device]
    widest = max(map(len, BROWSERS))
    browsers = [name for names in BROWSERS for name in (*names, *[""] * (widest - len(names)))]
    paid = touches.channel < len(plan.channels)
    by_day = np.stack([*running, *[np.full(days.size, "", dtype=object)] * len(plan.sources)], 1)
    platform = [_pick(channel.platforms, rng, size) for channel in plan.channels]
    platforms = np.stack([*platform, *[np.full(size, "", dtype=object)] * len(plan.sources)], 1)
    frame = pd.DataFrame(
        {
            "customer_id": _numbered("C", FIRST_CUSTOMER + touches.customer),
            "timestamp": pd.to_datetime(touches.second, unit="s", utc=True),
            "channel": _names(
                (*plan.channel_names, *(source.name for source in plan.sources)), touches.channel
            ),
            "platform": platforms[np.arange(size), touches.channel],
            "campaign": by_day[touches.day, touches.channel],
            "ad_set": np.where(paid, _pick(AD_SETS, rng, size), ""),
            "ad": np.where(paid, _pick(ADS, rng, size), ""),
            "device": _names(DEVICES, device),
            "browser": _names(tuple(browsers), device * widest + (taste * choices).astype(int)),
        }
    )
    mobile = DEVICES.index(plan.outage.device)
    recorded = frame[~lost(plan, days, touches, device, mobile, seed)].reset_index(drop=True)
    recorded["touchpoint_id"] = _numbered("T", 1 + np.arange(len(recorded)))
    return conform(recorded, TOUCHPOINTS)


def _pick(names: Sequence[str], rng: np.random.Generator, size: int) -> NDArray[np.object_]:
    return np.array(names, dtype=object)[rng.integers(len(names), size=size)]


def _names(names: Sequence[str], codes: NDArray[np.integer]) -> pd.Series:
    return pd.Series(pd.array(names, dtype="string").take(codes))


def _numbered(prefix: str, numbers: Integers) -> pd.Series:
    return prefix + pd.Series(numbers).astype("string")
