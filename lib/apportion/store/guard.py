"""Refuse a statement that touches a tenant's table without being bound to the tenant.

:class:`~apportion.store.tenant_connection.TenantConnection` adds the filter; this is the check
that it did. It looks at every statement on its way to the database, also at its subqueries:

- SELECT, UPDATE, DELETE: each tenant table must be compared with the transaction's tenant, in a
  condition that always holds (not inside an OR);
- SELECT may instead compare a table of `KEYS` with the key that the transaction was opened with;
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

from apportion.store.schema import KEYS, TENANT_TABLES

TENANT_OPTION = "apportion_tenant_id"
"""The execution option that names the tenant of a transaction."""

KEY_OPTION = "apportion_key"
"""The execution option that names the key of a transaction which knows no tenant."""


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
    tenant_id, key = execution_options.get(TENANT_OPTION), execution_options.get(KEY_OPTION)
    for element in visitors.iterate(statement):
        match element:
            case TextClause():
                raise UnboundStatementError("SQL as text cannot be checked; build the statement.")
            case Insert(table=Table() as table) if table in TENANT_TABLES:
                values = element.compile(dialect=connection.dialect).params
                _require(not multiparams and not params, table)
                _require(tenant_id is not None and values.get("tenant_id") == tenant_id, table)
            case Select():
                _check(element.get_final_froms(), element.whereclause, tenant_id, key)
            case Update(table=Table() as table) if table in TENANT_TABLES:
                _check([table], element.whereclause, tenant_id)
                values = element.compile(dialect=connection.dialect).params
                _require(values.get("tenant_id", tenant_id) == tenant_id, table)
            case Delete():
                _check([element.table], element.whereclause, tenant_id)
            case _:
                pass


def _check(
    sources: Sequence[FromClause],
    condition: ColumnElement[Any] | None,
    tenant_id: UUID | None,
    key: str | None = None,
) -> None:
    bound = {
        id(column.table)
        for column, value in _compared_columns(condition)
        if (column.name == "tenant_id" and tenant_id is not None and value == tenant_id)
        or (_is_key(column) and key is not None and value == key)
    }
    for source in _flatten(sources):
        table = source.element if isinstance(source, Alias) else source
        if table in TENANT_TABLES:
            _require(id(source) in bound, table)


def _flatten(sources: Sequence[FromClause]) -> Iterator[FromClause]:
    for source in sources:
        if isinstance(source, Join):
            yield from _flatten([source.left, source.right])
        else:
            yield source


def _compared_columns(
    condition: ColumnElement[Any] | None,
) -> Iterator[tuple[ColumnClause[Any], object]]:
    match condition:
        case BooleanClauseList(operator=operators.and_):
            for clause in condition.clauses:
                yield from _compared_columns(clause)
        case BinaryExpression(
            operator=operators.eq,
            left=ColumnClause() as column,
            right=BindParameter(effective_value=value),
        ):
            yield column, value
        case _:
            pass


def _is_key(column: ColumnClause[Any]) -> bool:
    return any(column.table is table and column.name == name for table, name in KEYS.items())


def _require(is_bound: bool, table: FromClause) -> None:
    if not is_bound:
        raise UnboundStatementError(f"A statement on {table} is not bound to its tenant.")
