"""Upsert conformed frames into SQLite, through the driver."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd
from sqlalchemy import Table, bindparam
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from apportion.frames import Dataset, Kind
from apportion.store.tenant_connection import TenantConnection


@contextmanager
def open_writer(
    connection: TenantConnection, table: Table, dataset: Dataset
) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that upserts the rows of a frame as the connection's tenant."""
    statement, names = _compile(table, dataset)
    tenant_id = connection.tenant_id.hex
    driver = connection.connection.connection.driver_connection
    assert driver is not None

    def upsert(rows: pd.DataFrame) -> None:
        columns = [
            [tenant_id] * len(rows)
            if name == "tenant_id"
            else _values(rows[name], dataset.columns[name].kind)
            for name in names
        ]
        driver.executemany(statement, zip(*columns, strict=True)).close()

    yield upsert


def _compile(table: Table, dataset: Dataset) -> tuple[str, list[str]]:
    """Give the upsert's SQL and the columns that its placeholders stand for."""
    names = ["tenant_id", *dataset.columns]
    statement = insert(table).values({name: bindparam(name) for name in names})
    statement = statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={
            name: statement.excluded[name] for name in dataset.columns if name not in dataset.key
        },
    )
    compiled = statement.compile(dialect=SQLiteDialect(paramstyle="qmark"))
    assert compiled.positiontup is not None
    return str(compiled), list(compiled.positiontup)


def _values(column: pd.Series, kind: Kind) -> Sequence[object]:
    """Give the values as the column types of the schema store them."""
    match kind:
        case Kind.DATE:
            days = column.to_numpy(dtype="datetime64[D]")
            return list(np.datetime_as_string(days).tolist())
        case Kind.TIMESTAMP:
            instants = column.dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
            return list(np.datetime_as_string(instants, timezone="UTC").tolist())
        case Kind.FLAG:
            return column.astype("int64").tolist()
        case _:
            return column.astype("object").where(column.notna(), None).tolist()
