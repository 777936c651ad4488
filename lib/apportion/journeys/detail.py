"""The few journeys that a page lists or shows: every touchpoint, with its credit per model.

The definitions are those of :mod:`apportion.journeys.paths`, on rows as the store gives them; a
test holds both to the same paths.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apportion.journeys import ragged
from apportion.journeys.shares import JourneyWeights
from apportion.results.journeys import (
    DIRECT,
    AttributionModel,
    AttributionSettings,
    CustomerJourney,
    Product,
    Touchpoint,
)

Record = Mapping[str, Any]
"""A row, by the names of its dataset's columns; times are aware datetimes."""

_OPTIONAL = ("platform", "campaign", "ad_set", "ad", "browser")


def customer_journeys(
    order_ids: Iterable[str],
    *,
    conversions: Iterable[Record],
    touchpoints: Iterable[Record],
    order_items: Iterable[Record],
    settings: AttributionSettings,
    weights: JourneyWeights | None,
) -> tuple[CustomerJourney, ...]:
    """Give the journeys behind some orders, in the order asked for.

    Parameters
    ----------
    order_ids : iterable of str
        Orders that are among `conversions`.
    conversions : iterable of dict
        **All** conversions of the customers concerned, or all since the window of the earliest of
        the orders: a journey begins after the one before.
    touchpoints, order_items : iterable of dict
        All touchpoints of these customers since then, and what the orders hold.
    weights : JourneyWeights, optional
        The tenant's trained model; None: there is none yet, and credit by model has the five rules
        only.
    """
    before: dict[str, dt.datetime] = {}
    latest: dict[str, dt.datetime] = {}
    orders = {order["order_id"]: order for order in _in_time(conversions, "order_id")}
    for order_id, order in orders.items():
        if order["customer_id"] in latest:
            before[order_id] = latest[order["customer_id"]]
        latest[order["customer_id"]] = order["timestamp"]
    by_customer: dict[str, list[Record]] = {}
    for touchpoint in _in_time(touchpoints, "touchpoint_id"):
        by_customer.setdefault(touchpoint["customer_id"], []).append(touchpoint)
    items: dict[str, list[Product]] = {}
    for item in order_items:
        items.setdefault(item["order_id"], []).append(
            Product(
                product=item["product"],
                quantity=int(item["quantity"]),
                unit_price=item["unit_price"],
            )
        )
    return tuple(
        _journey(
            orders[order_id],
            by_customer.get(orders[order_id]["customer_id"], []),
            before.get(order_id),
            items.get(order_id, []),
            settings,
            weights,
        )
        for order_id in order_ids
    )


def journey_credit(
    channels: list[str],
    ages: NDArray[np.float64],
    *,
    settings: AttributionSettings,
    weights: JourneyWeights | None,
) -> dict[AttributionModel, NDArray[np.float64]]:
    """Give each touchpoint's credit for one conversion, in percent, under every model.

    Parameters
    ----------
    channels : list of str
        Earliest touchpoint first.
    ages : ndarray, shape (n_touchpoints,)
        Hours to the conversion.
    """
    offsets = np.array([0, len(channels)])
    credit = {
        model: 100 * rule(offsets, np.asarray(ages, dtype=np.float64), settings)
        for model, rule in ragged.RULES.items()
    }
    if weights is not None:
        for model in (AttributionModel.MARKOV, AttributionModel.SHAPLEY):
            credit[model] = 100 * weights.shares(model, channels)
    return credit


def _in_time(rows: Iterable[Record], identity: str) -> list[Record]:
    """Put rows in order of time, each id once."""
    once = {row[identity]: row for row in rows}
    return sorted(once.values(), key=lambda row: (row["timestamp"], row[identity]))


def _journey(
    order: Record,
    touchpoints: list[Record],
    before: dt.datetime | None,
    products: list[Product],
    settings: AttributionSettings,
    weights: JourneyWeights | None,
) -> CustomerJourney:
    at: dt.datetime = order["timestamp"]
    opens = at - dt.timedelta(days=settings.window_days)
    if before is not None:
        opens = max(opens, before)
    path = [one for one in touchpoints if opens < one["timestamp"] <= at] or [_direct(order)]
    hours = [(at - one["timestamp"]).total_seconds() / 3600 for one in path]
    credit = journey_credit(
        [one["channel"] for one in path], np.array(hours), settings=settings, weights=weights
    )
    return CustomerJourney(
        conversion_id=order["order_id"],
        order_id=order["order_id"],
        order_total=order["revenue"],
        customer_email=order["email"],
        is_new_customer=bool(order["is_new_customer"]),
        conversion_date=at,
        touchpoint_count=len(path),
        touchpoints=tuple(
            Touchpoint(
                id=one["touchpoint_id"],
                timestamp=one["timestamp"],
                channel=one["channel"],
                device=one["device"],
                credit_by_model={model: shares[place] for model, shares in credit.items()},
                **{name: one.get(name) or None for name in _OPTIONAL},
            )
            for place, one in enumerate(path)
        ),
        products=tuple(products),
        window_days=settings.window_days,
    )


def _direct(order: Record) -> Record:
    return {
        "touchpoint_id": f"{order['order_id']}:{DIRECT}",
        "timestamp": order["timestamp"],
        "channel": DIRECT,
        "device": "",
    }
