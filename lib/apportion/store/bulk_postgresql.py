"""Upsert conformed frames into PostgreSQL: COPY into a temporary table, and from there."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pandas as pd
import pyarrow as pa
from psycopg import Connection as PsycopgConnection
from psycopg import sql
from pyarrow import csv
from sqlalchemy import Column, MetaData, Table, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.schema import CreateTable

from apportion.frames import Dataset
from apportion.store.tenant_connection import TenantConnection


@contextmanager
def open_writer(
    connection: TenantConnection, table: Table, dataset: Dataset
) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give a function that upserts the rows of a frame as the connection's tenant."""
    staging = _staging(table, dataset)
    connection.execute(CreateTable(staging))
    copied = [staging.c[name] for name in dataset.columns]
    tenant = bindparam("tenant_id", connection.tenant_id, table.c.tenant_id.type)
    statement = insert(table).from_select(
        ["tenant_id", *dataset.columns], select(tenant, *copied).select_from(staging)
    )
    statement = statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={
            name: statement.excluded[name] for name in dataset.columns if name not in dataset.key
        },
    )
    driver = connection.connection.connection.driver_connection
    assert isinstance(driver, PsycopgConnection)
    name = sql.Identifier(staging.name)
    columns = sql.SQL(", ").join(map(sql.Identifier, dataset.columns))
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(name, columns)
    empty = sql.SQL("TRUNCATE {}").format(name)

    def upsert(rows: pd.DataFrame) -> None:
        with driver.cursor() as cursor:
            with cursor.copy(copy) as stream:
                stream.write(_csv(rows))
            connection.execute(statement)
            cursor.execute(empty)

    yield upsert
    with driver.cursor() as cursor:
        cursor.execute(sql.SQL("DROP TABLE {}").format(name))


def _staging(table: Table, dataset: Dataset) -> Table:
    columns = [Column(name, table.c[name].type) for name in dataset.columns]
    return Table(f"new_{table.name}", MetaData(), *columns, prefixes=["TEMPORARY"])


def _csv(rows: pd.DataFrame) -> memoryview:
    """Give the rows as CSV in which null is nothing and the empty text is ``""``."""
    sink = io.BytesIO()
    frame = pa.Table.from_pandas(rows, preserve_index=False)
    csv.write_csv(frame, sink, csv.WriteOptions(include_header=False, quoting_style="needed"))
    return sink.getbuffer()
