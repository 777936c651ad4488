"""What a tenant is called, and how its amounts and days are meant."""

import datetime as dt
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import update

from apportion.errors import ParameterError
from apportion.results.accounts import Actor, AuditAction
from apportion.results.tenants import Tenant
from apportion.store.audit import add_event
from apportion.store.columns import tenants
from apportion.store.tenant_bound import TenantBound

_NAME_AT_MOST = 200


class Company(TenantBound):
    """The tenant itself."""

    def change_tenant(
        self, *, name: str, currency: str, timezone: str, at: dt.datetime, by: Actor
    ) -> Tenant:
        """Change the tenant's name, currency and time zone; what is stored stays as it is.

        Raises
        ------
        ParameterError
            If one of them cannot be used.
        """
        name = name.strip()
        if not name or len(name) > _NAME_AT_MOST or not name.isprintable():
            raise ParameterError(f"A company's name has 1 to {_NAME_AT_MOST} characters.")
        check_units(currency, timezone)
        changed = self.tenant.model_copy(
            update={"name": name, "currency": currency, "timezone": timezone}
        )
        values = {"name": name, "currency": currency, "timezone": timezone}
        before = {key: getattr(self.tenant, key) for key in values}
        with self._writing() as connection:
            is_own = tenants.c.id == self.tenant.id
            connection.execute(update(tenants).where(is_own).values(**values))
            add_event(
                connection,
                AuditAction.TENANT_CHANGED,
                at=at,
                by=by,
                subject=name,
                details={
                    key: f"{before[key]} → {values[key]}"
                    for key in values
                    if before[key] != values[key]
                },
            )
        self.tenant = changed
        return changed


def check_units(currency: str, timezone: str) -> None:
    """Do nothing if amounts and days can be meant so.

    Raises
    ------
    ParameterError
        If the currency is no ISO 4217 code, or the time zone no IANA name.
    """
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise ParameterError(f"A currency is three letters, as in EUR or USD; found {currency!r}.")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ParameterError(
            f"A time zone is an IANA name, as Europe/Berlin or UTC; found {timezone!r}."
        ) from error
