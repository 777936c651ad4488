"""Before the tenant is known, a transaction reads the rows of the one key it was opened with."""

import datetime as dt
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import delete, or_, select, update

from apportion.results.accounts import COMMAND_LINE, Role, Via
from apportion.store.accounts_schema import api_tokens, sessions, users
from apportion.store.engine import Database
from apportion.store.guard import UnboundStatementError

AT = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
ANN = "ann@both.example"
SET_KEY = "SELECT set_config('apportion.key', %s, true)"


@pytest.fixture
def filled(two_tenants):
    """Ann has an account with both tenants, Bob with the second; one session joins Ann's."""
    for number, tenant in enumerate(two_tenants):
        for email in (ANN, "bob@bolt.example")[: number + 1]:
            user = tenant.add_user(
                email,
                name="",
                role=Role.VIEWER,
                password_hash="hash",
                must_change_password=False,
                at=AT,
                by=COMMAND_LINE,
            )
            tenant.start_session(
                f"hash of {email}",
                user.id,
                is_chosen=False,
                via=Via.PASSWORD,
                browser="",
                at=AT,
                expires_at=AT,
            )
    return two_tenants


@pytest.fixture
def database(database_url) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.dispose()


def test_an_address_gives_the_accounts_of_its_owner_in_every_tenant(filled, store):
    both = {tenant.tenant.id for tenant in filled}

    assert {account.tenant_id for account in store.accounts.with_email(" ANN@both.example")} == both
    assert len(store.accounts.with_email("bob@bolt.example")) == 1


@pytest.mark.parametrize("email", ["", "%", "nobody@both.example", "a\0b@both.example", "\udcff"])
def test_an_address_that_nobody_has_gives_nothing(filled, store, email):
    assert store.accounts.with_email(email) == []


def test_a_session_gives_the_accounts_that_it_joins(filled, store):
    both = {tenant.tenant.id for tenant in filled}

    assert {part.tenant_id for part in store.accounts.session(f"hash of {ANN}")} == both
    assert store.accounts.session("hash") == []


STATEMENTS = {
    "without the key": select(users.c.email),
    "by another key": select(users.c.email).where(users.c.email == "bob@bolt.example"),
    "only in an OR": select(users.c.email).where(or_(users.c.email == ANN, users.c.role != "")),
    "by another column": select(users.c.email).where(users.c.name == ANN),
    "a table without a key": select(api_tokens.c.id).where(api_tokens.c.name == ANN),
    "the key's column of another table": select(sessions.c.hash).where(users.c.email == ANN),
    "an update": update(users).where(users.c.email == ANN).values(name=""),
    "a delete": delete(users).where(users.c.email == ANN),
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS.keys())
def test_a_key_opens_no_other_statement(database, filled, statement):
    with (
        database.transaction(writes=True, key=ANN) as connection,
        pytest.raises(UnboundStatementError),
    ):
        connection.execute(statement)


def test_without_a_key_the_comparison_is_refused(database, filled):
    statement = select(users.c.email).where(users.c.email == ANN)

    with database.transaction(writes=False) as connection, pytest.raises(UnboundStatementError):
        connection.execute(statement)


@pytest.fixture
def serving(urls) -> Iterator[psycopg.Connection]:
    if not urls.is_postgresql:
        pytest.fail("only for PostgreSQL")
    with psycopg.connect(urls.serving) as connection:
        yield connection
        connection.rollback()


only_postgres = pytest.mark.parametrize(
    "urls", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@only_postgres
def test_postgresql_shows_the_rows_of_the_key_and_no_others(filled, serving):
    serving.execute(SET_KEY, [ANN])

    assert serving.execute("SELECT email FROM users").fetchall() == [(ANN,), (ANN,)]
    assert serving.execute("SELECT hash FROM sessions").fetchall() == []
    assert serving.execute("SELECT id FROM audit_events").fetchall() == []


@only_postgres
@pytest.mark.parametrize("key", ["", "nobody@both.example"])
def test_postgresql_shows_nothing_for_an_empty_or_unknown_key(filled, serving, key):
    serving.execute(SET_KEY, [key])

    assert serving.execute("SELECT email FROM users").fetchall() == []


@only_postgres
def test_postgresql_lets_no_key_change_a_row(filled, serving):
    serving.execute(SET_KEY, [ANN])

    assert serving.execute("UPDATE users SET role = 'admin'").rowcount == 0
    assert serving.execute("DELETE FROM users").rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        serving.execute(
            "INSERT INTO users (tenant_id, id, email, role, must_change_password, created_at)"
            " SELECT tenant_id, %s, email, 'admin', false, now() FROM users LIMIT 1",
            [uuid4()],
        )


@only_postgres
def test_postgresqls_key_ends_with_its_transaction(filled, serving):
    serving.execute(SET_KEY, [ANN])
    serving.commit()

    assert serving.execute("SELECT email FROM users").fetchall() == []
