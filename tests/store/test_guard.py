"""A statement that is not bound to its tenant is refused before it reaches the database."""

import datetime as dt
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import (
    Executable,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    union_all,
    update,
)

from apportion.store.engine import Database
from apportion.store.guard import UnboundStatementError
from apportion.store.schema import controls, conversions, order_items, tenants

OTHER = uuid4()
DAY = dt.date(2024, 3, 1)
ROW = {"tenant_id": OTHER, "date": DAY, "name": "a", "value": 1}
items, other_items = order_items.alias(), order_items.alias()


def _own(table, tenant_id: UUID):
    return table.c.tenant_id == tenant_id


UNBOUND: dict[str, Callable[[UUID], Executable]] = {
    "no condition": lambda own: select(controls.c.value),
    "another tenant's id": lambda own: select(controls).where(_own(controls, OTHER)),
    "only in an OR": lambda own: select(controls).where(
        or_(_own(controls, own), controls.c.value > 0)
    ),
    "not equal": lambda own: select(controls).where(controls.c.tenant_id != own),
    "tenant column of another table": lambda own: select(controls, items).where(_own(items, own)),
    "one side of a join": lambda own: (
        select(items.c.product)
        .join(conversions, items.c.order_id == conversions.c.order_id)
        .where(_own(items, own))
    ),
    "one of two aliases": lambda own: (
        select(items.c.product)
        .join(other_items, items.c.order_id == other_items.c.order_id)
        .where(_own(items, own))
    ),
    "in the join's condition only": lambda own: select(items.c.product).outerjoin(
        conversions, _own(conversions, own)
    ),
    "a subquery": lambda own: select(select(func.count()).select_from(controls).scalar_subquery()),
    "an EXISTS": lambda own: select(tenants).where(exists(select(controls.c.value))),
    "a common table expression": lambda own: select(select(controls).cte()),
    "one part of a union": lambda own: union_all(
        select(controls.c.value).where(_own(controls, own)), select(controls.c.value)
    ),
    "an update": lambda own: update(controls).values(value=1),
    "an update to another tenant": lambda own: (
        update(controls).where(_own(controls, own)).values(tenant_id=OTHER)
    ),
    "a delete": lambda own: delete(controls),
    "an insert for another tenant": lambda own: insert(controls).values(
        tenant_id=OTHER, date=DAY, name="a", value=1
    ),
    "an insert of several rows": lambda own: insert(controls).values(
        [
            {"tenant_id": own, "date": DAY, "name": "a", "value": 1},
            {"tenant_id": OTHER, "date": DAY, "name": "b", "value": 1},
        ]
    ),
    "an insert from a select": lambda own: insert(controls).from_select(
        ["tenant_id", "name"], select(controls.c.tenant_id, controls.c.name)
    ),
    "SQL as text": lambda own: text("SELECT * FROM controls"),
    "text inside a statement": lambda own: (
        select(controls).where(_own(controls, own)).where(text("1 = 1 OR 1 = 1"))
    ),
}


@pytest.fixture
def database(database_url) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.dispose()


@pytest.mark.parametrize("statement", UNBOUND.values(), ids=UNBOUND.keys())
def test_an_unbound_statement_is_refused(database, tenant, statement):
    own = tenant.tenant.id

    with (
        database.transaction(writes=True, tenant_id=own) as connection,
        pytest.raises(UnboundStatementError),
    ):
        connection.execute(statement(own))


@pytest.mark.parametrize("rows", [ROW, [ROW, ROW]], ids=["one", "several"])
def test_an_insert_whose_rows_come_beside_it_is_refused(database, tenant, rows):
    own = tenant.tenant.id

    with (
        database.transaction(writes=True, tenant_id=own) as connection,
        pytest.raises(UnboundStatementError),
    ):
        connection.execute(insert(controls), rows)


def test_a_bound_statement_outside_a_tenants_transaction_is_refused(database, tenant):
    statement = select(controls).where(_own(controls, tenant.tenant.id))

    with database.transaction(writes=False) as connection, pytest.raises(UnboundStatementError):
        connection.execute(statement)


def test_bound_statements_pass(database, tenant):
    own = tenant.tenant.id
    joined = (
        select(items.c.product, other_items.c.product)
        .join(other_items, items.c.order_id == other_items.c.order_id)
        .where(_own(items, own), _own(other_items, own), items.c.quantity > 1)
    )

    with database.transaction(writes=False, tenant_id=own) as connection:
        assert connection.execute(joined).all() == []
