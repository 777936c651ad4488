"""The database as a whole: which tenants there are, and the door to each."""

import re
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from apportion.errors import ConfigurationError, ConflictError, NotFoundError, ParameterError
from apportion.results.accounts import Role
from apportion.results.tenants import Tenant
from apportion.store.account_lookup import AccountLookup
from apportion.store.company import check_units
from apportion.store.engine import Database
from apportion.store.fleet import FleetStore
from apportion.store.schema import REVISION, tenants
from apportion.store.tenant_bound import now
from apportion.store.tenant_store import TenantStore

_TENANT = tuple(tenants.c[name] for name in Tenant.model_fields)


class Store:
    """A database of tenants.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of an SQLite file or a PostgreSQL database; connected to at first use.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    def check_ready(self) -> None:
        """Make sure that the database can be reached and is at this version.

        Raises
        ------
        ConfigurationError
            If it cannot be reached, or its tables are older or newer than this program.
        """
        found = self._database.revision()
        if found != REVISION:
            raise ConfigurationError(
                f"The database {self._database.name} is at version {found or 'none'}; "
                f"this program needs {REVISION}. Run `apportion migrate`."
            )

    def is_ready(self) -> bool:
        """Tell whether the tables are as this program needs them.

        Raises
        ------
        ConfigurationError
            If the database cannot be reached.
        """
        return self._database.revision() == REVISION

    def tenants(self) -> list[Tenant]:
        """Give every tenant, by slug."""
        with self._database.transaction(writes=False) as connection:
            rows = connection.execute(select(*_TENANT).order_by(tenants.c.slug)).all()
        return [Tenant.model_validate(dict(row._mapping)) for row in rows]

    def tenant(self, slug: str) -> Tenant:
        """Give one tenant.

        Raises
        ------
        NotFoundError
            If there is no such tenant.
        """
        with self._database.transaction(writes=False) as connection:
            row = connection.execute(select(*_TENANT).where(tenants.c.slug == slug)).one_or_none()
        if row is None:
            raise NotFoundError(f"There is no tenant {slug!r}.")
        return Tenant.model_validate(dict(row._mapping))

    def add_tenant(self, slug: str, *, name: str, currency: str, timezone: str) -> Tenant:
        """Add a tenant, with no data yet.

        Parameters
        ----------
        slug : str
            Its name in addresses and commands: small letters, digits and hyphens.
        name : str
            Its name on screen.
        currency : str
            ISO 4217, as ``EUR``.
        timezone : str
            IANA name, as ``Europe/Berlin``.

        Raises
        ------
        ParameterError
            If one of them cannot be used.
        ConflictError
            If there is a tenant `slug` already.
        """
        _check_tenant(slug, currency, timezone)
        tenant = Tenant(id=uuid4(), slug=slug, name=name, currency=currency, timezone=timezone)
        try:
            with self._database.transaction(writes=True) as connection:
                connection.execute(insert(tenants).values(**dict(tenant), created_at=now()))
        except IntegrityError as error:
            raise ConflictError(f"There is a tenant {slug!r} already.") from error
        return tenant

    def delete_tenant(self, slug: str) -> None:
        """Delete a tenant and everything that is stored of it.

        Raises
        ------
        NotFoundError
            If there is no such tenant.
        """
        tenant = self.tenant(slug)
        with self._database.transaction(writes=True, tenant_id=tenant.id) as connection:
            connection.execute(delete(tenants).where(tenants.c.id == tenant.id))

    def for_tenant(self, slug: str, role: Role | None = None) -> TenantStore:
        """Give the door to one tenant's data, for whoever has `role` there; None: the program.

        Raises
        ------
        NotFoundError
            If there is no such tenant.
        """
        return TenantStore(self._database, self.tenant(slug), role)

    def for_tenant_id(self, tenant_id: UUID) -> TenantStore:
        """Give the door to the data of the tenant with this id.

        Raises
        ------
        NotFoundError
            If there is no such tenant.
        """
        with self._database.transaction(writes=False) as connection:
            found = select(*_TENANT).where(tenants.c.id == tenant_id)
            row = connection.execute(found).one_or_none()
        if row is None:
            raise NotFoundError(f"There is no tenant {tenant_id}.")
        return TenantStore(self._database, Tenant.model_validate(dict(row._mapping)))

    @property
    def accounts(self) -> AccountLookup:
        """What must be asked of accounts before it is known which tenant's."""
        return AccountLookup(self._database)

    @property
    def fleet(self) -> FleetStore:
        """The queue of runs over all tenants, and the workers."""
        return FleetStore(self._database)

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        self._database.dispose()


def _check_tenant(slug: str, currency: str, timezone: str) -> None:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", slug):
        raise ParameterError(
            f"A tenant's slug is up to 63 small letters, digits and hyphens; found {slug!r}."
        )
    check_units(currency, timezone)
