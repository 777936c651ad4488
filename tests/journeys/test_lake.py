"""The same expressions on a local Spark: the same rows, and each tenant's database its own."""

from uuid import UUID

import pytest

from apportion.errors import ConfigurationError, NotFoundError
from apportion.journeys import lake, snapshot
from apportion.journeys.analysis import analyse
from apportion.results.journeys import AttributionSettings
from journeys.tables import random_world

ACME, BOLT, NONE = (UUID(int=number) for number in (1, 2, 3))
WORLDS = {ACME: random_world(seed=4, size=300, orders=80), BOLT: random_world(seed=5, size=200)}
SETTINGS = AttributionSettings(window_days=14)
ADDRESS = "spark://local[2]"


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    """A local Spark whose catalogue holds two tenants' tables, with the same names and ids."""
    sql = pytest.importorskip("pyspark.sql")
    folder = tmp_path_factory.mktemp("lake")
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.default.parallelism", "2")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    for tenant_id, frames in WORLDS.items():
        database = lake.database_of(tenant_id)
        session.sql(f"CREATE DATABASE {database}")
        for name, frame in zip(("touchpoints", "conversions"), frames, strict=True):
            file = folder / f"{tenant_id}-{name}.parquet"
            frame.astype({"timestamp": "datetime64[us, UTC]"}).to_parquet(file)
            session.read.parquet(str(file)).write.saveAsTable(f"{database}.{name}")
    yield session
    session.stop()


def on_duckdb(folder, tenant_id):
    touched, bought = WORLDS[tenant_id]
    snapshot.write(folder, [touched], [bought], fingerprint="as tested")
    with snapshot.read(folder) as opened:
        return analyse(opened, SETTINGS)


@pytest.mark.slow
def test_spark_gives_what_duckdb_gives(spark, tmp_path):
    with lake.read(ADDRESS, ACME, fingerprint="as tested") as opened:
        found = analyse(opened, SETTINGS)
        theirs = opened.conversions.count().execute()

    expected = on_duckdb(tmp_path, ACME)

    assert found.paths == expected.paths
    assert found.trained == expected.trained
    assert theirs == len(WORLDS[ACME][1])
    for table, same in zip(found.credit, expected.credit, strict=True):
        assert [row.name for row in table.rows] == [row.name for row in same.rows]
        for row, other in zip(table.rows, same.rows, strict=True):
            for credit, its in zip(row.credits, other.credits, strict=True):
                assert credit.conversions == pytest.approx(its.conversions)
                assert credit.revenue == pytest.approx(its.revenue)


@pytest.mark.slow
def test_a_tenant_without_tables_has_none_of_anothers(spark):
    with (
        pytest.raises(NotFoundError, match=lake.database_of(NONE)),
        lake.read(ADDRESS, NONE, fingerprint=""),
    ):
        pass


def test_an_engine_that_is_not_there_is_told():
    with (
        pytest.raises(ConfigurationError, match="APPORTION_TOUCHPOINTS"),
        lake.read("nonsense://x", ACME, fingerprint=""),
    ):
        pass
