"""What must be mended before anything is served, and that serving is refused until it is."""

import psycopg
import pytest
from psycopg import sql

from apportion.config import Settings
from apportion.errors import ConfigurationError
from apportion.store import Store
from apportion.store.doctor import check_queue, checks, refuse_to_serve_if_unsafe


def _failed(settings: Settings) -> str:
    return "\n".join(f"{each.what} {each.remedy}" for each in checks(settings) if not each.ok)


def test_a_database_in_order_passes_every_check(urls):
    settings = Settings(database_url=urls.serving, migration_url=urls.owner)

    assert _failed(settings) == ""
    refuse_to_serve_if_unsafe(settings)


def test_every_failed_check_says_what_to_do(empty_urls):
    failed = [each for each in checks(Settings(database_url=empty_urls.serving)) if not each.ok]

    assert failed
    assert all(each.remedy for each in failed)


def test_a_database_without_tables_is_not_served(empty_urls):
    with pytest.raises(ConfigurationError, match=r"version none.*Run `apportion migrate`"):
        refuse_to_serve_if_unsafe(Settings(database_url=empty_urls.serving))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:////no/such/folder/a.db", "cannot be reached"),
        ("postgresql://me:secret@localhost:1/a", "cannot be reached"),
        ("mysql://localhost/a", "must be SQLite or PostgreSQL, found 'mysql'"),
        ("not a url", "cannot be read"),
    ],
)
def test_a_database_that_cannot_be_reached_is_not_served(url, message):
    settings = Settings(database_url=url)

    with pytest.raises(ConfigurationError, match=message) as refused:
        refuse_to_serve_if_unsafe(settings)

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("ask", ["tenants", "check_ready", "is_ready"])
def test_a_store_that_cannot_be_reached_says_so(ask):
    with pytest.raises(ConfigurationError, match="cannot be reached"):
        getattr(Store("postgresql://me:secret@localhost:1/a"), ask)()


@pytest.mark.postgres
def test_neither_owner_nor_superuser_may_serve(postgres_urls):
    for url, power in (
        (postgres_urls.owner, "owns the tables"),
        (postgres_urls.administrator, "is a superuser"),
    ):
        with pytest.raises(ConfigurationError, match=power):
            refuse_to_serve_if_unsafe(Settings(database_url=url))


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("give", "take", "message"),
    [
        ("ALTER ROLE {} BYPASSRLS", "ALTER ROLE {} NOBYPASSRLS", "has BYPASSRLS"),
        ("GRANT apportion_owner TO {}", "REVOKE apportion_owner FROM {}", "owns the tables"),
        ("GRANT postgres TO {}", "REVOKE postgres FROM {}", "may become a role that bypasses"),
    ],
    ids=["bypass", "member of the owner", "member of a superuser"],
)
def test_a_serving_role_with_such_powers_may_not_serve(postgres_urls, give, take, message):
    role = postgres_urls.serving_role
    with psycopg.connect(postgres_urls.administrator, autocommit=True) as administrator:
        administrator.execute(give.format(role))
        try:
            assert message in _failed(Settings(database_url=postgres_urls.serving))
        finally:
            administrator.execute(take.format(role))


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("harm", "mend", "message"),
    [
        (
            "ALTER TABLE controls NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE controls FORCE ROW LEVEL SECURITY",
            "protected by row-level security; not controls",
        ),
        (
            "REVOKE INSERT ON controls FROM apportion_serving",
            "GRANT INSERT ON controls TO apportion_serving",
            "reading and writing; not controls",
        ),
    ],
    ids=["not forced", "not granted"],
)
def test_a_table_without_protection_or_grants_is_named(postgres_urls, harm, mend, message):
    with psycopg.connect(postgres_urls.owner, autocommit=True) as owner:
        owner.execute(harm)
        try:
            assert message in _failed(Settings(database_url=postgres_urls.serving))
        finally:
            owner.execute(mend)


@pytest.mark.postgres
def test_a_queue_that_was_not_made_or_may_not_be_used_is_to_be_mended(postgres_urls):
    settings = Settings(database_url=postgres_urls.serving, migration_url=postgres_urls.owner)
    with psycopg.connect(postgres_urls.owner) as owner:
        owner.execute("DROP SCHEMA IF EXISTS queue_of_test CASCADE")
        none = check_queue(settings, "queue_of_test")
        owner.execute("CREATE SCHEMA queue_of_test CREATE TABLE workflows (id int)")
        owner.commit()
        closed = check_queue(settings, "queue_of_test")
        role = sql.Identifier(postgres_urls.serving_role)
        owner.execute(sql.SQL("GRANT USAGE ON SCHEMA queue_of_test TO {}").format(role))
        owner.execute(sql.SQL("GRANT ALL ON queue_of_test.workflows TO {}").format(role))
        owner.commit()
        given = check_queue(settings, "queue_of_test")
        owner.execute("DROP SCHEMA queue_of_test CASCADE")

    assert [check.ok for check in (none, closed, given)] == [False, False, True]
    assert "apportion migrate" in none.remedy


def test_an_embedded_queue_needs_nothing(tmp_path):
    assert check_queue(Settings(_env_file=None, home=tmp_path), "any").ok
