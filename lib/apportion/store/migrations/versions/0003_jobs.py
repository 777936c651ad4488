"""Background work: who asked for a run, what waits, the workers, and when each notebook is due."""

import sqlalchemy as sa
from alembic import op

from apportion.store import rls
from apportion.store.types import JsonValue, KeyText, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TENANT_TABLES = ["run_queue", "schedules"]
BEFORE = "status IN ('queued', 'running', 'completed', 'failed')"
AFTER = "status IN ('queued', 'running', 'completed', 'failed', 'cancelled')"
NEW_COLUMNS = [
    "origin",
    "requested_by",
    "remaining_seconds",
    "chains",
    "attempt",
    "faults",
    "worker",
]


def upgrade() -> None:
    _allow(AFTER)
    for column in (
        sa.Column("origin", sa.Text(), server_default="person", nullable=False),
        sa.Column("requested_by", sa.Text(), server_default="", nullable=False),
        sa.Column("remaining_seconds", sa.Double()),
        sa.Column("chains", JsonValue),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("faults", sa.Integer(), server_default="0", nullable=False),
        sa.Column("worker", sa.Text()),
    ):
        op.add_column("runs", column)
    op.create_table(
        "run_queue",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime()),
        sa.Column("admitted_at", UtcDateTime()),
        sa.Column("admissions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["runs.tenant_id", "runs.id"],
            name="fk_run_queue_tenant_id_run_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_run_queue_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "run_id", name="pk_run_queue"),
    )
    op.create_index("ix_run_queue_kind_ended_at", "run_queue", ["kind", "ended_at"])
    op.create_table(
        "schedules",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", KeyText, nullable=False),
        sa.Column("enabled", sa.Boolean()),
        sa.Column("cadence", sa.Text()),
        sa.Column("parameters", JsonValue),
        sa.Column("changed_by", sa.Text()),
        sa.Column("changed_at", UtcDateTime()),
        sa.Column("due_at", UtcDateTime()),
        sa.Column("run_id", sa.Uuid()),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_schedules_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_schedules"),
    )
    op.create_table(
        "workers",
        sa.Column("id", KeyText, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_started", sa.Double(), nullable=False),
        sa.Column("kinds", JsonValue, nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("heartbeat_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in TENANT_TABLES:
            for statement in rls.protect(table):
                op.execute(statement)
        for statement in (*rls.open_to_key("run_queue", "kind"), *rls.protect_workers()):
            op.execute(statement)


def downgrade() -> None:
    for table in ("workers", "schedules", "run_queue"):
        op.drop_table(table)
    op.execute("UPDATE runs SET status = 'failed' WHERE status = 'cancelled'")
    with op.batch_alter_table("runs") as batch:
        for column in NEW_COLUMNS:
            batch.drop_column(column)
    _allow(BEFORE)


def _allow(statuses: str) -> None:
    """Change which statuses a run may have; on SQLite this makes the table anew."""
    name = op.f("ck_runs_status")
    with op.batch_alter_table("runs") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, statuses)
