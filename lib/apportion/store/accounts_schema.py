"""The tables of identity: users, sessions, API tokens, the audit trail, attempts to sign in.

A user belongs to one tenant, as everything does. Somebody who works for several companies has an
account with each, under one e-mail address: what one company's administrator does (a new password,
another role, a removal) can so never reach into another company. A session joins the accounts that
one sign-in proved: a row for each, with the same hash, and one of them chosen.

Two questions must be asked before the tenant is known: which accounts have this e-mail address, and
which belong to this session? :data:`apportion.store.schema.KEYS` names the columns by which a
transaction that knows the key, and no tenant, may read these rows and no others.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from apportion.store.columns import created, key, metadata, tenant_table, text
from apportion.store.types import JsonValue, KeyText, UtcDateTime


def _role() -> tuple[Column[str], CheckConstraint]:
    return (
        Column("role", Text, nullable=False),
        CheckConstraint("role IN ('viewer', 'analyst', 'admin')", name="role"),
    )


users = tenant_table(
    "users",
    Column("id", Uuid, primary_key=True),
    Column("email", KeyText, nullable=False),
    text("name"),
    *_role(),
    Column("password_hash", Text),
    Column("must_change_password", Boolean, nullable=False),
    Column("password_set_at", UtcDateTime),
    created(),
    Column("disabled_at", UtcDateTime),
    UniqueConstraint("tenant_id", "email"),
    Index(None, "email"),
)
sessions = tenant_table(
    "sessions",
    key("hash"),
    Column("user_id", Uuid, nullable=False),
    Column("is_chosen", Boolean, nullable=False),
    Column("via", Text, nullable=False),
    text("browser"),
    created(),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(
        ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
    ),
    Index(None, "tenant_id", "user_id"),
    Index(None, "hash"),
)
api_tokens = tenant_table(
    "api_tokens",
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    *_role(),
    Column("hash", KeyText, nullable=False),
    Column("created_by", Uuid),
    created(),
    Column("last_used_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    UniqueConstraint("tenant_id", "hash"),
    ForeignKeyConstraint(
        ["tenant_id", "created_by"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
    ),
    Index(None, "tenant_id", "created_by"),
)
# Without a foreign key: what somebody did stays on record when their account is gone.
audit_events = tenant_table(
    "audit_events",
    Column("id", Uuid, primary_key=True),
    created("at"),
    Column("actor_id", Uuid),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    text("subject"),
    Column("details", JsonValue, nullable=False),
    Index(None, "tenant_id", "at", "id"),
)

# No tenant's: keyed hashes and counts, which tell nothing to who reads them.
# See `rls.protect_attempts`.
sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    key("hash"),
    Column("failures", Integer, nullable=False),
    created("last_at"),
    Column("blocked_until", UtcDateTime),
)
