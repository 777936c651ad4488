"""What the parts of a :class:`TenantStore` share: its tenant, and transactions bound to it."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from apportion.errors import ForbiddenError, NotFoundError
from apportion.results.accounts import Role
from apportion.results.tenants import Tenant
from apportion.store.engine import Database
from apportion.store.tenant_connection import TenantConnection


class TenantBound:
    """A database and the one tenant whose rows may be touched.

    Parameters
    ----------
    database : Database
    tenant : Tenant
    role : Role, optional
        What whoever works with it may do; None: everything.
    """

    def __init__(self, database: Database, tenant: Tenant, role: Role | None = None) -> None:
        self._database = database
        self._role = role
        self.tenant = tenant

    @contextmanager
    def _reading(self) -> Iterator[TenantConnection]:
        with self._database.transaction(writes=False, tenant_id=self.tenant.id) as connection:
            yield TenantConnection(connection, self.tenant.id)

    @contextmanager
    def _writing(self, needs: Role = Role.ANALYST) -> Iterator[TenantConnection]:
        """Give a transaction that writes what `needs` this role, or ForbiddenError."""
        if self._role is not None and not self._role.includes(needs):
            raise role_too_low(needs, self._role, self.tenant)
        with self._database.transaction(writes=True, tenant_id=self.tenant.id) as connection:
            yield TenantConnection(connection, self.tenant.id)


def role_too_low(needed: Role, role: Role, tenant: Tenant) -> ForbiddenError:
    """Give the one error for somebody whose role does not allow what they ask."""
    return ForbiddenError(
        f"This needs the role {needed}; yours is {role}. Ask an administrator of {tenant.name}."
    )


def now() -> dt.datetime:
    """Give the current instant, in UTC."""
    return dt.datetime.now(dt.UTC)


def parse_id(value: str, what: str) -> UUID:
    """Give the UUID in `value`.

    Raises
    ------
    NotFoundError
        If it is none: a record with such an id cannot exist.
    """
    try:
        return UUID(value)
    except ValueError as error:
        raise not_found(what, value) from error


def not_found(what: str, key: object) -> NotFoundError:
    """Give the one error for a record that is not there or is another tenant's."""
    return NotFoundError(f"There is no {what} {key}.")
