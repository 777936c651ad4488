"""Tenants: added once, found by slug, deleted with everything; and what was imported."""

import datetime as dt

import pytest

from apportion.errors import ConflictError, NotFoundError, ParameterError
from apportion.results.accounts import COMMAND_LINE

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
ACME = {"name": "Acme", "currency": "EUR", "timezone": "Europe/Berlin"}


def test_a_tenant_is_found_by_its_slug(store):
    added = store.add_tenant("acme", **ACME)

    assert store.tenant("acme") == added
    assert store.for_tenant("acme").tenant == added


def test_tenants_come_by_slug(store):
    for slug in ("b", "a-1", "c"):
        store.add_tenant(slug, **ACME)

    assert [tenant.slug for tenant in store.tenants()] == ["a-1", "b", "c"]


def test_a_slug_is_given_once(store):
    added = store.add_tenant("acme", **ACME)

    with pytest.raises(ConflictError, match="a tenant 'acme' already"):
        store.add_tenant("acme", **ACME)

    assert store.tenants() == [added]


@pytest.mark.parametrize("ask", ["tenant", "for_tenant", "delete_tenant"])
def test_an_unknown_tenant_is_not_found(store, ask):
    with pytest.raises(NotFoundError, match="There is no tenant 'nobody'"):
        getattr(store, ask)("nobody")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slug": "Acme"}, "small letters.*found 'Acme'"),
        ({"slug": ""}, "found ''"),
        ({"slug": "-a"}, "found '-a'"),
        ({"slug": "../a"}, "found '../a'"),
        ({"currency": "euro"}, "three letters.*found 'euro'"),
        ({"timezone": "Berlin"}, "IANA name.*found 'Berlin'"),
        ({"timezone": "../etc/passwd"}, "IANA name"),
        ({"timezone": ""}, "IANA name"),
    ],
    ids=str,
)
def test_a_tenant_that_cannot_be_used_is_refused(store, change, message):
    with pytest.raises(ParameterError, match=message):
        store.add_tenant(**{"slug": "acme", **ACME, **change})

    assert store.tenants() == []


def test_imports_are_recorded_newest_first(tenant):
    recorded = [tenant.record_import("spend", f"{name}.csv", 3, "ab") for name in "ab"]

    assert tenant.imports() == recorded[::-1]


def test_a_tenants_change_is_its_own_and_is_noted(store, two_tenants):
    acme, bolt = two_tenants
    change = {"name": "Acme AG", "currency": "CHF", "timezone": "Europe/Zurich"}

    acme.change_tenant(**change, at=AT, by=COMMAND_LINE)

    assert store.tenant("acme").model_dump(include=change.keys()) == change
    assert store.tenant("bolt") == bolt.tenant
    assert acme.tenant == store.tenant("acme")
    [event] = acme.events_page().events
    assert event.details == {
        "name": "Acme → Acme AG",
        "currency": "EUR → CHF",
        "timezone": "Europe/Berlin → Europe/Zurich",
    }
    assert bolt.events_page().events == ()


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"name": "a\nb"}, {"currency": "euro"}, {"timezone": "Berlin"}],
    ids=["no name", "two lines", "no currency", "no time zone"],
)
def test_a_change_that_cannot_be_used_is_refused_whole(store, tenant, wrong):
    before = tenant.tenant
    change = {"name": "Acme AG", "currency": "CHF", "timezone": "Europe/Zurich", **wrong}

    with pytest.raises(ParameterError):
        tenant.change_tenant(**change, at=AT, by=COMMAND_LINE)

    assert store.tenant("acme") == before
    assert tenant.events_page().events == ()
