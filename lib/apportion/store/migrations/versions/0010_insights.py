"""Insights: what people said of anomalies, Claude's tokens by month, that something was asked."""

import sqlalchemy as sa
from alembic import op

from apportion.store import rls
from apportion.store.types import JsonValue, KeyText, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TENANT_TABLES = ["insight_feedback", "claude_tokens", "asked_questions"]


def upgrade() -> None:
    op.create_table(
        "insight_feedback",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("anomaly", KeyText, nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("end", sa.Date(), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("verdict IN ('useful', 'expected', 'mute')", name="verdict"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_insight_feedback_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "anomaly", name="pk_insight_feedback"),
    )
    op.create_table(
        "claude_tokens",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_claude_tokens_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "month", name="pk_claude_tokens"),
    )
    op.create_table(
        "asked_questions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("tools", JsonValue, nullable=False),
        sa.Column("is_answered", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_asked_questions_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_asked_questions"),
    )
    op.create_index(
        "ix_asked_questions_tenant_id_asked_at", "asked_questions", ["tenant_id", "asked_at"]
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in TENANT_TABLES:
            for statement in rls.protect(table):
                op.execute(statement)


def downgrade() -> None:
    for table in reversed(TENANT_TABLES):
        op.drop_table(table)
