"""One tenant's transaction: the only way from a :class:`TenantStore` to the database."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    CursorResult,
    Executable,
    Result,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql import ColumnElement

from apportion.store.schema import TENANT_TABLES


class TenantConnection:
    """A transaction in which every statement carries its tenant.

    Parameters
    ----------
    connection : Connection
        An open transaction of :class:`~apportion.store.engine.Database`, for the same tenant.
    tenant_id : UUID
        Whose rows are read and written.
    """

    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self.connection = connection
        self.tenant_id = tenant_id

    def select(self, *columns: ColumnElement[Any], of: Table) -> Select[Any]:
        """Give a SELECT from one tenant table, filtered by the tenant; add to it with `where`."""
        return select(*columns).select_from(of).where(self._is_own(of))

    def join(self, statement: Select[Any], table: Table, on: ColumnElement[bool]) -> Select[Any]:
        """Join another tenant table to a SELECT, filtered by the tenant too."""
        return statement.join(table, on).where(self._is_own(table))

    def execute(self, statement: Executable) -> Result[Any]:
        """Execute a statement; the guard refuses one that is not bound to the tenant."""
        return self.connection.execute(statement)

    def insert(self, table: Table, **values: object) -> None:
        """Insert one row of the tenant's."""
        self.connection.execute(insert(table).values(tenant_id=self.tenant_id, **values))

    def update(self, table: Table, *where: ColumnElement[bool], **values: object) -> int:
        """Update the tenant's rows that match; give how many there were."""
        statement = update(table).where(self._is_own(table), *where).values(**values)
        result = self.connection.execute(statement)
        assert isinstance(result, CursorResult)
        return result.rowcount

    def delete(self, table: Table, *where: ColumnElement[bool]) -> int:
        """Delete the tenant's rows that match; give how many there were."""
        result = self.connection.execute(delete(table).where(self._is_own(table), *where))
        assert isinstance(result, CursorResult)
        return result.rowcount

    def lock(self, name: str) -> None:
        """Wait until no other transaction of this tenant holds `name`; released at the end.

        On SQLite a writing transaction is alone anyway.
        """
        if self.connection.dialect.name == "postgresql":
            key = func.hashtextextended(f"{self.tenant_id}/{name}", 0)
            self.connection.execute(select(func.pg_advisory_xact_lock(key)))

    def _is_own(self, table: Table) -> ColumnElement[bool]:
        if table not in TENANT_TABLES:
            raise ValueError(f"{table} is no tenant's table")
        own: ColumnElement[bool] = table.c.tenant_id == self.tenant_id
        return own
