"""The life cycle of versions over HTTP: compare, make current, measure; by role and by tenant."""

import pandas as pd
import pytest

from api.conftest import small_model
from api.people import MMM, Client, someone

COMPARE, BACKTESTS = f"{MMM}/compare", f"{MMM}/backtests"
REASON = {"reason": "The currency was changed."}


@pytest.fixture
def held(acme):
    """The version 4, which is held back; 2 is current."""
    made, fitted = small_model(7)
    model = acme.store.start_model(channels=fitted.data.channels, start=None, end=None)
    return acme.store.complete_model(
        model.model_id, made, fitted.to_bytes(), held_back="It jumps from version 2."
    )


def make_current(side, version, role="analyst", **body):
    client = side.client.as_role(role)
    return client.post(f"{MMM}/versions/{version}/current", json=body or REASON)


def test_two_versions_are_compared_channel_by_channel(acme, held):
    found = acme.client.get(COMPARE, params={"before": 2, "after": 4}).json()

    before, after = acme.store.model(2), acme.store.model(4)
    assert (found["before"]["version"], found["after"]["version"]) == (2, 4)
    assert found["after"]["heldBack"] == "It jumps from version 2."
    change = found["channels"][0]
    assert change["roiBefore"] == before.channels[0].current_roi
    assert change["roiAfterInterval"]["upper"] == after.channels[0].current_roi_interval.upper


def test_a_version_that_is_held_back_says_so_and_is_not_current(acme, held):
    versions = acme.client.get(f"{MMM}/versions").json()["versions"]

    assert [(each["version"], each["isCurrent"]) for each in versions] == [
        (4, False), (3, False), (2, True), (1, False)
    ]  # fmt: skip
    assert versions[0]["heldBack"] == "It jumps from version 2."
    assert acme.client.get(MMM).json()["version"] == 2


def test_an_analyst_makes_a_version_current_and_goes_back(acme, held):
    assert make_current(acme, 4).json()["isCurrent"] is True
    assert acme.client.get(MMM).json()["version"] == 4

    assert make_current(acme, 2).status_code == 200
    assert acme.client.get(MMM).json()["version"] == 2

    back, over = acme.store.events_page().events[:2]
    assert (over.action, back.action) == ("model_made_current", "model_rolled_back")
    assert over.actor.name == acme.client.member.email
    assert over.details["reason"] == REASON["reason"]


def test_a_viewer_changes_nothing(acme, held):
    assert make_current(acme, 4, role="viewer").status_code == 403
    assert acme.client.as_role("viewer").post(BACKTESTS).status_code == 403
    assert acme.client.get(MMM).json()["version"] == 2


@pytest.mark.parametrize(
    ("version", "body", "status", "detail"),
    [
        (2, REASON, 409, "current already"),
        (3, REASON, 409, "only a completed version"),
        (9, REASON, 404, "no model version 9"),
        (4, {"reason": "  "}, 422, "reason"),
        (4, {"reason": "x" * 501}, 422, "reason"),
        (4, {"why": "x"}, 422, "reason"),
    ],
)
def test_what_cannot_be_made_current_is_refused_and_stays(
    acme, held, version, body, status, detail
):
    answer = make_current(acme, version, **body)

    assert (answer.status_code, detail in answer.text) == (status, True)
    assert acme.client.get(MMM).json()["version"] == 2


@pytest.mark.parametrize("versions", [(1, 2), (2, 9)])
def test_only_completed_versions_are_compared(acme, versions):
    before, after = versions

    assert acme.client.get(COMPARE, params={"before": before, "after": after}).status_code == 404


@pytest.fixture
def fresh(empty, tenant):
    """A tenant with one version and no other data; load weeks beyond its own."""
    made, fitted = small_model(1)
    model = tenant.start_model(channels=fitted.data.channels, start=None, end=None)
    tenant.complete_model(model.model_id, made, fitted.to_bytes())
    return empty.as_role("analyst"), lambda weeks: _load(tenant, fitted.data, weeks_more=weeks)


def test_versions_are_measured_against_what_came_since(fresh, app, two_tenants):
    client, load = fresh
    load(4)

    [measured] = client.post(BACKTESTS).json()["backtests"]

    assert (measured["version"], measured["weeks"]) == (1, 4)
    assert client.get(BACKTESTS).json()["backtests"] == [measured]
    other = Client(app, someone(two_tenants[1].tenant, "analyst"))
    assert other.get(BACKTESTS).json() == other.post(BACKTESTS).json() == {"backtests": []}


def test_measurements_pile_up_as_weeks_come_in(fresh):
    client, load = fresh
    for weeks in (2, 2, 5):
        load(weeks)
        client.post(BACKTESTS)

    assert [each["weeks"] for each in client.get(BACKTESTS).json()["backtests"]] == [2, 5]


def test_a_version_that_the_data_no_longer_fit_is_passed_over(fresh):
    client, _ = fresh

    assert client.post(BACKTESTS).json() == {"backtests": []}


def test_another_tenants_versions_are_like_ones_that_do_not_exist(acme, bolt):
    for _ in range(2):
        model = bolt.store.start_model(channels=["meta"], start=None, end=None)
        bolt.store.fail_model(model.model_id, "text 2")
    before = bolt.store.models()

    theirs, never = make_current(acme, 5), make_current(acme, 6)

    assert theirs.status_code == never.status_code == 404
    assert theirs.text.replace("5", "6") == never.text
    assert bolt.store.models() == before
    compared = acme.client.get(COMPARE, params={"before": 2, "after": 5})
    assert compared.status_code == 404


def _load(store, data, weeks_more):
    """Store the weeks that the version has seen, and the last ones of them again as later ones."""
    days = pd.to_datetime(data.weeks)
    days = days.append(pd.date_range(days[-1], periods=weeks_more + 1, freq="7D")[1:])
    again = [*range(data.n_weeks), *range(data.n_weeks - weeks_more, data.n_weeks)]
    store.write_all(
        [
            (
                "spend",
                [pd.DataFrame({"date": days, "channel": name, "spend": data.spend[again, k]})],
            )
            for k, name in enumerate(data.channels)
        ]
    )
    store.write("outcomes", [pd.DataFrame(
        {"date": days, "region": "", "metric": "revenue", "value": data.outcome[again]}
    )])  # fmt: skip
    store.write_all(
        [
            (
                "controls",
                [pd.DataFrame({"date": days, "name": name, "value": data.controls[again, k]})],
            )
            for k, name in enumerate(data.control_names)
        ]
    )
