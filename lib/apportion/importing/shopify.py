"""Shopify's orders export: orders that are sales, their customers and their items.

An order takes a row for each line item. The order's own columns (status, total, …) are filled on
its first row only.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

NO_SALE = ("voided", "expired")


class OrderFilter:
    """Says which rows to keep; remembers the orders that are no sale, for their later rows."""

    def __init__(self) -> None:
        self._left_out: set[str] = set()

    def __call__(self, dataset: str, cells: Mapping[str, pa.Array]) -> NDArray[np.bool_]:
        """Keep first rows of sales for conversions, rows with an item of sales for order items."""
        names = cells["name"]
        status = pc.utf8_lower(cells["financial status"])
        no_sale = pc.is_in(status, pa.array(NO_SALE, pa.string()))
        if "cancelled at" in cells:
            no_sale = pc.or_(no_sale, pc.not_equal(cells["cancelled at"], ""))
        self._left_out.update(names.filter(no_sale).to_pylist())
        left_out = pc.is_in(names, pa.array(sorted(self._left_out), pa.string()))
        wanted = "total" if dataset == "conversions" else "lineitem name"
        return np.asarray(pc.and_(pc.not_equal(cells[wanted], ""), pc.invert(left_out)))


def finish_orders(orders: pd.DataFrame) -> pd.DataFrame:
    """Give an email's orders one customer, whose first order makes it new.

    An order without an email is a customer of its own.
    """
    email = orders["email"].str.lower()
    customer = email.where(email != "", orders["order_id"])
    orders = orders.assign(customer_id=customer).sort_values(
        ["timestamp", "order_id"], kind="stable", ignore_index=True
    )
    is_new = (~orders["customer_id"].duplicated()).astype("boolean")
    return orders.assign(is_new_customer=is_new)


def join_items(items: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Join an order's rows of the same product: quantities added, the price their average."""
    repeated = items.duplicated(list(key), keep=False)
    if not repeated.any():
        return items
    some = items[repeated]
    some = some.assign(paid=some["unit_price"] * some["quantity"].astype("float64"))
    joined = some.groupby(list(key), as_index=False, sort=False)[["quantity", "paid"]].sum()
    price = joined["paid"] / joined["quantity"].astype("float64")
    joined = joined.assign(unit_price=price).drop(columns="paid")
    return pd.concat([items[~repeated], joined[list(items)]], ignore_index=True)
