"""Pages together are the list: nothing twice, nothing left out, whatever comes in between."""

import pytest

from api.people import RUNS, VERSIONS


def pages(client, address, limit):
    cursor, found = {}, []
    while cursor is not None:
        page = client.get(address, params={"limit": limit, **cursor}).json()
        found.append(page.get("runs", page.get("versions")))
        cursor = {"cursor": page["nextCursor"]} if page["nextCursor"] else None
    return found


@pytest.fixture
def client(empty, tenant):
    """A client of a tenant with seven runs and seven versions."""
    for _ in range(7):
        run = tenant.start_run("mmm", {}, host="elsewhere", pid=1, process_started=1.0)
        model = tenant.start_model(channels=["meta"], start=None, end=None, run_id=run.id)
        tenant.fail_model(model.model_id, "Planted.")
    return empty


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 100])
def test_pages_of_versions_are_the_list(client, limit):
    found = pages(client, VERSIONS, limit)

    assert [each["version"] for page in found for each in page] == [7, 6, 5, 4, 3, 2, 1]
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 100])
def test_pages_of_runs_are_the_list(client, tenant, limit):
    found = pages(client, RUNS, limit)

    assert [each["id"] for page in found for each in page] == [run.id for run in tenant.runs()]
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1]


def test_what_comes_in_between_moves_no_page(client, tenant):
    first = client.get(RUNS, params={"limit": 3}).json()
    expected = [run.id for run in tenant.runs()][3:]
    tenant.start_run("mmm", {}, host="elsewhere", pid=1, process_started=1.0)

    second = client.get(RUNS, params={"limit": 50, "cursor": first["nextCursor"]}).json()

    assert [run["id"] for run in second["runs"]] == expected


@pytest.mark.parametrize("address", [RUNS, VERSIONS])
def test_an_empty_list_is_one_empty_page(empty, address):
    assert pages(empty, address, 1) == [[]]
