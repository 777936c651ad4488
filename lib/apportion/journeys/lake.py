"""Touchpoints where they lie already: on Spark, or in any warehouse that Ibis reaches.

For a tenant that has outgrown one machine, or whose touchpoints never were in our store. The same
expressions run there (:mod:`apportion.journeys.paths`), and only their small sums come back.

Each tenant has a database (schema) of its own, named by the tenant's id: there is no filter that
could be forgotten, and the warehouse's own rights can guard it. In it are the tables `touchpoints`
and `conversions` with the columns of ``frames``; `campaign` and `device` may be null.
"""

import contextlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import ibis
import pandas as pd
from ibis import Table
from ibis.common.exceptions import IbisError

from apportion.errors import ConfigurationError, NotFoundError
from apportion.journeys import paths
from apportion.journeys.snapshot import Snapshot

SPARK = "spark://"
TABLES = ("touchpoints", "conversions")


def database_of(tenant_id: UUID) -> str:
    """Give the name of the database that holds a tenant's tables, and nobody else's."""
    return f"apportion_{tenant_id.hex}"


@contextlib.contextmanager
def read(address: str, tenant_id: UUID, *, fingerprint: str) -> Iterator[Snapshot]:
    """Open a tenant's touchpoints and conversions where they lie.

    Parameters
    ----------
    address : str
        ``spark://HOST:PORT`` (a cluster), ``spark://local[2]`` (this machine, so many cores), or
        what ``ibis.connect`` takes: ``clickhouse://…``, ``bigquery://…``.
    tenant_id : UUID
    fingerprint : str
        What the snapshot is to carry.

    Raises
    ------
    ConfigurationError
        If the engine cannot be reached.
    NotFoundError
        If the tenant's tables are not there.
    """
    database = database_of(tenant_id)
    with _connected(address) as engine:
        known = engine.list_tables(database=database) if _has(engine, database) else []
        if not {*TABLES} <= {*known}:
            raise NotFoundError(
                f"There are no tables {database}.touchpoints and {database}.conversions where "
                "APPORTION_TOUCHPOINTS points to."
            )
        touchpoints, conversions = (engine.table(name, database=database) for name in TABLES)
        with _served(engine, touchpoints, conversions, fingerprint) as snapshot:
            yield snapshot


def _has(engine: ibis.BaseBackend, database: str) -> bool:
    return database in engine.list_databases()


@contextlib.contextmanager
def _served(
    engine: ibis.BaseBackend, touchpoints: Table, conversions: Table, fingerprint: str
) -> Iterator[Snapshot]:
    touched, bought = (
        paths.customers(paths.instants(table)) for table in (touchpoints, conversions)
    )
    touched = touched.mutate(
        campaign=touched.campaign.fill_null(""), device=touched.device.fill_null("")
    )
    coded = paths.kinds(touched)
    codes = _on_spark(engine, coded) if engine.name == "pyspark" else None
    with paths.serve(touched, bought, coded, codes).cache() as served:
        yield Snapshot(served, paths.answered(served, bought), coded, fingerprint)


def _on_spark(engine: ibis.BaseBackend, coded: pd.DataFrame) -> Table:
    """Give the codes to the session: Ibis forgets a table in memory when it caches on Spark."""
    name = ibis.util.gen_name("apportion_codes")
    frame = coded[paths.CODES].astype({"channel": object, "campaign": object, "device": object})
    session = _session_class().builder.getOrCreate()  # the one that the engine is connected to
    session.createDataFrame(frame).createOrReplaceTempView(name)
    return engine.table(name)


@contextlib.contextmanager
def _connected(address: str) -> Iterator[ibis.BaseBackend]:
    """Connect, and disconnect at the end; a Spark session that was there already goes on."""
    is_spark = address.startswith(SPARK)
    try:
        was_there = is_spark and _session_class().getActiveSession() is not None
        engine = ibis.pyspark.connect(_spark(address)) if is_spark else ibis.connect(address)
    except ImportError as error:
        raise ConfigurationError(
            f"APPORTION_TOUCHPOINTS needs a package that is not installed: {error}"
        ) from error
    except (IbisError, ValueError) as error:
        raise ConfigurationError(f"APPORTION_TOUCHPOINTS cannot be reached: {error}") from error
    try:
        yield engine
    finally:
        if not was_there:
            engine.disconnect()


def _spark(address: str) -> Any:
    name = address.removeprefix(SPARK)
    master = name if name.startswith("local") else address
    builder = _session_class().builder.master(master).appName("apportion")
    settings = {"spark.sql.session.timeZone": "UTC", "spark.ui.enabled": "false"}
    if name.startswith("local"):
        settings["spark.driver.host"] = "127.0.0.1"
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def _session_class() -> Any:
    from pyspark.sql import SparkSession  # only who has a cluster has it

    return SparkSession
