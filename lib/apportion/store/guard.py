"""Refuse a statement that touches a tenant's table without being bound to the tenant.

:class:`~apportion.store.tenant_connection.TenantConnection` adds the filter; this is the check
that it did. It looks at every statement on its way to the database, also at its subqueries:

- SELECT, UPDATE, DELETE: each tenant table must be compared with the transaction's tenant, in a
  condition that always holds (not inside an OR);
- INSERT: the tenant must be among the values;
- SQL as text is refused, because it cannot be looked at.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.sql import Delete, Insert, Select, Update, operators, visitors
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ColumnClause,
    ColumnElement,
    TextClause,
)
from sqlalchemy.sql.selectable import Alias, FromClause, Join

from apportion.store.schema import TENANT_TABLES

TENANT_OPTION = "apportion_tenant_id"
"""The execution option that names the tenant of a transaction."""


class UnboundStatementError(RuntimeError):
    """A statement was not bound to its tenant: a bug in the store, never the user's doing."""


def watch(engine: Engine) -> None:
    """Check every statement that `engine` executes."""
    event.listen(engine, "before_execute", _before_execute)


def _before_execute(
    connection: Connection,
    statement: Any,
    multiparams: list[dict[str, Any]],
    params: dict[str, Any],
    execution_options: dict[str, Any],
) -> None:
    tenant_id = execution_options.get(TENANT_OPTION)
    for element in visitors.iterate(statement):
        match element:
            case TextClause():
                raise UnboundStatementError("SQL as text cannot be checked; build the statement.")
            case Insert(table=Table() as table) if table in TENANT_TABLES:
                values = element.compile(dialect=connection.dialect).params
                _require(not multiparams and not params, table)
                _require(tenant_id is not None and values.get("tenant_id") == tenant_id, table)
            case Select():
                _check(element.get_final_froms(), element.whereclause, tenant_id)
            case Update(table=Table() as table) if table in TENANT_TABLES:
                _check([table], element.whereclause, tenant_id)
                values = element.compile(dialect=connection.dialect).params
                _require(values.get("tenant_id", tenant_id) == tenant_id, table)
            case Delete():
                _check([element.table], element.whereclause, tenant_id)
            case _:
                pass


def _check(
    sources: Sequence[FromClause], condition: ColumnElement[Any] | None, tenant_id: UUID | None
) -> None:
    bound = {id(column.table) for column in _bound_columns(condition, tenant_id)}
    for source in _flatten(sources):
        table = source.element if isinstance(source, Alias) else source
        if table in TENANT_TABLES:
            _require(tenant_id is not None and id(source) in bound, table)


def _flatten(sources: Sequence[FromClause]) -> Iterator[FromClause]:
    for source in sources:
        if isinstance(source, Join):
            yield from _flatten([source.left, source.right])
        else:
            yield source


def _bound_columns(
    condition: ColumnElement[Any] | None, tenant_id: UUID | None
) -> Iterator[ColumnClause[Any]]:
    match condition:
        case BooleanClauseList(operator=operators.and_):
            for clause in condition.clauses:
                yield from _bound_columns(clause, tenant_id)
        case BinaryExpression(
            operator=operators.eq,
            left=ColumnClause(name="tenant_id") as column,
            right=BindParameter(effective_value=value),
        ) if value == tenant_id:
            yield column
        case _:
            pass


def _require(is_bound: bool, table: FromClause) -> None:
    if not is_bound:
        raise UnboundStatementError(f"A statement on {table} is not bound to its tenant.")
