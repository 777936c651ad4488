"""Customers' paths by plain loops over the definitions: what the expressions are held to."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Path:
    """One path; `hours` are its touchpoints' ages, empty unless it converted."""

    customer: str
    channels: tuple[str, ...]
    converted: bool
    order: str | None = None
    revenue: float | None = None
    is_new: bool | None = None
    hours: tuple[float, ...] = ()


def slow_paths(
    touchpoints: pd.DataFrame, conversions: pd.DataFrame, window_days: int
) -> list[Path]:
    """Give every path, direct ones as channels ("direct",)."""
    window = dt.timedelta(days=window_days)
    found = []
    customers = {*touchpoints["customer_id"], *conversions["customer_id"]}
    for customer in sorted(customers):
        events = sorted(
            {
                (row.timestamp.to_pydatetime(), row.touchpoint_id, row.channel)
                for row in touchpoints[touchpoints["customer_id"] == customer].itertuples()
            }
        )
        orders = sorted(
            {
                (row.timestamp.to_pydatetime(), row.order_id, row.revenue, row.is_new_customer)
                for row in conversions[conversions["customer_id"] == customer].itertuples()
            }
        )
        for time, order, revenue, is_new in orders:
            mine = [event for event in events if event[0] <= time]
            events = events[len(mine) :]
            serving = [event for event in mine if time - event[0] < window]
            found += _unconverted(customer, mine[: len(mine) - len(serving)], window)
            channels = tuple(event[2] for event in serving) or ("direct",)
            hours = tuple((time - event[0]).total_seconds() / 3600 for event in serving)
            found.append(Path(customer, channels, True, order, revenue, bool(is_new), hours))
        found += _unconverted(customer, events, window)
    return found


def _unconverted(
    customer: str, events: list[tuple[dt.datetime, str, str]], window: dt.timedelta
) -> list[Path]:
    parts: dict[int, list[str]] = {}
    for time, _, channel in events:
        parts.setdefault((time - events[0][0]) // window, []).append(channel)
    return [Path(customer, tuple(channels), False) for channels in parts.values()]
