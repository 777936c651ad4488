"""What has not changed is not sent again; HEAD is GET without its body."""

import pytest

from api.people import MMM, OPENAPI, OPTIMIZE, READS


@pytest.mark.parametrize("address", [*READS, OPENAPI])
def test_whoever_has_it_already_gets_304_without_a_body(acme, address):
    first = acme.client.get(address)

    again = acme.client.get(address, headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Authorization, Cookie"
    assert "content-type" not in again.headers


@pytest.mark.parametrize("form", ["W/{}", '"a", {}', '{} , "b"', '"a",W/{},"b"', "*"])
def test_every_form_of_the_condition_is_understood(acme, form):
    etag = acme.client.get(MMM).headers["etag"]

    answer = acme.client.get(MMM, headers={"If-None-Match": form.format(etag)})

    assert answer.status_code == 304


@pytest.mark.parametrize("other", ['"a"', "", "W/", '"'])
def test_whoever_has_another_gets_all_of_it(acme, other):
    answer = acme.client.get(MMM, headers={"If-None-Match": other})

    assert answer.status_code == 200
    assert answer.content


def test_what_has_changed_is_sent_again(acme):
    etag = acme.client.get(MMM).headers["etag"]
    acme.store.start_model(channels=["meta"], start=None, end=None)

    answer = acme.client.get(MMM, headers={"If-None-Match": etag})

    assert answer.status_code == 200
    assert answer.json()["training"]["version"] == 4
    assert answer.headers["etag"] != etag


def test_the_same_page_of_two_tenants_has_two_fingerprints(acme, bolt):
    etag = acme.client.get(MMM).headers["etag"]

    assert bolt.client.get(MMM, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize("address", [*READS, OPENAPI])
def test_head_is_get_without_its_body(acme, address):
    get, head = (acme.client.request(method, address) for method in ("GET", "HEAD"))

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers == get.headers


def test_a_refusal_and_a_computation_have_no_fingerprint(acme):
    refused = acme.client.get(MMM, params={"version": 99})
    computed = acme.client.post(OPTIMIZE, json={"totalBudget": sum(acme.current_spend.values())})

    assert computed.status_code == 200
    assert "etag" not in refused.headers
    assert "etag" not in computed.headers
