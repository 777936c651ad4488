"""When something is due, also on the days on which the clocks change."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apportion.errors import FieldError
from apportion.workspace.cadence import check_cadence, jitter, last_due, next_due

NOT_LATER = dt.timedelta()
BERLIN = "Europe/Berlin"


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


def due_between(cadence, timezone, start, end):
    """Everything that is due, by asking for the next again and again."""
    found, at = [], start
    while (at := next_due(cadence, timezone, at, NOT_LATER)) <= end:
        found.append(at)
    return found


def test_a_time_is_the_tenants_own():
    at = utc(2026, 7, 1, 12)

    assert last_due("0 4 * * *", BERLIN, at, NOT_LATER) == utc(2026, 7, 1, 2)
    assert last_due("0 4 * * *", "America/New_York", at, NOT_LATER) == utc(2026, 7, 1, 8)
    assert next_due("0 4 * * *", BERLIN, at, NOT_LATER) == utc(2026, 7, 2, 2)


@pytest.mark.parametrize("cadence", ["30 2 * * *", "0 2 * * *", "59 2 * * *", "15 3 * * *"])
@pytest.mark.parametrize(
    ("timezone", "change"),
    [
        (BERLIN, utc(2026, 3, 29)),
        (BERLIN, utc(2026, 10, 25)),
        ("America/New_York", utc(2026, 3, 8)),
        ("America/New_York", utc(2026, 11, 1)),
        ("Australia/Lord_Howe", utc(2026, 4, 4)),
    ],
)
def test_what_is_due_once_a_day_is_due_once_on_each_day(cadence, timezone, change):
    start, days = change - dt.timedelta(days=3.5), 8

    due = due_between(cadence, timezone, start, start + dt.timedelta(days=days))

    on = [at.astimezone(ZoneInfo(timezone)).date() for at in due]
    assert len(on) == days
    assert len(set(on)) == days


def test_what_the_clocks_skip_comes_when_they_have_skipped_it():
    assert last_due("30 2 * * *", BERLIN, utc(2026, 3, 29, 12), NOT_LATER) == utc(
        2026, 3, 29, 1, 30
    )


def test_what_the_clocks_show_twice_comes_the_first_time():
    assert last_due("30 2 * * *", BERLIN, utc(2026, 10, 25, 12), NOT_LATER) == utc(
        2026, 10, 25, 0, 30
    )


@given(
    hours=st.floats(0, 2 * 365 * 24),
    minutes=st.integers(0, 600),
    timezone=st.sampled_from([BERLIN, "UTC", "Asia/Kolkata", "America/Sao_Paulo"]),
    cadence=st.sampled_from(["15 4 * * 1", "30 2 * * *", "0 * * * *", "0 9 1 * *"]),
)
def test_the_last_and_the_next_have_nothing_between_them(hours, minutes, timezone, cadence):
    at, later = utc(2025, 1, 1) + dt.timedelta(hours=hours), dt.timedelta(minutes=minutes)

    last, following = (each(cadence, timezone, at, later) for each in (last_due, next_due))

    assert last <= at < following
    assert next_due(cadence, timezone, last, later) == following


@pytest.mark.parametrize("cadence", ["", "daily", "0 4 * *", "0 4 * * 1 2026", "61 4 * * *"])
def test_what_is_no_cadence_is_refused_with_an_example(cadence):
    with pytest.raises(FieldError, match="0 4 \\* \\* 1"):
        check_cadence(cadence)


def test_jitter_is_the_same_every_time_and_another_for_others():
    drawn = {tenant: jitter(str(tenant), "media-mix", 60) for tenant in range(200)}

    assert drawn == {tenant: jitter(str(tenant), "media-mix", 60) for tenant in range(200)}
    assert all(dt.timedelta() <= each <= dt.timedelta(minutes=60) for each in drawn.values())
    assert len(set(drawn.values())) > 150
    assert jitter("1", "media-mix", 0) == dt.timedelta()
