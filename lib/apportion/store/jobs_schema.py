"""The tables of background work beside `runs`: what waits for a worker, and who the workers are."""

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
)

from apportion.store.columns import created, key, metadata, tenant_table, text
from apportion.store.types import JsonValue, UtcDateTime

# A worker must see what waits before it knows whose it is: `kind` is a key (see `schema.KEYS`), so
# that it may read these rows, which hold no name and no figure. To change one it needs the tenant.
run_queue = tenant_table(
    "run_queue",
    Column("run_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    created(),
    Column("not_before", UtcDateTime),
    Column("admitted_at", UtcDateTime),
    Column("admissions", Integer, nullable=False, server_default="0"),
    Column("ended_at", UtcDateTime),
    ForeignKeyConstraint(
        ["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"], ondelete="CASCADE"
    ),
    Index(None, "kind", "ended_at"),
)
schedules = tenant_table(
    "schedules",
    key("name"),
    Column("enabled", Boolean),
    Column("cadence", Text),
    Column("parameters", JsonValue),
    Column("changed_by", Text),
    Column("changed_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("run_id", Uuid),
    text("message"),
)

# No tenant's: which processes run background work, and when each was heard of.
workers = Table(
    "workers",
    metadata,
    key("id"),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Double, nullable=False),
    Column("kinds", JsonValue, nullable=False),
    Column("concurrency", Integer, nullable=False),
    created("started_at"),
    created("heartbeat_at"),
)
