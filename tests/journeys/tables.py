"""Touchpoints and conversions for tests, written short, and a random world of them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from apportion import frames

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
CHANNELS = ("meta", "google", "email", "tiktok")


def touchpoints(*rows: tuple[str, str, dt.datetime, str], **columns: str) -> pd.DataFrame:
    """Give touchpoints of (id, customer, time, channel)."""
    names = ["touchpoint_id", "customer_id", "timestamp", "channel"]
    frame = pd.DataFrame(rows, columns=names).astype({"timestamp": "datetime64[ns, UTC]"})
    return frames.conform(frame.assign(**columns), frames.TOUCHPOINTS)


def conversions(
    *rows: tuple[str, str, dt.datetime, float], new: bool | Sequence[bool] = True
) -> pd.DataFrame:
    """Give conversions of (order, customer, time, revenue)."""
    names = ["order_id", "customer_id", "timestamp", "revenue"]
    frame = pd.DataFrame(rows, columns=names).astype({"timestamp": "datetime64[ns, UTC]"})
    emails = frame["customer_id"].astype(str) + "@example.com"
    return frames.conform(frame.assign(email=emails, is_new_customer=new), frames.CONVERSIONS)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give rows as the store gives them."""
    rows = frame.to_dict("records")
    if "timestamp" not in frame:
        return rows
    return [row | {"timestamp": row["timestamp"].to_pydatetime()} for row in rows]


def days(count: float) -> dt.timedelta:
    """Give so many days of 24 hours."""
    return dt.timedelta(days=count)


def random_world(
    seed: int, *, customers: int = 60, size: int = 400, orders: int = 120, grain: int = 3600
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give events of a few customers over 90 days, many of them of the same instant.

    `grain` is the number of seconds that times are rounded to.
    """
    rng = np.random.default_rng(seed)

    def times(count: int) -> pd.Series:
        seconds = rng.integers(0, 90 * 86_400 // grain, count) * grain
        return pd.Series(pd.Timestamp(NOON) + pd.to_timedelta(seconds, unit="s"))

    touched = pd.DataFrame(
        {
            "touchpoint_id": [f"t{number}" for number in rng.permutation(size)],
            "customer_id": [f"c{number}" for number in rng.integers(0, customers, size)],
            "timestamp": times(size),
            "channel": rng.choice(CHANNELS, size, p=[0.4, 0.3, 0.2, 0.1]),
            "campaign": rng.choice(["", "spring", "brand"], size),
            "device": rng.choice(["mobile", "desktop"], size),
        }
    )
    ordered = pd.DataFrame(
        {
            "order_id": [f"o{number}" for number in rng.permutation(orders)],
            "customer_id": [f"c{number}" for number in rng.integers(0, customers + 5, orders)],
            "timestamp": times(orders),
            "revenue": rng.gamma(2, 40, orders).round(2),
            "email": "someone@example.com",
            "is_new_customer": rng.random(orders) < 0.4,
        }
    )
    return frames.conform(touched, frames.TOUCHPOINTS), frames.conform(ordered, frames.CONVERSIONS)
