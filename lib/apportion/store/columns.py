"""What every table is made of, and the one table that belongs to no tenant: the tenants."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.schema import SchemaItem

from apportion.store.types import KeyText, UtcDateTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def key(name: str, kind: type[Date] | None = None) -> Column[object]:
    """Give a column of the primary key, after the tenant's."""
    return Column(name, kind or KeyText, primary_key=True)


def text(name: str) -> Column[str]:
    """Give a text column that is empty rather than null."""
    return Column(name, Text, nullable=False, server_default="")


def created(name: str = "created_at") -> Column[object]:
    """Give the column of an instant that is always known."""
    return Column(name, UtcDateTime, nullable=False)


def status(*allowed: str, default: str) -> tuple[SchemaItem, ...]:
    """Give the status column and the check of what it may hold."""
    names = ", ".join(f"'{status}'" for status in allowed)
    return (
        Column("status", Text, nullable=False, server_default=default),
        CheckConstraint(f"status IN ({names})", name="status"),
    )


tenants = Table(
    "tenants",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    created(),
)


def tenant_table(name: str, *items: SchemaItem) -> Table:
    """Give a table whose rows belong to a tenant, and go with it."""
    tenant_id = Column(
        "tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True
    )
    return Table(name, metadata, tenant_id, *items)
