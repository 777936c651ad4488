"""The tables: SPEC's four, the source data, and what runs need.

Every table but `tenants` belongs to a tenant: its ``tenant_id`` comes first in its key and in every
foreign key to another tenant's table, so that no row can point into another tenant's data. The
columns of a source table are named as in :mod:`apportion.frames`.
"""

from collections.abc import Mapping

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.schema import SchemaItem

from apportion.store.types import Amount, JsonValue, KeyText, TextList, UtcDateTime

REVISION = "0001"
"""The migration that these tables are the result of."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _key(name: str, kind: type[Date] | None = None) -> Column[object]:
    return Column(name, kind or KeyText, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _created(name: str = "created_at") -> Column[object]:
    return Column(name, UtcDateTime, nullable=False)


def _status(*allowed: str, default: str) -> tuple[SchemaItem, ...]:
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
    _created(),
)


def _tenant_table(name: str, *items: SchemaItem) -> Table:
    tenant_id = Column(
        "tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True
    )
    return Table(name, metadata, tenant_id, *items)


daily_spend = _tenant_table(
    "daily_spend",
    _key("date", Date),
    _key("channel"),
    _key("campaign"),
    _key("region"),
    Column("spend", Amount, nullable=False),
    Column("impressions", BigInteger),
    Column("clicks", BigInteger),
)
daily_outcomes = _tenant_table(
    "daily_outcomes",
    _key("date", Date),
    _key("region"),
    _key("metric"),
    Column("value", Amount, nullable=False),
)
controls = _tenant_table(
    "controls",
    _key("date", Date),
    _key("name"),
    Column("value", Amount, nullable=False),
)
touchpoints = _tenant_table(
    "touchpoints",
    _key("touchpoint_id"),
    Column("customer_id", KeyText, nullable=False),
    Column("timestamp", UtcDateTime, nullable=False),
    Column("channel", Text, nullable=False),
    _text("platform"),
    _text("campaign"),
    _text("ad_set"),
    _text("ad"),
    _text("device"),
    _text("browser"),
    Index(None, "tenant_id", "customer_id", "timestamp"),
    Index(None, "tenant_id", "timestamp"),
)
conversions = _tenant_table(
    "conversions",
    _key("order_id"),
    Column("customer_id", KeyText, nullable=False),
    Column("timestamp", UtcDateTime, nullable=False),
    Column("revenue", Amount, nullable=False),
    Column("email", Text, nullable=False),
    Column("is_new_customer", Boolean, nullable=False),
    Index(None, "tenant_id", "timestamp"),
    Index(None, "tenant_id", "customer_id", "timestamp"),
)
Index("ix_conversions_tenant_id_email", conversions.c.tenant_id, func.lower(conversions.c.email))
order_items = _tenant_table(
    "order_items",
    _key("order_id"),
    _key("product"),
    Column("quantity", BigInteger, nullable=False),
    Column("unit_price", Amount, nullable=False),
    ForeignKeyConstraint(
        ["tenant_id", "order_id"],
        ["conversions.tenant_id", "conversions.order_id"],
        ondelete="CASCADE",
    ),
)
events = _tenant_table(
    "events",
    _key("start", Date),
    _key("name"),
    Column("end", Date, nullable=False),
    Column("expected_effect", Amount),
)

imports = _tenant_table(
    "imports",
    Column("id", Uuid, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    _created("imported_at"),
)
runs = _tenant_table(
    "runs",
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    *_status("queued", "running", "completed", "failed", default="queued"),
    Column("parameters", JsonValue, nullable=False),
    Column("progress", Double, nullable=False, server_default="0"),
    _text("message"),
    Column("host", Text),
    Column("pid", BigInteger),
    Column("process_started", Double),
    Column("heartbeat_at", UtcDateTime),
    _created(),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("output_path", Text),
    Index(None, "tenant_id", "created_at"),
)
mmm_models = _tenant_table(
    "mmm_models",
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("run_id", Uuid),
    *_status("draft", "running", "completed", "failed", default="draft"),
    Column("reason", Text),
    Column("channels", TextList, nullable=False),
    Column("date_range_start", Date),
    Column("date_range_end", Date),
    Column("model_fit", JsonValue),
    Column("results", JsonValue),
    Column("provenance", JsonValue),
    Column("posterior", LargeBinary),
    _created(),
    Column("completed_at", UtcDateTime),
    UniqueConstraint("tenant_id", "version"),
    ForeignKeyConstraint(["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"]),
    Index(None, "tenant_id", "run_id"),
)
incrementality_experiments = _tenant_table(
    "incrementality_experiments",
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("platform", Text, nullable=False),
    *_status("draft", "running", "completed", "cancelled", default="draft"),
    Column("test_regions", TextList, nullable=False),
    Column("control_regions", TextList, nullable=False),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date, nullable=False),
    Column("pre_test_days", Integer, nullable=False, server_default="14"),
    Column("budget_estimate", Numeric(12, 2, asdecimal=False)),
    Column("results", JsonValue),
    _created(),
    _created("updated_at"),
)
ai_insights_cache = _tenant_table(
    "ai_insights_cache",
    Column("id", Uuid, primary_key=True),
    Column("date_range_start", Date, nullable=False),
    Column("date_range_end", Date, nullable=False),
    Column("insights", JsonValue, nullable=False),
    _created("generated_at"),
    UniqueConstraint("tenant_id", "date_range_start", "date_range_end"),
)

TENANT_TABLES: frozenset[Table] = frozenset(metadata.tables.values()) - {tenants}

SOURCE_TABLES: Mapping[str, Table] = {
    "spend": daily_spend,
    "outcomes": daily_outcomes,
    "controls": controls,
    "touchpoints": touchpoints,
    "conversions": conversions,
    "order_items": order_items,
    "events": events,
}
"""The table of each dataset of :data:`apportion.frames.DATASETS`."""
