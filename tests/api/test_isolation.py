"""Two tenants with the same names everywhere: neither sees anything of the other."""

import pytest

from api.people import MMM, OPTIMIZE, READS, RUNS, VERSIONS

NEVER = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("address", [*READS, f"{MMM}?version=3"])
def test_every_list_and_every_current_record_is_the_own(sides, address):
    acme, bolt = (side.client.get(address).text for side in sides)

    assert acme != bolt
    assert "text 2" not in acme
    assert "text 1" not in bolt
    for side, text in zip(sides, (bolt, acme), strict=True):
        assert side.run_id not in text
        assert side.model_id not in text


def test_a_budget_is_split_by_the_own_model(sides):
    ids = [
        side.client.post(OPTIMIZE, json={"totalBudget": sum(side.current_spend.values())}).json()[
            "modelId"
        ]
        for side in sides
    ]

    assert ids == [side.model_id for side in sides]


def test_a_run_of_another_tenant_is_like_one_that_does_not_exist(acme, bolt):
    theirs = acme.client.get(f"{RUNS}/{bolt.run_id}")
    never = acme.client.get(f"{RUNS}/{NEVER}")

    assert theirs.status_code == never.status_code == 404
    assert theirs.text.replace(bolt.run_id, NEVER) == never.text
    assert _plain(theirs) == _plain(never)


def test_a_version_of_another_tenant_is_like_one_that_does_not_exist(acme, bolt):
    for _ in range(2):
        model = bolt.store.start_model(channels=["meta"], start=None, end=None)
        bolt.store.fail_model(model.model_id, "text 2")

    theirs = acme.client.get(MMM, params={"version": 5})
    never = acme.client.get(MMM, params={"version": 6})

    assert bolt.client.get(MMM, params={"version": 5}).status_code == 200
    assert theirs.status_code == never.status_code == 404
    assert theirs.text.replace("5", "6") == never.text
    assert _plain(theirs) == _plain(never)


def test_a_cursor_of_another_tenant_is_like_one_that_does_not_exist(acme, bolt):
    theirs = acme.client.get(RUNS, params={"cursor": bolt.run_id})
    never = acme.client.get(RUNS, params={"cursor": NEVER})

    assert theirs.status_code == never.status_code == 422
    assert theirs.text.replace(bolt.run_id, NEVER) == never.text


@pytest.mark.parametrize("address", [MMM, VERSIONS, RUNS])
@pytest.mark.parametrize(
    "trick",
    [
        {"params": {"tenant": "bolt", "tenant_id": "bolt", "member": "bolt"}},
        {"headers": {"X-Tenant": "bolt", "X-Member": "bolt", "Member": "bolt", "Tenant": "bolt"}},
        {"cookies": {"tenant": "bolt", "member": "bolt", "APPORTION_TENANT": "bolt"}},
        {"headers": {"Forwarded": "host=bolt", "X-Forwarded-User": "bolt", "Host": "bolt"}},
    ],
    ids=["query", "headers", "cookies", "proxy"],
)
def test_nothing_in_a_request_chooses_the_tenant(acme, bolt, address, trick):
    assert acme.client.get(address, **trick).text == acme.client.get(address).text


def _plain(answer):
    return {name: value for name, value in answer.headers.items() if name != "content-length"}
