"""The tables of operation: which version is current, back-tests, logs of runs, alerts."""

from sqlalchemy import (
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
)

from apportion.store.columns import created, tenant_table, text
from apportion.store.types import JsonValue, TextList, UtcDateTime


def _of(column: str, table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"], ondelete="CASCADE"
    )


# Added to, never changed: the newest row names the current version, the others what was before.
mmm_successions = tenant_table(
    "mmm_successions",
    Column("id", Uuid, primary_key=True),
    Column("model_id", Uuid, nullable=False),
    created("at"),
    text("actor"),
    text("reason"),
    _of("model_id", "mmm_models"),
    Index(None, "tenant_id", "at"),
    Index(None, "tenant_id", "model_id"),
)
mmm_backtests = tenant_table(
    "mmm_backtests",
    Column("id", Uuid, primary_key=True),
    Column("model_id", Uuid, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("result", JsonValue, nullable=False),
    created("measured_at"),
    _of("model_id", "mmm_models"),
    UniqueConstraint("tenant_id", "model_id", "last_day"),
)
run_log = tenant_table(
    "run_log",
    Column("id", Uuid, primary_key=True),
    Column("run_id", Uuid, nullable=False),
    created("at"),
    Column("level", Text, nullable=False),
    Column("message", Text, nullable=False),
    _of("run_id", "runs"),
    Index(None, "tenant_id", "run_id", "at"),
)
alert_targets = tenant_table(
    "alert_targets",
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("events", TextList, nullable=False),
    created(),
    UniqueConstraint("tenant_id", "kind", "address"),
)
alerts = tenant_table(
    "alerts",
    Column("id", Uuid, primary_key=True),
    created("at"),
    Column("event", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("message", Text, nullable=False),
    text("path"),
    Index(None, "tenant_id", "at"),
)
alert_deliveries = tenant_table(
    "alert_deliveries",
    Column("id", Uuid, primary_key=True),
    Column("alert_id", Uuid, nullable=False),
    Column("target_id", Uuid, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    text("problem"),
    _of("alert_id", "alerts"),
    _of("target_id", "alert_targets"),
    Index(None, "tenant_id", "next_at"),
    Index(None, "tenant_id", "alert_id"),
    Index(None, "tenant_id", "target_id"),
)
