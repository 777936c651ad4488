"""Column types that mean the same on SQLite and on PostgreSQL."""

import datetime as dt
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Numeric, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

# Binary order on both databases: a frame comes back in the same order from each.
KeyText = Text().with_variant(Text(collation="C"), "postgresql")

# Without a scale, so that a float comes back as exactly the float that was stored.
Amount = Numeric(asdecimal=False)

JsonValue = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
TextList = JSON(none_as_null=True).with_variant(ARRAY(Text()), "postgresql")


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An instant: ``timestamptz`` on PostgreSQL, ISO 8601 text ending in ``Z`` on SQLite.

    The text has a fixed width, so that its order is the order in time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give the type that the database at hand stores it as."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> object:
        """Refuse a naive time; write the instant in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone, got {value.isoformat()}")
        utc = value.astimezone(dt.UTC)
        if dialect.name == "sqlite":
            return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        return utc

    def process_result_value(self, value: object, dialect: Dialect) -> dt.datetime | None:
        """Read the instant in UTC, whatever the session's time zone."""
        if value is None:
            return None
        if isinstance(value, str):
            return dt.datetime.fromisoformat(value)
        assert isinstance(value, dt.datetime)
        return value.astimezone(dt.UTC)
