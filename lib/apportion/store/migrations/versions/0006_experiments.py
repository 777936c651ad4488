"""Experiments: which way they go, why they were started or cancelled, design and certificate."""

import sqlalchemy as sa
from alembic import op

from apportion.store.types import JsonValue

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLE = "incrementality_experiments"
DOCUMENTS = ["settings", "power", "checks", "design", "certificate"]


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("direction", sa.Text(), server_default="on", nullable=False))
    for name in ("override_reason", "reason"):
        op.add_column(TABLE, sa.Column(name, sa.Text(), server_default="", nullable=False))
    for name in DOCUMENTS:
        op.add_column(TABLE, sa.Column(name, JsonValue))


def downgrade() -> None:
    for name in reversed(["direction", "override_reason", "reason", *DOCUMENTS]):
        op.drop_column(TABLE, name)
