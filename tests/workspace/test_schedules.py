"""Schedules: seen to once, caught up once, changed per tenant by its administrators."""

import datetime as dt
import json
from uuid import UUID

import pytest

from apportion.config import Settings
from apportion.errors import (
    ConfigurationError,
    FieldError,
    ForbiddenError,
    NotFoundError,
    ParameterError,
)
from apportion.results.accounts import ActingMember, AuditAction, Role
from apportion.results.runs import RunOrigin, RunStatus
from apportion.workspace import Workspace
from apportion.workspace.schedules import read_schedules

SCHEDULES = """
[[schedule]]
name = "nightly"
notebook = "journeys"
cadence = "0 4 * * *"
parameters = { window = "14" }

[[schedule]]
name = "weekly"
notebook = "mmm"
cadence = "0 4 * * 1"
catch_up = "skip"
enabled = false
"""
PARAMETERS = "tenant: str = None\nwindow: int = 7\nrefresh: bool = False"
EVENING = dt.datetime(2026, 11, 22, 20, tzinfo=dt.UTC)  # a Sunday
NIGHT = dt.timedelta(days=1)


@pytest.fixture
def settings(tmp_path, database_url):
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": [PARAMETERS]}
    for name in ("journeys", "mmm"):
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"cells": [cell]}))
    (tmp_path / "schedule.toml").write_text(SCHEDULES)
    return Settings(
        _env_file=None,
        database_url=database_url,
        notebooks=tmp_path,
        schedules=tmp_path / "schedule.toml",
    )


@pytest.fixture
def open_as(store, two_tenants, settings):
    def open_as(slug, role=None):
        member = role and ActingMember(
            id=str(UUID(int=1)), name="ann@acme.example", role=Role(role)
        )
        return Workspace(store, slug, settings, member)

    return open_as


@pytest.fixture
def acme(open_as):
    """In Berlin; its schedules have been seen before."""
    acme = open_as("acme")
    assert acme.schedules.start_due(EVENING) == ()
    return acme


def _end(workspace, run_id):
    workspace.runs.fail(run_id, "no data")


def test_what_is_due_is_asked_for_once_with_its_parameters(acme):
    [run_id] = acme.schedules.start_due(EVENING + NIGHT / 2)

    assert acme.schedules.start_due(EVENING + NIGHT / 2) == ()
    run = acme.runs.get(run_id)
    assert (run.kind, run.status, run.parameters) == ("journeys", RunStatus.QUEUED, {"window": 14})
    assert (run.origin, run.requested_by) == (RunOrigin.SCHEDULE, "nightly")
    nightly = acme.schedules.list(EVENING + NIGHT / 2)[0]
    assert nightly.last_run_id == run_id
    assert nightly.last_due_at == dt.datetime(2026, 11, 23, 3, tzinfo=dt.UTC)
    assert nightly.next_due_at == dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)


def test_a_new_tenant_starts_with_its_next_time(open_as):
    bolt = open_as("bolt")

    assert bolt.schedules.start_due(EVENING) == ()
    assert bolt.schedules.start_due(EVENING + NIGHT / 4) == ()
    assert len(bolt.schedules.start_due(EVENING + NIGHT)) == 1  # 04:00 in New York is 09:00


def test_seven_missed_nights_are_caught_up_once(acme):
    [run_id] = acme.schedules.start_due(EVENING + 7 * NIGHT)
    _end(acme, run_id)

    assert acme.schedules.start_due(EVENING + 7 * NIGHT) == ()
    assert len(acme.schedules.start_due(EVENING + 8 * NIGHT)) == 1


def test_what_is_not_caught_up_says_so(acme, open_as):
    open_as("acme", "admin").schedules.change("weekly", enabled=True)
    weekly = acme.schedules.list()[1]
    assert weekly.enabled
    first = acme.schedules.start_due(dt.datetime(2027, 1, 4, 20, tzinfo=dt.UTC))
    [_, late] = acme.schedules.list(dt.datetime(2027, 1, 4, 20, tzinfo=dt.UTC))

    assert [acme.runs.get(id).kind for id in first] == ["journeys"]
    assert late.last_due_at == dt.datetime(2027, 1, 4, 3, tzinfo=dt.UTC)


def test_a_run_that_still_waits_is_not_doubled(acme):
    [first] = acme.schedules.start_due(EVENING + NIGHT)

    assert acme.schedules.start_due(EVENING + 2 * NIGHT) == ()
    assert first in acme.schedules.list()[0].message
    assert len(acme.runs.list()) == 1


def test_an_administrator_chooses_otherwise_and_takes_it_back(acme, open_as):
    schedules = open_as("acme", "admin").schedules

    changed = schedules.change("nightly", cadence="30 5 * * *", parameters={"window": "28"})

    assert (changed.cadence, changed.parameters) == ("30 5 * * *", {"window": "28"})
    assert (changed.is_changed, changed.changed_by) == (True, "ann@acme.example")
    [event] = acme._store.events_page().events
    assert (event.action, event.subject) == (AuditAction.SCHEDULE_CHANGED, "nightly")
    back = schedules.change("nightly")
    assert (back.cadence, back.parameters, back.is_changed) == (
        "0 4 * * *",
        {"window": "14"},
        False,
    )


def test_a_schedule_that_is_switched_off_brings_no_run(acme, open_as):
    off = open_as("acme", "admin").schedules.change("nightly", enabled=False)

    assert off.next_due_at is None
    assert acme.schedules.start_due(EVENING + 3 * NIGHT) == ()


def test_what_was_due_before_a_change_is_over(acme, open_as):
    later = dt.datetime.now(dt.UTC) + 30 * NIGHT
    open_as("acme", "admin").schedules.change("nightly", cadence="0 3 * * *")

    assert acme.schedules.start_due(dt.datetime.now(dt.UTC)) == ()
    assert len(acme.schedules.start_due(later)) == 1


@pytest.mark.parametrize(
    ("name", "change", "error"),
    [
        ("nightly", {"cadence": "sometimes"}, FieldError),
        ("nightly", {"parameters": {"windw": "7"}}, ParameterError),
        ("nightly", {"parameters": {"tenant": "bolt"}}, ParameterError),
        ("hourly", {"enabled": True}, NotFoundError),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(acme, open_as, name, change, error):
    before = acme.schedules.list(EVENING)

    with pytest.raises(error):
        open_as("acme", "admin").schedules.change(name, **change)

    assert acme.schedules.list(EVENING) == before


def test_only_an_administrator_may_change(open_as):
    with pytest.raises(ForbiddenError, match="needs the role admin"):
        open_as("acme", "analyst").schedules.change("nightly", enabled=False)


def test_one_tenants_choice_and_times_are_no_others(acme, open_as):
    bolt = open_as("bolt")
    bolt.schedules.start_due(EVENING)
    before = bolt.schedules.list(EVENING)

    open_as("acme", "admin").schedules.change("nightly", enabled=False)
    acme.schedules.start_due(EVENING + NIGHT)

    assert bolt.schedules.list(EVENING) == before
    [run_id] = bolt.schedules.start_due(EVENING + NIGHT)
    with pytest.raises(NotFoundError):
        acme.runs.get(run_id)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[schedule]]\nname = "a"', "cannot be used"),
        ('[[schedule]]\nname="a"\nnotebook="mmm"\ncadence="daily"', "minute, hour"),
        ('[[schedule]]\nname="a"\nnotebook="mm"\ncadence="0 4 * * *"', "no notebook 'mm'"),
        (2 * '[[schedule]]\nname="a"\nnotebook="mmm"\ncadence="0 4 * * *"\n', "same name"),
        ("[[schedule", "cannot be used"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, text, message):
    path = tmp_path / "schedule.toml"
    path.write_text(text)

    with pytest.raises(ConfigurationError, match=message):
        read_schedules(path)


def test_the_products_own_schedule_can_be_used():
    entries = read_schedules(Settings(_env_file=None).schedules)

    assert {entry.notebook for entry in entries} == {
        "mmm",
        "journeys",
        "incrementality",
        "ai_insights",
    }


def test_an_installation_without_the_file_has_no_schedules(tmp_path):
    assert read_schedules(tmp_path / "none.toml") == ()
