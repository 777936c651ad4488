"""The tables of what a person tells the media mix model: settings, and tests run elsewhere."""

from sqlalchemy import Column, Date, Index, Integer, Text, Uuid

from apportion.store.columns import created, tenant_table
from apportion.store.types import JsonValue

# One row per change: the newest counts, the others say what a version was trained with.
mmm_settings = tenant_table(
    "mmm_settings",
    Column("version", Integer, primary_key=True),
    Column("settings", JsonValue, nullable=False),
    created(),
)
lift_tests = tenant_table(
    "lift_tests",
    Column("id", Uuid, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date, nullable=False),
    Column("test", JsonValue, nullable=False),
    created(),
    Index(None, "tenant_id", "start_date"),
)
