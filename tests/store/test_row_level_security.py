"""PostgreSQL keeps tenants apart by itself: SQL typed in as the serving role, past the store."""

import psycopg
import pytest
from psycopg import sql

from apportion.store.schema import TENANT_TABLES
from store.examples import rows

pytestmark = pytest.mark.postgres

SET_TENANT = "SELECT set_config('apportion.tenant_id', %s, true)"


@pytest.fixture
def urls(postgres_urls):
    with psycopg.connect(postgres_urls.administrator) as connection:
        connection.execute("DELETE FROM tenants")
    return postgres_urls


@pytest.fixture
def filled(two_tenants):
    for factor, tenant in enumerate(two_tenants, start=1):
        tenant.write_all((name, [row]) for name, row in rows(factor).items())
        run = tenant.start_run("mmm", {}, host="here", pid=1, process_started=1.0)
        tenant.start_model(channels=[], start=None, end=None, run_id=run.id)
        tenant.record_import("spend", "spend.csv", 1, "00")
    return two_tenants


@pytest.fixture
def serving(urls):
    with psycopg.connect(urls.serving) as connection:
        yield connection
        connection.rollback()


def test_without_the_setting_no_row_is_seen(filled, serving):
    assert sum(_counts(serving).values()) == 0


def test_with_the_setting_one_tenants_rows_are_seen(filled, serving):
    acme, _ = filled
    serving.execute(SET_TENANT, [str(acme.tenant.id)])

    seen = _counts(serving)

    assert {name for name, count in seen.items() if count} >= {"daily_spend", "mmm_models", "runs"}
    assert serving.execute("SELECT DISTINCT tenant_id FROM daily_spend").fetchall() == [
        (acme.tenant.id,)
    ]


def test_the_setting_ends_with_its_transaction(filled, serving):
    acme, _ = filled
    serving.execute(SET_TENANT, [str(acme.tenant.id)])
    serving.commit()

    assert sum(_counts(serving).values()) == 0


@pytest.mark.parametrize("bound_to", [None, "acme"], ids=["no tenant", "another tenant"])
def test_another_tenants_row_cannot_be_inserted(filled, serving, bound_to):
    acme, bolt = filled
    if bound_to is not None:
        serving.execute(SET_TENANT, [str(acme.tenant.id)])

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        serving.execute(
            "INSERT INTO controls (tenant_id, date, name, value) VALUES (%s, now(), 'n', 1)",
            [bolt.tenant.id],
        )


def test_an_own_row_cannot_be_given_to_another_tenant(filled, serving):
    acme, bolt = filled
    serving.execute(SET_TENANT, [str(acme.tenant.id)])

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        serving.execute("UPDATE controls SET tenant_id = %s", [bolt.tenant.id])


def test_an_update_or_delete_of_everything_stays_with_the_tenant(filled, serving):
    acme, bolt = filled
    serving.execute(SET_TENANT, [str(acme.tenant.id)])

    serving.execute("UPDATE controls SET value = 9")
    serving.execute("DELETE FROM daily_spend")
    serving.commit()

    assert acme.spend().empty
    assert len(bolt.spend()) == 1
    assert bolt.controls()["value"].tolist() == [2.0]


def test_a_tenant_is_changed_and_deleted_by_itself_only(filled, serving, store):
    acme, _ = filled
    serving.execute(SET_TENANT, [str(acme.tenant.id)])

    serving.execute("UPDATE tenants SET name = 'taken'")
    serving.execute("DELETE FROM tenants WHERE slug = 'bolt'")
    serving.commit()

    assert [tenant.name for tenant in store.tenants()] == ["taken", "Bolt"]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE controls DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant_isolation ON controls",
        "TRUNCATE controls",
        "CREATE TABLE mine (a int)",
        "DROP TABLE controls",
        "UPDATE alembic_version SET version_num = '0'",
    ],
)
def test_the_serving_role_cannot_change_the_rules(serving, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        serving.execute(statement)


def test_the_owner_sees_no_tenants_rows_either(filled, urls):
    with psycopg.connect(urls.owner) as connection:
        assert sum(_counts(connection).values()) == 0


def _counts(connection: psycopg.Connection) -> dict[str, int]:
    count = sql.SQL("SELECT count(*) FROM {}")
    return {
        table.name: connection.execute(count.format(sql.Identifier(table.name))).fetchone()[0]
        for table in TENANT_TABLES
    }
