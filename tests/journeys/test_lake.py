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
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.default.parallelism", "1")
        .config("spark.ui.enabled", "false")
        # Little data: to compile each query would take longer than to interpret it.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
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

    assert theirs == len(WORLDS[ACME][1])
    ours, same = figures(found.model_dump(mode="json")), figures(expected.model_dump(mode="json"))
    assert ours.keys() == same.keys()
    assert {name for name in ours if ours[name] != pytest.approx(same[name])} == set()


def figures(value, name=""):
    """Give every value of a document by its place; sums of floats may differ in the last digit."""
    match value:
        case dict():
            parts = value.items()
        case list():
            parts = enumerate(value)
        case _:
            return {name: value}
    return {
        place: figure
        for key, part in parts
        for place, figure in figures(part, f"{name}.{key}").items()
    }


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
