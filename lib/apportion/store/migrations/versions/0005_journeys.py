"""Journeys: search by small letters, counted changes of datasets, stored analyses, settings."""

import sqlalchemy as sa
from alembic import op

from apportion.store import rls
from apportion.store.types import JsonValue, KeyText, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TENANT_TABLES = ["dataset_versions", "journey_results", "tenant_settings"]
INDEXES = {
    "ix_conversions_tenant_id_is_new_customer_timestamp": ["is_new_customer", "timestamp"],
    "ix_conversions_tenant_id_order_id_small": ["order_id_small"],
    "ix_conversions_tenant_id_email_small": ["email_small"],
}


def upgrade() -> None:
    # SQLite cannot add a stored column; PostgreSQL can index no other.
    is_stored = True if op.get_bind().dialect.name == "postgresql" else None
    op.drop_index("ix_conversions_tenant_id_email", "conversions")
    for name in ("order_id", "email"):
        small = sa.Computed(f"lower({name})", persisted=is_stored)
        op.add_column("conversions", sa.Column(f"{name}_small", KeyText, small))
    for name, columns in INDEXES.items():
        op.create_index(name, "conversions", ["tenant_id", *columns])
    op.create_table(
        "dataset_versions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("dataset", KeyText, nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_dataset_versions_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "dataset", name="pk_dataset_versions"),
    )
    op.create_table(
        "journey_results",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("window_days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer", KeyText, nullable=False),
        sa.Column("run_id", sa.Uuid()),
        sa.Column("results", JsonValue, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("customer IN ('', 'new', 'returning')", name="customer"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["runs.tenant_id", "runs.id"],
            name="fk_journey_results_tenant_id_run_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_journey_results_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "version", "window_days", "customer", name="pk_journey_results"
        ),
    )
    op.create_table(
        "tenant_settings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", KeyText, nullable=False),
        sa.Column("value", JsonValue, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_tenant_settings_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_tenant_settings"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in TENANT_TABLES:
            for statement in rls.protect(table):
                op.execute(statement)


def downgrade() -> None:
    for table in reversed(TENANT_TABLES):
        op.drop_table(table)
    for name in INDEXES:
        op.drop_index(name, "conversions")
    for name in ("order_id_small", "email_small"):
        op.drop_column("conversions", name)
    op.create_index(
        "ix_conversions_tenant_id_email", "conversions", ["tenant_id", sa.text("lower(email)")]
    )
