"""Accounts: users, sessions, API tokens, the audit trail, attempts to sign in."""

import sqlalchemy as sa
from alembic import op

from apportion.store import rls
from apportion.store.types import JsonValue, KeyText, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TENANT_TABLES = ["users", "sessions", "api_tokens", "audit_events"]
ROLES = "role IN ('viewer', 'analyst', 'admin')"


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", KeyText, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("password_set_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime()),
        sa.CheckConstraint(ROLES, name="role"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_users_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_users"),
        sa.UniqueConstraint("tenant_id", "email", name="uq_users_tenant_id_email"),
    )
    op.create_index("ix_users_email", "users", ["email"])
    op.create_table(
        "sessions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("hash", KeyText, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("is_chosen", sa.Boolean(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name="fk_sessions_tenant_id_user_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_sessions_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_tenant_id_user_id", "sessions", ["tenant_id", "user_id"])
    op.create_index("ix_sessions_hash", "sessions", ["hash"])
    op.create_table(
        "api_tokens",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("hash", KeyText, nullable=False),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime()),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.CheckConstraint(ROLES, name="role"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "created_by"],
            ["users.tenant_id", "users.id"],
            name="fk_api_tokens_tenant_id_created_by",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_api_tokens_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_api_tokens"),
        sa.UniqueConstraint("tenant_id", "hash", name="uq_api_tokens_tenant_id_hash"),
    )
    op.create_index("ix_api_tokens_tenant_id_created_by", "api_tokens", ["tenant_id", "created_by"])
    op.create_table(
        "audit_events",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("details", JsonValue, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_audit_events_tenant_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_audit_events"),
    )
    op.create_index("ix_audit_events_tenant_id_at_id", "audit_events", ["tenant_id", "at", "id"])
    op.create_table(
        "sign_in_attempts",
        sa.Column("hash", KeyText, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("blocked_until", UtcDateTime()),
        sa.PrimaryKeyConstraint("hash", name="pk_sign_in_attempts"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _protect()


def _protect() -> None:
    for table in TENANT_TABLES:
        for statement in rls.protect(table):
            op.execute(statement)
    for statement in (
        *rls.open_to_key("users", "email"),
        *rls.open_to_key("sessions", "hash"),
        *rls.protect_attempts(),
    ):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("sign_in_attempts")
    for table in reversed(TENANT_TABLES):
        op.drop_table(table)
