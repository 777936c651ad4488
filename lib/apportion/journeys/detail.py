"""The few journeys that a page lists or shows: every touchpoint, with its credit per model.

The definitions are those of :mod:`apportion.journeys.paths`, on frames as the store gives them; a
test holds both to the same paths.
"""

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import pandas as pd
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

_OPTIONAL = ("platform", "campaign", "ad_set", "ad", "browser")


def customer_journeys(
    order_ids: Iterable[str],
    *,
    conversions: pd.DataFrame,
    touchpoints: pd.DataFrame,
    order_items: pd.DataFrame,
    settings: AttributionSettings,
    weights: JourneyWeights | None,
) -> tuple[CustomerJourney, ...]:
    """Give the journeys behind some orders, in the order asked for.

    Parameters
    ----------
    order_ids : iterable of str
        Orders that are among `conversions`.
    conversions : DataFrame
        **All** conversions of the customers concerned: a journey begins after the one before.
    touchpoints, order_items : DataFrame
        All touchpoints of these customers, and what the orders hold.
    weights : JourneyWeights, optional
        The tenant's trained model; None: there is none yet, and credit by model has the five rules
        only.
    """
    ordered = conversions.sort_values(["customer_id", "timestamp", "order_id"])
    before = ordered.groupby("customer_id")["timestamp"].shift()
    orders = {
        order["order_id"]: order for order in ordered.assign(before=before).to_dict("records")
    }
    by_customer = dict(list(touchpoints.groupby("customer_id")))
    items = dict(list(order_items.groupby("order_id")))
    return tuple(
        _journey(
            orders[order_id],
            by_customer.get(orders[order_id]["customer_id"], touchpoints.iloc[:0]),
            items.get(order_id, order_items.iloc[:0]),
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


def _journey(
    order: dict[Hashable, Any],
    touchpoints: pd.DataFrame,
    items: pd.DataFrame,
    settings: AttributionSettings,
    weights: JourneyWeights | None,
) -> CustomerJourney:
    at: pd.Timestamp = order["timestamp"]
    times = touchpoints["timestamp"]
    serves = (times <= at) & (times > at - pd.Timedelta(days=settings.window_days))
    if not pd.isna(order["before"]):
        serves &= times > order["before"]
    path = touchpoints[serves].drop_duplicates("touchpoint_id")
    path = path.sort_values(["timestamp", "touchpoint_id"])
    if path.empty:
        path = _direct(order, touchpoints)
    credit = journey_credit(
        path["channel"].tolist(),
        (at - path["timestamp"]).dt.total_seconds().to_numpy() / 3600,
        settings=settings,
        weights=weights,
    )
    return CustomerJourney(
        conversion_id=order["order_id"],
        order_id=order["order_id"],
        order_total=order["revenue"],
        customer_email=order["email"],
        is_new_customer=bool(order["is_new_customer"]),
        conversion_date=at.to_pydatetime(),
        touchpoint_count=len(path),
        touchpoints=_touchpoints(path, credit),
        products=_products(items),
        window_days=settings.window_days,
    )


def _direct(order: dict[Hashable, Any], touchpoints: pd.DataFrame) -> pd.DataFrame:
    row: dict[str, Any] = dict.fromkeys(touchpoints.columns, "")
    row |= {"touchpoint_id": f"{order['order_id']}:{DIRECT}", "channel": DIRECT}
    return pd.DataFrame([row | {"timestamp": order["timestamp"]}])


def _touchpoints(
    rows: pd.DataFrame, credit: dict[AttributionModel, NDArray[np.float64]]
) -> tuple[Touchpoint, ...]:
    texts = rows[["touchpoint_id", "channel", "device", *_OPTIONAL]].to_dict("records")
    return tuple(
        Touchpoint(
            id=text["touchpoint_id"],
            timestamp=timestamp.to_pydatetime(),
            channel=text["channel"],
            device=text["device"],
            credit_by_model={model: shares[place] for model, shares in credit.items()},
            **{name: text[name] or None for name in _OPTIONAL},
        )
        for place, (timestamp, text) in enumerate(zip(rows["timestamp"], texts, strict=True))
    )


def _products(items: pd.DataFrame) -> tuple[Product, ...]:
    return tuple(
        Product(product=product, quantity=int(quantity), unit_price=unit_price)
        for product, quantity, unit_price in items[
            ["product", "quantity", "unit_price"]
        ].itertuples(index=False)
    )
