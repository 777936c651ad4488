"""When something is due: cron's five fields, read in a time zone whose clocks change.

A time on the clock is one instant: what the clocks skip in spring comes when they have skipped it
(02:30 at 03:30), and what they show twice in autumn comes the first time only. So nothing due once
a day runs twice on a day, or not at all.
"""

import datetime as dt
import hashlib
from zoneinfo import ZoneInfo

from croniter import croniter

from apportion.errors import FieldError

_FIELDS = 5
_MARGIN = dt.timedelta(hours=3)
"""More than the clocks ever change."""


def check_cadence(cadence: str) -> None:
    """Do nothing if `cadence` is cron's five fields; else FieldError."""
    if len(cadence.split()) != _FIELDS or not croniter.is_valid(cadence):
        raise FieldError(
            "cadence",
            found=repr(cadence),
            allowed="minute, hour, day of month, month and weekday as in cron, "
            "such as `0 4 * * 1` for Mondays at 04:00",
        )


def last_due(cadence: str, timezone: str, at: dt.datetime, later: dt.timedelta) -> dt.datetime:
    """Give the newest instant at or before `at` that is due, each `later` than the clock says."""
    zone = ZoneInfo(timezone)
    times = croniter(cadence, _clock(at, zone) + _MARGIN)
    while True:
        instant = _instant(times.get_prev(dt.datetime), zone) + later
        if instant <= at:
            return instant


def next_due(cadence: str, timezone: str, at: dt.datetime, later: dt.timedelta) -> dt.datetime:
    """Give the first instant after `at` that is due."""
    zone = ZoneInfo(timezone)
    times = croniter(cadence, _clock(at, zone) - later - _MARGIN)
    while True:
        instant = _instant(times.get_next(dt.datetime), zone) + later
        if instant > at:
            return instant


def jitter(tenant: str, name: str, minutes: int) -> dt.timedelta:
    """Give by how much a tenant's schedule is later: from 0 to `minutes`, always the same."""
    drawn = int.from_bytes(hashlib.sha256(f"{tenant}/{name}".encode()).digest()[:8]) / 2**64
    return dt.timedelta(seconds=int(drawn * minutes * 60))


def _clock(at: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _instant(clock: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return clock.replace(tzinfo=zone).astimezone(dt.UTC)
