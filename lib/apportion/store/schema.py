"""The tables: SPEC's four, the source data, and what runs need; accounts have their own module.

Every table but `tenants`, `sign_in_attempts` and `workers` belongs to a tenant: its ``tenant_id``
comes first in its key and in every foreign key to another tenant's table, so that no row can point
into another tenant's data. The columns of a source table are named as in :mod:`apportion.frames`.
"""

from collections.abc import Mapping

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from apportion.store import insights_schema as insights_schema
from apportion.store import operations_schema as operations_schema
from apportion.store.accounts_schema import sessions, sign_in_attempts, users
from apportion.store.columns import created, key, status, tenant_table, text
from apportion.store.columns import metadata as metadata
from apportion.store.columns import tenants as tenants
from apportion.store.jobs_schema import run_queue, workers
from apportion.store.journeys_schema import dataset_versions as dataset_versions
from apportion.store.journeys_schema import journey_results as journey_results
from apportion.store.journeys_schema import small_letters
from apportion.store.journeys_schema import tenant_settings as tenant_settings
from apportion.store.mmm_schema import lift_tests as lift_tests
from apportion.store.mmm_schema import mmm_settings as mmm_settings
from apportion.store.scenarios_schema import mmm_scenarios as mmm_scenarios
from apportion.store.types import Amount, JsonValue, KeyText, TextList, UtcDateTime

REVISION = "0010"
"""The migration that these tables are the result of."""

daily_spend = tenant_table(
    "daily_spend",
    key("date", Date),
    key("channel"),
    key("campaign"),
    key("region"),
    Column("spend", Amount, nullable=False),
    Column("impressions", BigInteger),
    Column("clicks", BigInteger),
)
daily_outcomes = tenant_table(
    "daily_outcomes",
    key("date", Date),
    key("region"),
    key("metric"),
    Column("value", Amount, nullable=False),
)
controls = tenant_table(
    "controls",
    key("date", Date),
    key("name"),
    Column("value", Amount, nullable=False),
)
touchpoints = tenant_table(
    "touchpoints",
    key("touchpoint_id"),
    Column("customer_id", KeyText, nullable=False),
    Column("timestamp", UtcDateTime, nullable=False),
    Column("channel", Text, nullable=False),
    text("platform"),
    text("campaign"),
    text("ad_set"),
    text("ad"),
    text("device"),
    text("browser"),
    Index(None, "tenant_id", "customer_id", "timestamp"),
    Index(None, "tenant_id", "timestamp"),
)
conversions = tenant_table(
    "conversions",
    key("order_id"),
    Column("customer_id", KeyText, nullable=False),
    Column("timestamp", UtcDateTime, nullable=False),
    Column("revenue", Amount, nullable=False),
    Column("email", Text, nullable=False),
    Column("is_new_customer", Boolean, nullable=False),
    Column("order_id_small", KeyText, small_letters("order_id")),
    Column("email_small", KeyText, small_letters("email")),
    Index(None, "tenant_id", "timestamp"),
    Index(None, "tenant_id", "is_new_customer", "timestamp"),
    Index(None, "tenant_id", "customer_id", "timestamp"),
    Index(None, "tenant_id", "order_id_small"),
    Index(None, "tenant_id", "email_small"),
)
order_items = tenant_table(
    "order_items",
    key("order_id"),
    key("product"),
    Column("quantity", BigInteger, nullable=False),
    Column("unit_price", Amount, nullable=False),
    ForeignKeyConstraint(
        ["tenant_id", "order_id"],
        ["conversions.tenant_id", "conversions.order_id"],
        ondelete="CASCADE",
    ),
)
events = tenant_table(
    "events",
    key("start", Date),
    key("name"),
    Column("end", Date, nullable=False),
    Column("expected_effect", Amount),
)

imports = tenant_table(
    "imports",
    Column("id", Uuid, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    created("imported_at"),
)
runs = tenant_table(
    "runs",
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    *status("queued", "running", "completed", "failed", "cancelled", default="queued"),
    Column("parameters", JsonValue, nullable=False),
    Column("origin", Text, nullable=False, server_default="person"),
    text("requested_by"),
    Column("progress", Double, nullable=False, server_default="0"),
    text("message"),
    Column("remaining_seconds", Double),
    Column("chains", JsonValue),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("faults", Integer, nullable=False, server_default="0"),
    Column("worker", Text),
    Column("host", Text),
    Column("pid", BigInteger),
    Column("process_started", Double),
    Column("heartbeat_at", UtcDateTime),
    created(),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("output_path", Text),
    Index(None, "tenant_id", "created_at"),
)
mmm_models = tenant_table(
    "mmm_models",
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("run_id", Uuid),
    *status("draft", "running", "completed", "failed", default="draft"),
    Column("reason", Text),
    Column("held_back", Text),
    Column("channels", TextList, nullable=False),
    Column("date_range_start", Date),
    Column("date_range_end", Date),
    Column("model_fit", JsonValue),
    Column("results", JsonValue),
    Column("provenance", JsonValue),
    Column("posterior", LargeBinary),
    created(),
    Column("completed_at", UtcDateTime),
    UniqueConstraint("tenant_id", "version"),
    ForeignKeyConstraint(["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"]),
    Index(None, "tenant_id", "run_id"),
)
incrementality_experiments = tenant_table(
    "incrementality_experiments",
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("platform", Text, nullable=False),
    *status("draft", "running", "completed", "cancelled", default="draft"),
    Column("test_regions", TextList, nullable=False),
    Column("control_regions", TextList, nullable=False),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date, nullable=False),
    Column("pre_test_days", Integer, nullable=False, server_default="14"),
    Column("budget_estimate", Numeric(12, 2, asdecimal=False)),
    Column("results", JsonValue),
    Column("direction", Text, nullable=False, server_default="on"),
    text("override_reason"),
    text("reason"),
    Column("settings", JsonValue),
    Column("power", JsonValue),
    Column("checks", JsonValue),
    Column("design", JsonValue),
    Column("certificate", JsonValue),
    created(),
    created("updated_at"),
)
ai_insights_cache = tenant_table(
    "ai_insights_cache",
    Column("id", Uuid, primary_key=True),
    Column("date_range_start", Date, nullable=False),
    Column("date_range_end", Date, nullable=False),
    Column("insights", JsonValue, nullable=False),
    created("generated_at"),
    UniqueConstraint("tenant_id", "date_range_start", "date_range_end"),
)

TENANT_TABLES: frozenset[Table] = frozenset(metadata.tables.values()) - {
    tenants,
    sign_in_attempts,
    workers,
}

KEYS: Mapping[Table, str] = {users: "email", sessions: "hash", run_queue: "kind"}
"""The column by which a transaction without a tenant, but with a key, may read a table."""

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
