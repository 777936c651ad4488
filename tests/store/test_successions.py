"""Which version is current: the newest that was let through or chosen, and never by chance."""

import datetime as dt

import pytest

from apportion.errors import ConflictError, NotFoundError
from apportion.results.accounts import Actor
from apportion.results.mmm import ModelStatus
from apportion.store.engine import create_engine
from store.examples import results

AT = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
ANN = Actor(name="ann@acme.example")


def _complete(tenant, held_back=None):
    model = tenant.start_model(channels=["meta"], start=None, end=None)
    return tenant.complete_model(model.model_id, results(), b"draws", held_back=held_back)


def _choose(tenant, version, reason="It is right."):
    tenant.make_current(version, reason=reason, at=AT, by=ANN)


def _current(tenant):
    return [each.version for each in tenant.models() if each.is_current]


def test_a_version_that_is_held_back_is_stored_and_the_one_before_stays_current(tenant):
    _complete(tenant)
    held = _complete(tenant, "It jumps.")

    assert (held.status, held.held_back, held.is_current) == (
        ModelStatus.COMPLETED, "It jumps.", False
    )  # fmt: skip
    assert tenant.model(2) == held
    assert tenant.posterior(held.model_id) == b"draws"
    assert tenant.model().version == tenant.latest_model().version == 1
    assert _current(tenant) == [1]


def test_a_version_that_is_held_back_can_be_made_current_with_a_reason(tenant):
    _complete(tenant)
    _complete(tenant, "It jumps.")

    _choose(tenant, 2, "We changed the currency.")

    assert tenant.model().version == 2
    assert (tenant.model().held_back, tenant.model().is_current) == ("It jumps.", True)
    event = tenant.events_page().events[0]
    assert (event.action, event.subject, event.actor.name) == (
        "model_made_current", "version 2", "ann@acme.example"
    )  # fmt: skip
    assert event.details == {"in place of": "version 1", "reason": "We changed the currency."}


def test_rolling_back_makes_an_earlier_version_current_until_the_next_one(tenant):
    for _ in range(3):
        _complete(tenant)

    _choose(tenant, 1)
    assert _current(tenant) == [1]
    assert tenant.events_page().events[0].action == "model_rolled_back"

    _complete(tenant)
    assert _current(tenant) == [4]


def test_a_version_can_be_current_more_than_once(tenant):
    _complete(tenant)
    _complete(tenant)

    for version in (1, 2, 1):
        _choose(tenant, version)
        assert _current(tenant) == [version]


def test_a_version_that_did_not_complete_cannot_be_current(tenant):
    _complete(tenant)
    tenant.fail_model(tenant.start_model(channels=[], start=None, end=None).model_id, "no")
    tenant.start_model(channels=[], start=None, end=None)

    for version, status in ((2, "failed"), (3, "running")):
        with pytest.raises(ConflictError, match=f"version {version} is {status}"):
            _choose(tenant, version)
    assert _current(tenant) == [1]


def test_what_is_current_cannot_be_made_so_again_and_nothing_is_written(tenant):
    _complete(tenant)

    with pytest.raises(ConflictError, match="version 1 is current already"):
        _choose(tenant, 1)
    with pytest.raises(NotFoundError, match="no model version 9"):
        _choose(tenant, 9)
    assert tenant.events_page().events == ()


def test_a_database_from_before_has_its_newest_version_current(tenant, urls):
    _complete(tenant)
    _complete(tenant)
    engine = create_engine(urls.administrator)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM mmm_successions")
    engine.dispose()

    assert _current(tenant) == [2]
    _complete(tenant, "It jumps.")
    assert _current(tenant) == [2]


def test_a_clock_that_goes_back_does_not_change_the_order(tenant, monkeypatch):
    _complete(tenant)
    _complete(tenant)
    monkeypatch.setattr("apportion.store.successions.now", lambda: AT - dt.timedelta(days=400))

    _choose(tenant, 1)

    assert _current(tenant) == [1]
