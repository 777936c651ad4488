"""The first tables: tenants, source data, imports, runs, and SPEC's four."""

import sqlalchemy as sa
from alembic import op

from apportion.store import rls
from apportion.store.types import Amount, JsonValue, KeyText, TextList, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TENANT_TABLES = [
    "ai_insights_cache",
    "controls",
    "conversions",
    "daily_outcomes",
    "daily_spend",
    "events",
    "imports",
    "incrementality_experiments",
    "runs",
    "touchpoints",
    "mmm_models",
    "order_items",
]

WHEN_ENDED = "OLD.status IN ('completed', 'failed')"
REFUSAL = "a model version cannot change once it has ended"
SQLITE_TRIGGER = f"""
CREATE TRIGGER mmm_models_are_final BEFORE UPDATE ON mmm_models WHEN {WHEN_ENDED}
BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
"""
POSTGRESQL_FUNCTION = f"""
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
POSTGRESQL_TRIGGER = f"""
CREATE TRIGGER mmm_models_are_final BEFORE UPDATE ON mmm_models
FOR EACH ROW WHEN ({WHEN_ENDED}) EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tenants"),
        sa.UniqueConstraint("slug", name="uq_tenants_slug"),
    )
    op.create_table(
        "ai_insights_cache",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("date_range_start", sa.Date(), nullable=False),
        sa.Column("date_range_end", sa.Date(), nullable=False),
        sa.Column("insights", JsonValue, nullable=False),
        sa.Column("generated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_ai_insights_cache_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_ai_insights_cache"),
        sa.UniqueConstraint(
            "tenant_id",
            "date_range_start",
            "date_range_end",
            name="uq_ai_insights_cache_tenant_id_date_range_start_date_range_end",
        ),
    )
    op.create_table(
        "controls",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("name", KeyText, nullable=False),
        sa.Column("value", Amount, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_controls_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "date", "name", name="pk_controls"),
    )
    op.create_table(
        "conversions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", KeyText, nullable=False),
        sa.Column("customer_id", KeyText, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        sa.Column("revenue", Amount, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("is_new_customer", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_conversions_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", name="pk_conversions"),
    )
    op.create_index(
        "ix_conversions_tenant_id_customer_id_timestamp",
        "conversions",
        ["tenant_id", "customer_id", "timestamp"],
    )
    op.create_index("ix_conversions_tenant_id_timestamp", "conversions", ["tenant_id", "timestamp"])
    op.create_index(
        "ix_conversions_tenant_id_email", "conversions", ["tenant_id", sa.text("lower(email)")]
    )
    op.create_table(
        "daily_outcomes",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("region", KeyText, nullable=False),
        sa.Column("metric", KeyText, nullable=False),
        sa.Column("value", Amount, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_daily_outcomes_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "date", "region", "metric", name="pk_daily_outcomes"),
    )
    op.create_table(
        "daily_spend",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("channel", KeyText, nullable=False),
        sa.Column("campaign", KeyText, nullable=False),
        sa.Column("region", KeyText, nullable=False),
        sa.Column("spend", Amount, nullable=False),
        sa.Column("impressions", sa.BigInteger()),
        sa.Column("clicks", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_daily_spend_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "date", "channel", "campaign", "region", name="pk_daily_spend"
        ),
    )
    op.create_table(
        "events",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("name", KeyText, nullable=False),
        sa.Column("end", sa.Date(), nullable=False),
        sa.Column("expected_effect", Amount),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_events_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "start", "name", name="pk_events"),
    )
    op.create_table(
        "imports",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_imports_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_imports"),
    )
    op.create_table(
        "incrementality_experiments",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("test_regions", TextList, nullable=False),
        sa.Column("control_regions", TextList, nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("pre_test_days", sa.Integer(), server_default="14", nullable=False),
        sa.Column("budget_estimate", sa.Numeric(precision=12, scale=2, asdecimal=False)),
        sa.Column("results", JsonValue),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'running', 'completed', 'cancelled')",
            name="status",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name="fk_incrementality_experiments_tenant_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_incrementality_experiments"),
    )
    op.create_table(
        "runs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("parameters", JsonValue, nullable=False),
        sa.Column("progress", sa.Double(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("host", sa.Text()),
        sa.Column("pid", sa.BigInteger()),
        sa.Column("process_started", sa.Double()),
        sa.Column("heartbeat_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime()),
        sa.Column("finished_at", UtcDateTime()),
        sa.Column("output_path", sa.Text()),
        sa.CheckConstraint("status IN ('queued', 'running', 'completed', 'failed')", name="status"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_runs_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_runs"),
    )
    op.create_index("ix_runs_tenant_id_created_at", "runs", ["tenant_id", "created_at"])
    op.create_table(
        "touchpoints",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("touchpoint_id", KeyText, nullable=False),
        sa.Column("customer_id", KeyText, nullable=False),
        sa.Column("timestamp", UtcDateTime(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), server_default="", nullable=False),
        sa.Column("campaign", sa.Text(), server_default="", nullable=False),
        sa.Column("ad_set", sa.Text(), server_default="", nullable=False),
        sa.Column("ad", sa.Text(), server_default="", nullable=False),
        sa.Column("device", sa.Text(), server_default="", nullable=False),
        sa.Column("browser", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_touchpoints_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "touchpoint_id", name="pk_touchpoints"),
    )
    op.create_index(
        "ix_touchpoints_tenant_id_customer_id_timestamp",
        "touchpoints",
        ["tenant_id", "customer_id", "timestamp"],
    )
    op.create_index("ix_touchpoints_tenant_id_timestamp", "touchpoints", ["tenant_id", "timestamp"])
    op.create_table(
        "mmm_models",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid()),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("channels", TextList, nullable=False),
        sa.Column("date_range_start", sa.Date()),
        sa.Column("date_range_end", sa.Date()),
        sa.Column("model_fit", JsonValue),
        sa.Column("results", JsonValue),
        sa.Column("provenance", JsonValue),
        sa.Column("posterior", sa.LargeBinary()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("completed_at", UtcDateTime()),
        sa.CheckConstraint("status IN ('draft', 'running', 'completed', 'failed')", name="status"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["runs.tenant_id", "runs.id"],
            name="fk_mmm_models_tenant_id_run_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_mmm_models_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_mmm_models"),
        sa.UniqueConstraint("tenant_id", "version", name="uq_mmm_models_tenant_id_version"),
    )
    op.create_index("ix_mmm_models_tenant_id_run_id", "mmm_models", ["tenant_id", "run_id"])
    op.create_table(
        "order_items",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", KeyText, nullable=False),
        sa.Column("product", KeyText, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price", Amount, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["conversions.tenant_id", "conversions.order_id"],
            name="fk_order_items_tenant_id_order_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_order_items_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", "product", name="pk_order_items"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL_FUNCTION)
        op.execute(POSTGRESQL_TRIGGER)
        _protect()
    else:
        op.execute(SQLITE_TRIGGER)


def _protect() -> None:
    for statement in rls.protect_tenants():
        op.execute(statement)
    for table in TENANT_TABLES:
        for statement in rls.protect(table):
            op.execute(statement)


def downgrade() -> None:
    for table in reversed(TENANT_TABLES):
        op.drop_table(table)
    op.drop_table("tenants")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
