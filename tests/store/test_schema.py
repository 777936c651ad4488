"""The schema keeps tenants apart: read from the metadata and from PostgreSQL's catalogue."""

import psycopg
import pytest
from sqlalchemy import ForeignKeyConstraint, UniqueConstraint

from apportion.frames import DATASETS
from apportion.store.schema import KEYS, SOURCE_TABLES, TENANT_TABLES, metadata, tenants

COMMON_TABLES = {"tenants", "sign_in_attempts", "workers"}  # who there is; hashes; processes
each_tenant_table = pytest.mark.parametrize(
    "table", sorted(TENANT_TABLES, key=str), ids=lambda table: table.name
)


def test_every_table_is_a_tenants_but_the_named_ones():
    assert {table.name for table in TENANT_TABLES} == metadata.tables.keys() - COMMON_TABLES


@each_tenant_table
def test_a_tenant_table_names_its_tenant_in_every_row(table):
    assert not table.c.tenant_id.nullable
    assert [key.target_fullname for key in table.c.tenant_id.foreign_keys if _to_tenants(key)] == [
        "tenants.id"
    ]
    assert all(
        key.ondelete == "CASCADE" for key in table.c.tenant_id.foreign_keys if _to_tenants(key)
    )


@each_tenant_table
def test_a_tenant_tables_keys_begin_with_the_tenant(table):
    unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]

    assert next(iter(table.primary_key)).name == "tenant_id"
    assert len(table.primary_key) > 1
    assert all(next(iter(each.columns)).name == "tenant_id" for each in unique)


@each_tenant_table
def test_a_tenant_tables_foreign_keys_stay_with_the_tenant(table):
    between = [
        each
        for each in table.constraints
        if isinstance(each, ForeignKeyConstraint) and each.referred_table is not tenants
    ]

    assert all(
        ("tenant_id", f"{each.referred_table.name}.tenant_id")
        in [(part.parent.name, part.target_fullname) for part in each.elements]
        for each in between
    )


@each_tenant_table
def test_a_tenant_tables_indexes_begin_with_the_tenant_or_are_of_its_key(table):
    first = {next(iter(index.columns)).name for index in table.indexes}

    assert first <= {"tenant_id", KEYS.get(table)}


@pytest.mark.parametrize("name", DATASETS)
def test_a_source_table_has_the_columns_and_the_key_of_its_dataset(name):
    table, dataset = SOURCE_TABLES[name], DATASETS[name]

    assert [column.name for column in table.primary_key] == ["tenant_id", *dataset.key]
    stored = {column.name for column in table.c if column.computed is None}
    assert stored == {"tenant_id", *dataset.columns}


@pytest.mark.postgres
def test_postgresql_confines_every_tenant_table_to_its_tenant(postgres_urls):
    found = _catalogue(
        postgres_urls,
        """
        SELECT relname, relrowsecurity, relforcerowsecurity,
            array_agg(polpermissive ORDER BY polname), array_agg(polcmd::text ORDER BY polname),
            bool_and(polroles = '{0}'),
            array_agg(pg_get_expr(polqual, polrelid) ORDER BY polname),
            array_agg(pg_get_expr(polwithcheck, polrelid) ORDER BY polname)
        FROM pg_class LEFT JOIN pg_policy ON polrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND relname <> ALL (%s)
        GROUP BY pg_class.oid
        """,
        [*COMMON_TABLES, "alembic_version"],
    )
    own = (
        "(tenant_id = (NULLIF(current_setting('apportion.tenant_id'::text, true), ''::text))::uuid)"
    )

    keyed = {table.name: _has_key(column) for table, column in KEYS.items()}
    confined = (True, True, [True], ["*"], True, [own], [own])

    assert {row[0] for row in found} == {table.name for table in TENANT_TABLES}
    assert all(row[1:] == confined for row in found if row[0] not in keyed)
    assert {row[0]: row[1:] for row in found if row[0] in keyed} == {
        name: (True, True, [True, True], ["r", "*"], True, [by_key, own], [None, own])
        for name, by_key in keyed.items()
    }


@pytest.mark.postgres
def test_postgresql_has_no_tenant_column_that_may_be_null_and_no_key_without_it(postgres_urls):
    nullable = _catalogue(
        postgres_urls,
        """
        SELECT table_name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name = 'tenant_id' AND is_nullable = 'YES'
            AND table_name <> ALL (%s)
        """,
        [],
    )
    crossing = _catalogue(
        postgres_urls,
        """
        SELECT conname FROM pg_constraint
        JOIN pg_attribute ON attrelid = conrelid AND attname = 'tenant_id'
        WHERE contype IN ('p', 'u', 'f') AND connamespace = 'public'::regnamespace
            AND NOT attnum = ANY (conkey) AND conrelid::regclass::text <> ALL (%s)
        """,
        [],
    )

    assert nullable == []
    assert crossing == []


def _to_tenants(key) -> bool:
    return key.target_fullname == "tenants.id"


def _has_key(column: str) -> str:
    return f"({column} = NULLIF(current_setting('apportion.key'::text, true), ''::text))"


def _catalogue(urls, query: str, *parameters: list[str]) -> list[tuple]:
    with psycopg.connect(urls.owner) as connection:
        return connection.execute(query, parameters).fetchall()
