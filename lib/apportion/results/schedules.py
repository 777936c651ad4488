"""When a tenant's notebooks run by themselves."""

import datetime as dt
from enum import StrEnum

from apportion.results.base import Result


class CatchUp(StrEnum):
    """What becomes of a time that passed while no worker was there."""

    ONCE = "once"
    """One run, however many times were missed."""
    SKIP = "skip"
    """None, if it is more than an hour late."""


class Schedule(Result):
    """One notebook's times with one tenant, as they hold now."""

    name: str
    notebook: str
    cadence: str
    """Five fields as in cron: minute, hour, day, month, weekday, in the tenant's time zone."""
    timezone: str
    parameters: dict[str, str]
    enabled: bool
    jitter_minutes: int
    """Up to so many minutes later, the same every time, so that not all tenants begin at once."""
    catch_up: CatchUp
    is_changed: bool
    """Whether this tenant's administrators have changed it."""
    changed_by: str = ""
    changed_at: dt.datetime | None = None
    last_due_at: dt.datetime | None = None
    """The newest time that was seen to; null: none yet."""
    last_run_id: str | None = None
    next_due_at: dt.datetime | None = None
    """Null: it is switched off."""
    message: str = ""
    """Why the newest time brought no run."""
