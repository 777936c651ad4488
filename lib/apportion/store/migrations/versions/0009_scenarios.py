"""Named plans for the weeks to come."""

import sqlalchemy as sa
from alembic import op

from apportion.store import rls
from apportion.store.types import JsonValue, KeyText, UtcDateTime

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mmm_scenarios",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", KeyText, nullable=False),
        sa.Column("plan", JsonValue, nullable=False),
        sa.Column("created_by", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_mmm_scenarios_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_mmm_scenarios"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in rls.protect("mmm_scenarios"):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("mmm_scenarios")
