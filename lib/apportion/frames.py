"""Column contracts of the source data, and `conform`, which holds a frame to one.

A frame is checked once, where it enters (an import, a read from the store); from there on its
columns, types and order can be relied on. Missing text is an empty string in key columns, so that
a key is never null.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from apportion.errors import DataError


class Kind(StrEnum):
    """What a column holds."""

    DATE = "date"  # a business day, datetime64[ns] at midnight, no zone
    TIMESTAMP = "timestamp"  # an instant, datetime64[ns, UTC]
    TEXT = "text"
    AMOUNT = "amount"  # money or a metric, float64
    COUNT = "count"  # a whole number, Int64 (may be missing)
    FLAG = "flag"  # true or false


@dataclass(frozen=True)
class Column:
    """One column: what it holds, whether it may be missing, the smallest value allowed."""

    kind: Kind
    required: bool = True
    minimum: float | None = None


@dataclass(frozen=True)
class Dataset:
    """One source dataset: its columns in order, and the key that a re-import replaces by."""

    name: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]


def _dataset(name: str, key: tuple[str, ...], /, **columns: Column) -> Dataset:
    return Dataset(name, columns, key)


_TEXT, _OPTIONAL_TEXT = Column(Kind.TEXT), Column(Kind.TEXT, required=False)

SPEND = _dataset(
    "spend",
    ("date", "channel", "campaign", "region"),
    date=Column(Kind.DATE),
    channel=_TEXT,
    spend=Column(Kind.AMOUNT, minimum=0),
    campaign=_OPTIONAL_TEXT,
    region=_OPTIONAL_TEXT,
    impressions=Column(Kind.COUNT, required=False, minimum=0),
    clicks=Column(Kind.COUNT, required=False, minimum=0),
)
OUTCOMES = _dataset(
    "outcomes",
    ("date", "region", "metric"),
    date=Column(Kind.DATE),
    region=_OPTIONAL_TEXT,  # empty: the total
    metric=_TEXT,
    value=Column(Kind.AMOUNT),
)
CONTROLS = _dataset(
    "controls",
    ("date", "name"),
    date=Column(Kind.DATE),
    name=_TEXT,
    value=Column(Kind.AMOUNT),
)
TOUCHPOINTS = _dataset(
    "touchpoints",
    ("touchpoint_id",),
    touchpoint_id=_TEXT,
    customer_id=_TEXT,
    timestamp=Column(Kind.TIMESTAMP),
    channel=_TEXT,
    platform=_OPTIONAL_TEXT,
    campaign=_OPTIONAL_TEXT,
    ad_set=_OPTIONAL_TEXT,
    ad=_OPTIONAL_TEXT,
    device=_OPTIONAL_TEXT,
    browser=_OPTIONAL_TEXT,
)
CONVERSIONS = _dataset(
    "conversions",
    ("order_id",),
    order_id=_TEXT,
    customer_id=_TEXT,
    timestamp=Column(Kind.TIMESTAMP),
    revenue=Column(Kind.AMOUNT, minimum=0),
    email=_TEXT,
    is_new_customer=Column(Kind.FLAG),
)
ORDER_ITEMS = _dataset(
    "order_items",
    ("order_id", "product"),
    order_id=_TEXT,
    product=_TEXT,
    quantity=Column(Kind.COUNT, minimum=1),
    unit_price=Column(Kind.AMOUNT, minimum=0),
)
EVENTS = _dataset(
    "events",
    ("start", "name"),
    start=Column(Kind.DATE),
    end=Column(Kind.DATE),
    name=_TEXT,
    expected_effect=Column(Kind.AMOUNT, required=False),
)

DATASETS: Mapping[str, Dataset] = {
    dataset.name: dataset
    for dataset in (SPEND, OUTCOMES, CONTROLS, TOUCHPOINTS, CONVERSIONS, ORDER_ITEMS, EVENTS)
}
"""Every dataset that the store holds, in its long form: `outcomes` and `controls` files are wide
(a column per metric or control) and are made long by ``importing``."""


def conform(frame: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Give `frame` with exactly the dataset's columns, in order and of their types.

    Optional columns that are absent are added, empty. Text is stripped of nothing and never null.

    Raises
    ------
    DataError
        If a required column is absent or a value does not fit its column.
    """
    absent = [
        name for name, column in dataset.columns.items() if column.required and name not in frame
    ]
    if absent:
        raise DataError(
            f"{dataset.name} needs the columns {', '.join(absent)}; "
            f"found {', '.join(map(str, frame.columns)) or 'none'}."
        )
    return pd.DataFrame(
        {
            name: _typed(frame.get(name), column, f"{dataset.name}.{name}", frame.index)
            for name, column in dataset.columns.items()
        }
    )


def _typed(values: pd.Series | None, column: Column, name: str, index: pd.Index) -> pd.Series:
    if values is None:
        values = pd.Series(pd.NA, index=index, dtype="object")
    try:
        typed = _as_kind(values, column.kind)
    except (ValueError, TypeError) as error:
        raise DataError(f"{name} must hold a {column.kind} in every row: {error}") from error
    if column.required and column.kind is not Kind.TEXT and typed.isna().any():
        raise DataError(f"{name} must hold a {column.kind} in every row; some are missing.")
    if column.minimum is not None and (typed.dropna() < column.minimum).any():
        raise DataError(f"{name} must be at least {column.minimum:g}; found {typed.min()}.")
    return typed


def _as_kind(values: pd.Series, kind: Kind) -> pd.Series:
    match kind:
        case Kind.DATE:
            return pd.to_datetime(values).astype("datetime64[ns]").dt.normalize()
        case Kind.TIMESTAMP:
            return pd.to_datetime(values, utc=True).astype("datetime64[ns, UTC]")
        case Kind.TEXT:
            return values.astype("string").fillna("")
        case Kind.AMOUNT:
            return pd.to_numeric(values).astype("float64")
        case Kind.COUNT:
            return pd.to_numeric(values).astype("Int64")
        case Kind.FLAG:
            return values.astype("boolean")
