"""Migrations end at the tables of the schema, can be undone, and happen whole or not at all."""

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import inspect

from apportion.config import Settings
from apportion.errors import ConfigurationError
from apportion.store import Store
from apportion.store.engine import create_engine
from apportion.store.migrations import downgrade, migrate, upgrade
from apportion.store.schema import REVISION, metadata
from store.examples import rows


@pytest.fixture
def connection(urls):
    engine = create_engine(urls.owner)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_migrations_give_the_tables_of_the_schema(connection):
    # SQLite gives defaults back in other words than they were written in.
    options = {"compare_server_default": connection.dialect.name == "postgresql"}
    context = MigrationContext.configure(connection, opts=options)

    assert compare_metadata(context, metadata) == []


def test_migrations_give_the_indexes_and_checks_of_the_schema(connection):
    found = inspect(connection)

    for table in metadata.sorted_tables:
        checks = {check["name"] for check in found.get_check_constraints(table.name)}
        assert checks == {str(each.name) for each in table.constraints if _is_check(each)}
    assert _indexes(connection) == {
        index.name for table in metadata.sorted_tables for index in table.indexes
    }


def test_the_schema_is_at_the_newest_migration():
    scripts = ScriptDirectory("lib/apportion/store/migrations")

    assert scripts.get_current_head() == REVISION


def test_going_back_to_the_start_leaves_nothing_and_forward_gives_everything(empty_urls):
    upgrade(empty_urls.owner, empty_urls.serving_role)
    downgrade(empty_urls.owner, "base")

    assert _tables(empty_urls) == {"alembic_version"}

    upgrade(empty_urls.owner, empty_urls.serving_role)

    assert _tables(empty_urls) == {"alembic_version", *metadata.tables}
    Store(empty_urls.serving).check_ready()


def test_migrating_twice_changes_nothing(urls, two_tenants):
    settings = Settings(database_url=urls.serving, migration_url=urls.owner)

    assert migrate(settings) == REVISION
    assert len(Store(urls.serving).tenants()) == 2


def test_going_back_one_version_and_forward_keeps_the_source_data(urls, two_tenants):
    acme, bolt = two_tenants
    acme.write("spend", [rows()["spend"]])

    downgrade(urls.owner, "0001")
    upgrade(urls.owner, urls.serving_role)

    assert len(acme.spend()) == 1
    assert bolt.spend().empty
    assert acme.users() == []


def test_a_database_without_tables_is_not_ready(empty_urls):
    store = Store(empty_urls.serving)

    assert not store.is_ready()
    with pytest.raises(ConfigurationError, match=r"at version none.*`apportion migrate`"):
        store.check_ready()


def test_a_database_of_a_newer_program_is_left_alone(empty_urls):
    upgrade(empty_urls.owner, empty_urls.serving_role)
    engine = create_engine(empty_urls.owner)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()

    with pytest.raises(ConfigurationError, match="version 9999, which this program does not know"):
        upgrade(empty_urls.owner)
    with pytest.raises(ConfigurationError, match="at version 9999"):
        Store(empty_urls.serving).check_ready()


def test_a_migration_that_fails_leaves_no_table(empty_urls):
    engine = create_engine(empty_urls.owner)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE mmm_models (in_the_way int)")
    engine.dispose()

    with pytest.raises(Exception, match="mmm_models"):
        upgrade(empty_urls.owner)

    assert _tables(empty_urls) == {"mmm_models"}


@pytest.mark.postgres
def test_a_serving_role_that_is_not_there_is_refused_with_the_sql_to_make_it(postgres_server):
    with postgres_server.database("without_role") as name:
        owner = postgres_server.url("apportion_owner", name)

        with pytest.raises(ConfigurationError, match='CREATE ROLE "nobody" LOGIN'):
            upgrade(owner, "nobody")

        assert not Store(owner).is_ready()


@pytest.mark.postgres
def test_the_sql_to_make_the_role_makes_one_that_may_serve(postgres_server):
    role = sql.SQL("CREATE ROLE fresh LOGIN PASSWORD 'fresh' NOSUPERUSER NOBYPASSRLS")
    postgres_server.execute(role.format())
    with postgres_server.database("with_role") as name:
        upgrade(postgres_server.url("apportion_owner", name), "fresh")
        with psycopg.connect(postgres_server.url("fresh", name)) as connection:
            assert connection.execute("SELECT count(*) FROM touchpoints").fetchone() == (0,)


def _is_check(constraint) -> bool:
    return type(constraint).__name__ == "CheckConstraint"


def _indexes(connection) -> set[str]:
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'ix%%'",
    }
    query = catalogue[connection.dialect.name]
    return set(connection.exec_driver_sql(query).scalars())


def _tables(urls) -> set[str]:
    engine = create_engine(urls.owner)
    with engine.connect() as connection:
        found = set(inspect(connection).get_table_names())
    engine.dispose()
    return found
