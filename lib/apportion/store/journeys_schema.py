"""The tables behind journeys: what was analysed, from which state of the data, and how it is set.

`conversions` itself has two more columns for the search, each the small letters of another one.
They are stored, not an index over ``lower(...)``: PostgreSQL may not evaluate ``lower`` on a row
before row-level security has let the row through, and so would never use such an index.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Integer,
    Uuid,
)

from apportion.store.columns import created, key, tenant_table
from apportion.store.types import JsonValue


def small_letters(of: str) -> Computed:
    """Give what makes a column the small letters of another one.

    PostgreSQL stores it in the row; SQLite computes it, and stores it in the index only.
    """
    return Computed(f"lower({of})")


dataset_versions = tenant_table(
    "dataset_versions",
    key("dataset"),
    Column("changes", BigInteger, nullable=False),
    created("changed_at"),
)
"""How often each dataset was written to, counted in the transaction that wrote."""

journey_results = tenant_table(
    "journey_results",
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("window_days", Integer, primary_key=True, autoincrement=False),
    key("customer"),
    Column("run_id", Uuid),
    Column("results", JsonValue, nullable=False),
    created(),
    CheckConstraint("customer IN ('', 'new', 'returning')", name="customer"),
    ForeignKeyConstraint(["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"]),
)
"""One document per lookback window and kind of customer (empty: all); a version is all of them."""

tenant_settings = tenant_table(
    "tenant_settings",
    key("name"),
    Column("value", JsonValue, nullable=False),
    created("changed_at"),
)
"""What a tenant has set, a document per subject."""
