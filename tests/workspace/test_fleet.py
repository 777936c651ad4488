"""Whose turn it is, and which workers live."""

import datetime as dt
import os
import socket
from uuid import UUID

import psutil
import pytest

from apportion.config import Settings
from apportion.errors import ConflictError
from apportion.results.accounts import Actor
from apportion.store import QueueEntry, WorkerRecord
from apportion.workspace.fleet import SILENCE, Fleet, in_turn, is_dead

NOW = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)
PERSON, SCHEDULE = 1, 2


def entry(tenant, run, *, kind="mmm", priority=SCHEDULE, minutes=0, **more):
    """A run that waits; `minutes` after the others."""
    values = {"not_before": None, "admitted_at": None, "admissions": 0, "ended_at": None}
    return QueueEntry(
        tenant_id=UUID(int=tenant),
        run_id=run,
        kind=kind,
        priority=priority,
        created_at=NOW + dt.timedelta(minutes=minutes),
        **{**values, **more},
    )


def order(*entries, at=NOW):
    return [each.run_id for each in in_turn(entries, at)]


def test_who_came_first_goes_first():
    assert order(entry(1, "b", minutes=2), entry(2, "a", minutes=1)) == ["a", "b"]


def test_a_person_goes_before_a_schedule_of_any_tenant():
    assert order(entry(1, "due"), entry(2, "asked", priority=PERSON, minutes=9)) == ["asked", "due"]


def test_a_tenant_whose_last_turn_is_longer_ago_goes_first():
    ended = entry(1, "z", admitted_at=NOW, ended_at=NOW, admissions=1)

    assert order(ended, entry(1, "b"), entry(2, "a", minutes=9)) == ["a", "b"]


def test_two_hundred_runs_of_one_tenant_take_turns_with_one_of_another():
    queue = [entry(1, f"{number:03}") for number in range(200)] + [entry(2, "alone", minutes=9)]
    assert served(queue, turns=4) == ["000", "alone", "001", "002"]


def test_a_tenant_that_asks_for_two_hundred_runs_does_not_starve_what_others_are_due():
    queue = [entry(1, f"{number:03}", priority=PERSON) for number in range(200)]
    queue += [entry(tenant, f"due {tenant}") for tenant in (2, 3)]
    queue.append(entry(4, "asked once", priority=PERSON, minutes=9))

    assert served(queue, turns=6) == ["000", "due 2", "asked once", "due 3", "001", "002"]


def served(queue, turns):
    """Who gets one turn after the other, each ended before the next."""
    queue, runs = list(queue), []
    for minute in range(turns):
        at = NOW + dt.timedelta(minutes=10 + minute)
        first = in_turn(queue, at)[0]
        runs.append(first.run_id)
        queue.remove(first)
        ended = {"admitted_at": at, "ended_at": at, "admissions": 1}
        queue.append(entry(first.tenant_id.int, first.run_id, priority=first.priority, **ended))
    return runs


def test_no_tenant_has_two_runs_of_a_kind_at_once():
    busy = entry(1, "a", admitted_at=NOW, admissions=1)

    assert order(busy, entry(1, "b"), entry(1, "c", kind="journeys")) == ["c"]


def test_what_must_wait_for_a_while_waits():
    later = entry(1, "a", not_before=NOW + dt.timedelta(seconds=30))

    assert order(later) == []
    assert order(later, at=NOW + dt.timedelta(seconds=31)) == ["a"]


@pytest.fixture
def fleet(database_url):
    made = Fleet(Settings(_env_file=None, database_url=database_url))
    for worker in made.workers():  # of the test before: they are no tenant's
        made.remove(worker)
    yield made
    made.close()


def test_a_worker_gets_the_machines_name_with_a_number(fleet):
    first = fleet.enter("", kinds=["mmm"], concurrency=2)
    second = fleet.enter("", kinds=["mmm"], concurrency=1)

    assert [first.id, second.id] == [f"{socket.gethostname()}-{number}" for number in (1, 2)]
    assert (first.concurrency, first.kinds) == (2, ("mmm",))
    assert fleet.living() == [first, second]


def test_the_name_of_a_living_worker_is_refused(fleet):
    fleet.enter("night", kinds=["mmm"], concurrency=1)

    with pytest.raises(ConflictError, match="'night' is at work already"):
        fleet.enter("night", kinds=["mmm"], concurrency=1)


def test_the_name_of_a_worker_that_ended_is_taken_again(fleet):
    gone = {"host": socket.gethostname(), "pid": os.getpid(), "process_started": 1.0}
    fleet._store.fleet.register("night", kinds=["mmm"], concurrency=1, **gone)
    assert fleet.living() == []

    again = fleet.enter("night", kinds=["mmm"], concurrency=1)

    assert fleet.workers() == [again]


def test_a_worker_elsewhere_is_dead_when_it_is_silent():
    record = WorkerRecord("w", "elsewhere", 1, 1.0, ("mmm",), 1, NOW, dt.datetime.now(dt.UTC))
    silent = dt.datetime.now(dt.UTC) - SILENCE - dt.timedelta(seconds=1)

    assert not is_dead(record)
    assert is_dead(WorkerRecord("w", "elsewhere", 1, 1.0, ("mmm",), 1, NOW, silent))


def test_a_worker_here_is_dead_when_its_process_is():
    at = dt.datetime.now(dt.UTC)
    me = psutil.Process()
    own = (socket.gethostname(), me.pid, me.create_time(), ("mmm",), 1, at, at)

    assert not is_dead(WorkerRecord("w", *own))
    assert is_dead(WorkerRecord("w", *own[:2], 1.0, *own[3:]))


def test_a_request_waits_in_the_queue_until_it_is_admitted_and_ended(fleet, two_tenants):
    acme, _ = two_tenants
    run = acme.request_run("mmm", {}, by=Actor(name="ann"))
    assert order(*fleet.queue(["mmm"]), at=dt.datetime.now(dt.UTC)) == [run.id]

    assert acme.admit_run(run.id) == 1
    assert acme.admit_run(run.id) is None
    assert order(*fleet.queue(["mmm"]), at=dt.datetime.now(dt.UTC)) == []

    acme.give_back_run(run.id, message="")
    assert acme.admit_run(run.id) == 2

    acme.cancel_run(run.id, by=Actor(name="ann"))
    [left] = fleet.queue(["mmm"])
    assert left.ended_at is not None


def test_an_attempt_that_lost_its_run_changes_nothing(tenant):
    from apportion.results.runs import RunStatus

    run = tenant.request_run("mmm", {}, by=Actor(name="ann"))
    me = {"host": "here", "pid": 1, "process_started": 1.0}
    first = tenant.take_run(run.id, worker="a", **me)
    second = tenant.take_run(run.id, worker="b", **me)

    assert (first.attempt, second.attempt) == (1, 2)
    assert not tenant.holds_run(run.id, 1)
    assert not tenant.end_attempt(run.id, 1, RunStatus.COMPLETED)
    assert not tenant.give_back_run(run.id, message="late", attempt=1)
    assert tenant.holds_run(run.id, 2)
    assert tenant.end_attempt(run.id, 2, RunStatus.COMPLETED)
    assert not tenant.end_attempt(run.id, 2, RunStatus.FAILED, "late")
    assert tenant.run(run.id).status is RunStatus.COMPLETED
