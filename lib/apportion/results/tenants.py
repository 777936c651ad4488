"""A tenant: a company whose data no other company may see."""

from uuid import UUID

from apportion.results.base import Result


class Tenant(Result):
    """Who the data belong to, and how its amounts and days are meant."""

    id: UUID
    slug: str
    name: str
    currency: str
    """ISO 4217."""
    timezone: str
    """IANA name; a business day is a date in this time zone."""
