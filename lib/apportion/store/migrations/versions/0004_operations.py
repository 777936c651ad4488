"""Operation: which version is current, back-tests, logs of runs, alerts."""

import sqlalchemy as sa
from alembic import op

from apportion.store import rls
from apportion.store.types import JsonValue, TextList, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TENANT_TABLES = [
    "mmm_successions",
    "mmm_backtests",
    "run_log",
    "alert_targets",
    "alerts",
    "alert_deliveries",
]


def upgrade() -> None:
    # What is current without a row in mmm_successions is the newest that completed: no rows of an
    # older database need to change.
    op.add_column("mmm_models", sa.Column("held_back", sa.Text()))
    _create(
        "mmm_successions",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        _of("mmm_successions", "model_id", "mmm_models"),
    )
    _index("mmm_successions", "at")
    _index("mmm_successions", "model_id")
    _create(
        "mmm_backtests",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("result", JsonValue, nullable=False),
        sa.Column("measured_at", UtcDateTime(), nullable=False),
        _of("mmm_backtests", "model_id", "mmm_models"),
        sa.UniqueConstraint(
            "tenant_id", "model_id", "last_day", name="uq_mmm_backtests_tenant_id_model_id_last_day"
        ),
    )
    _create(
        "run_log",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        _of("run_log", "run_id", "runs"),
    )
    _index("run_log", "run_id", "at")
    _create(
        "alert_targets",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("events", TextList, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint(
            "tenant_id", "kind", "address", name="uq_alert_targets_tenant_id_kind_address"
        ),
    )
    _create(
        "alerts",
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
    )
    _index("alerts", "at")
    _create(
        "alert_deliveries",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", UtcDateTime()),
        sa.Column("delivered_at", UtcDateTime()),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        _of("alert_deliveries", "alert_id", "alerts"),
        _of("alert_deliveries", "target_id", "alert_targets"),
    )
    _index("alert_deliveries", "next_at")
    _index("alert_deliveries", "alert_id")
    _index("alert_deliveries", "target_id")
    if op.get_bind().dialect.name == "postgresql":
        for table in TENANT_TABLES:
            for statement in rls.protect(table):
                op.execute(statement)


def _create(table: str, *items: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *items,
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=f"fk_{table}_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{table}"),
    )


def _of(table: str, column: str, referred: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{referred}.tenant_id", f"{referred}.id"],
        name=f"fk_{table}_tenant_id_{column}",
        ondelete="CASCADE",
    )


def _index(table: str, *columns: str) -> None:
    name = f"ix_{table}_tenant_id_{'_'.join(columns)}"
    op.create_index(name, table, ["tenant_id", *columns])


def downgrade() -> None:
    for table in reversed(TENANT_TABLES):
        op.drop_table(table)
    op.drop_column("mmm_models", "held_back")
