"""Source data of one tenant: write a dataset, read it back as the frame it was."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Column, Date, Double, Numeric, Row, Select, Table, cast, func
from sqlalchemy.sql import ColumnElement

from apportion.errors import ParameterError
from apportion.frames import DATASETS, Dataset, conform
from apportion.store import bulk
from apportion.store.schema import SOURCE_TABLES, conversions, dataset_versions, order_items
from apportion.store.tenant_bound import TenantBound, now
from apportion.store.tenant_connection import TenantConnection

Day = dt.date | None
_READ_ROWS = 50_000

_ORDER: Mapping[str, tuple[str, ...]] = {
    "touchpoints": ("timestamp", "touchpoint_id"),
    "conversions": ("timestamp", "order_id"),
}
"""In which order a frame comes, where it is not its key's."""


@dataclass(frozen=True)
class Coverage:
    """What is there of a dataset: how many rows, from which day to which; None: no row."""

    rows: int
    first: dt.date | None
    last: dt.date | None


class SourceData(TenantBound):
    """The datasets of :data:`apportion.frames.DATASETS`.

    A day is a day of business, in the tenant's time zone; `start` and `end` are both included, and
    None means from the first or to the last.
    """

    def write(
        self,
        dataset: str,
        batches: Iterable[pd.DataFrame],
        on_rows: Callable[[int], None] | None = None,
    ) -> int:
        """Store all batches or none; a row whose key is there already replaces that row.

        Within the batches, too, the last row of a key wins. Memory holds one batch at a time.

        Parameters
        ----------
        dataset : str
            A name of :data:`apportion.frames.DATASETS`.
        batches : iterable of DataFrame
            Frames of that dataset; an exception that it raises undoes everything.
        on_rows : callable, optional
            Told, after each batch, how many rows have been written so far.

        Returns
        -------
        int
            Rows in all batches.

        Raises
        ------
        DataError
            If a frame does not fit the dataset, or an order item's order is not there.
        ParameterError
            If there is no such dataset.
        """
        return self.write_all([(dataset, batches)], on_rows)

    def write_all(
        self,
        parts: Iterable[tuple[str, Iterable[pd.DataFrame]]],
        on_rows: Callable[[int], None] | None = None,
    ) -> int:
        """Store several datasets, as :meth:`write` does one: all of them or none."""
        total = 0

        def count(rows: int) -> None:
            nonlocal total
            total += rows
            if on_rows is not None:
                on_rows(total)

        with self._writing() as connection:
            for dataset, batches in parts:
                contract, table = _dataset(dataset), SOURCE_TABLES[dataset]
                bulk.write(connection, contract, table, batches, count)
                _count_change(connection, dataset)
        return total

    def spend(self, start: Day = None, end: Day = None) -> pd.DataFrame:
        """Give spend per day, channel, campaign and region."""
        return self._read("spend", start, end)

    def outcomes(self, start: Day = None, end: Day = None) -> pd.DataFrame:
        """Give outcomes per day, region and metric."""
        return self._read("outcomes", start, end)

    def controls(self, start: Day = None, end: Day = None) -> pd.DataFrame:
        """Give control variables per day."""
        return self._read("controls", start, end)

    def events(self, start: Day = None, end: Day = None) -> pd.DataFrame:
        """Give the events that have a day between `start` and `end`."""
        return self._read("events", start, end)

    def touchpoints(self, start: Day = None, end: Day = None) -> pd.DataFrame:
        """Give touchpoints in order of time."""
        return self._read("touchpoints", start, end)

    def conversions(self, start: Day = None, end: Day = None) -> pd.DataFrame:
        """Give conversions in order of time."""
        return self._read("conversions", start, end)

    def order_items(self, start: Day = None, end: Day = None) -> pd.DataFrame:
        """Give what was bought in the orders placed between `start` and `end`."""
        return self._read("order_items", start, end)

    def parts(self, dataset: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Give some columns of all rows of a dataset in frames of bounded size, in no order.

        The rows are those of one instant, however long the reading takes.
        """
        contract, table = _dataset(dataset), SOURCE_TABLES[dataset]
        with self._reading() as connection:
            statement = connection.select(*(readable(table.c[name]) for name in columns), of=table)
            in_parts = statement.execution_options(yield_per=_READ_ROWS)
            for part in connection.execute(in_parts).partitions():
                yield _frame(part, contract, columns)

    def covers(self, dataset: str) -> Coverage:
        """Give how many rows of `dataset` there are, and their first and last day.

        The days of order items are those of their orders.

        Raises
        ------
        ParameterError
            If there is no such dataset.
        """
        _dataset(dataset)
        table = SOURCE_TABLES[dataset]
        first, last = _span(table)
        with self._reading() as connection:
            days = (func.min(first).label("first"), func.max(last).label("last"))
            statement = connection.select(func.count().label("rows"), *days, of=table)
            row = connection.execute(_with_days(connection, statement, table)).one()
        return Coverage(row.rows, self._day(row.first), self._day(row.last))

    def _select(self, connection: TenantConnection, dataset: str) -> tuple[Table, Select[Any]]:
        """Give a dataset's table and a SELECT of its columns."""
        contract, table = DATASETS[dataset], SOURCE_TABLES[dataset]
        columns = [readable(table.c[name]) for name in contract.columns]
        return table, connection.select(*columns, of=table)

    def _read(self, dataset: str, start: Day, end: Day) -> pd.DataFrame:
        contract, table = DATASETS[dataset], SOURCE_TABLES[dataset]
        order = [table.c[name] for name in _ORDER.get(dataset, contract.key)]
        first, last = _span(table)
        with self._reading() as connection:
            _, statement = self._select(connection, dataset)
            if start is not None or end is not None:
                statement = _with_days(connection, statement, table)
            if start is not None:
                statement = statement.where(last >= self._from(start, last))
            if end is not None:
                after = _date(end) + dt.timedelta(days=1)
                statement = statement.where(first < self._from(after, first))
            # In parts, each made compact at once: a million rows of Python objects are not held.
            in_parts = statement.order_by(*order).execution_options(yield_per=_READ_ROWS)
            parts = [_frame(part, contract) for part in connection.execute(in_parts).partitions()]
        return pd.concat(parts or [_frame([], contract)], ignore_index=True)

    def _from(self, day: dt.date, column: Column[object]) -> dt.date:
        """Give where `day` begins: the day itself, or the instant in the tenant's time zone."""
        if isinstance(column.type, Date):
            return _date(day)
        midnight = dt.datetime.combine(_date(day), dt.time())
        return midnight.replace(tzinfo=ZoneInfo(self.tenant.timezone))

    def _day(self, value: dt.date | None) -> dt.date | None:
        if isinstance(value, dt.datetime):
            return value.astimezone(ZoneInfo(self.tenant.timezone)).date()
        return value


def _dataset(name: str) -> Dataset:
    if name not in DATASETS:
        raise ParameterError(
            f"There is no dataset {name!r}; the datasets are {', '.join(DATASETS)}."
        )
    return DATASETS[name]


def _span(table: Table) -> tuple[Column[object], Column[object]]:
    """Give the columns that say when a row begins and ends."""
    if table is order_items:
        return conversions.c.timestamp, conversions.c.timestamp
    if "start" in table.c:
        return table.c.start, table.c.end
    when = table.c.date if "date" in table.c else table.c.timestamp
    return when, when


def _with_days(connection: TenantConnection, statement: Select[Any], table: Table) -> Select[Any]:
    if table is not order_items:
        return statement
    return connection.join(statement, conversions, order_items.c.order_id == conversions.c.order_id)


def _frame(
    rows: Sequence[Row[Any]], contract: Dataset, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """Give rows of a dataset as a frame; with `names`, only these columns of it."""
    if names is not None:
        some = {name: contract.columns[name] for name in names}
        contract = replace(contract, columns=some)
    # By column: pandas takes several times as long over SQLAlchemy's rows.
    columns = zip(*rows, strict=True) if rows else [()] * len(contract.columns)
    return conform(pd.DataFrame(dict(zip(contract.columns, columns, strict=True))), contract)


def _count_change(connection: TenantConnection, dataset: str) -> None:
    """Note that a dataset is another one now; whoever keeps a copy sees that it is old."""
    is_asked, changes = dataset_versions.c.dataset == dataset, dataset_versions.c.changes
    values = {"changes": changes + 1, "changed_at": now()}
    if not connection.update(dataset_versions, is_asked, **values):
        connection.insert(dataset_versions, dataset=dataset, **(values | {"changes": 1}))


def readable(column: Column[Any]) -> ColumnElement[Any]:
    """Give a column as it is to be read into a frame."""
    # Floats at once: psycopg would make a Decimal of every NUMERIC first.
    return cast(column, Double) if isinstance(column.type, Numeric) else column


def _date(day: dt.date) -> dt.date:
    # A datetime (also pandas' Timestamp) is a date to Python, but does not compare with one.
    return day.date() if isinstance(day, dt.datetime) else day
