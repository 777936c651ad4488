"""The tables of insights beside their cache: what people said, what Claude cost, what was asked."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Text, Uuid

from apportion.store.columns import created, key, tenant_table, text
from apportion.store.types import JsonValue, UtcDateTime

insight_feedback = tenant_table(
    "insight_feedback",
    key("anomaly"),
    Column("series", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("start", Date, nullable=False),
    Column("end", Date, nullable=False),
    created("given_at"),
    CheckConstraint("verdict IN ('useful', 'expected', 'mute')", name="verdict"),
)
claude_tokens = tenant_table(
    "claude_tokens",
    key("month", Date),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)
# Neither who asked nor what: a question may hold a person's name.
asked_questions = tenant_table(
    "asked_questions",
    Column("id", Uuid, primary_key=True),
    created("asked_at"),
    Column("tools", JsonValue, nullable=False),
    Column("is_answered", Boolean, nullable=False),
    text("reason"),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Index(None, "tenant_id", "asked_at"),
)
