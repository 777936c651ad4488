"""Write many rows at once: COPY on PostgreSQL, the driver's ``executemany`` on SQLite.

Row-level security forbids COPY into a protected table, so PostgreSQL copies each batch into a
temporary table and upserts from there; what one statement can do for many rows, it does.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import batched

import numpy as np
import pandas as pd
from sqlalchemy import Table

from apportion.errors import DataError
from apportion.frames import Dataset, Kind, conform
from apportion.store import bulk_sqlite
from apportion.store.schema import conversions, order_items
from apportion.store.tenant_connection import TenantConnection

BATCH_ROWS = 100_000
"""The most rows that are held in memory, in whatever sizes they come."""

_LOOKUP_ROWS = 5_000
_NAMED_ORDERS = 5


def write(
    connection: TenantConnection,
    dataset: Dataset,
    table: Table,
    batches: Iterable[pd.DataFrame],
    on_rows: Callable[[int], None],
) -> None:
    """Upsert all batches in the connection's transaction; tell `on_rows` the rows of each.

    Raises
    ------
    DataError
        If a frame does not fit the dataset, or an order item's order is not there.
    """
    connection.lock(table.name)
    open_writer = bulk_sqlite.open_writer
    if connection.connection.dialect.name == "postgresql":
        from apportion.store.bulk_postgresql import open_writer  # psycopg: for who writes with it
    with open_writer(connection, table, dataset) as upsert:
        for frame in _limited(batches):
            rows = conform(frame, dataset)
            _check(rows, dataset)
            if table is order_items:
                _check_orders(connection, rows)
            # One statement can touch a key only once (PostgreSQL); the last row of a key wins.
            upsert(rows.drop_duplicates(list(dataset.key), keep="last"))
            on_rows(len(rows))


def _limited(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    for batch in batches:
        for start in range(0, len(batch), BATCH_ROWS):
            yield batch.iloc[start : start + BATCH_ROWS]


def _check(rows: pd.DataFrame, dataset: Dataset) -> None:
    """Refuse what only one of the two databases would refuse."""
    for name, column in dataset.columns.items():
        if column.kind is Kind.AMOUNT and np.isinf(rows[name].to_numpy()).any():
            raise DataError(f"{dataset.name}.{name} must be finite; found an infinite amount.")
        if column.kind is Kind.TEXT and rows[name].str.contains("\0", regex=False).any():
            raise DataError(
                f"{dataset.name}.{name} holds a NUL character, which no database text can. "
                "Save the file again as UTF-8 text."
            )


def _check_orders(connection: TenantConnection, rows: pd.DataFrame) -> None:
    known: set[str] = set()
    orders = rows["order_id"].unique().tolist()
    for some in batched(orders, _LOOKUP_ROWS):
        statement = connection.select(conversions.c.order_id, of=conversions)
        known.update(
            connection.execute(statement.where(conversions.c.order_id.in_(some))).scalars()
        )
    unknown = [order for order in orders if order not in known]
    if unknown:
        named = ", ".join(unknown[:_NAMED_ORDERS])
        more = ", …" if len(unknown) > _NAMED_ORDERS else ""
        raise DataError(
            f"{len(unknown)} orders of these items are not among the conversions: {named}{more}. "
            "Import the conversions of these orders first."
        )
