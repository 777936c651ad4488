"""The table of named plans."""

from sqlalchemy import Column, Uuid

from apportion.store.columns import created, tenant_table, text
from apportion.store.types import JsonValue, KeyText

mmm_scenarios = tenant_table(
    "mmm_scenarios",
    Column("id", Uuid, primary_key=True),
    Column("name", KeyText, nullable=False),
    Column("plan", JsonValue, nullable=False),
    text("created_by"),
    created(),
)
