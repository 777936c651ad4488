"""A member who asks too often is told when to come back; nobody else is."""

from dataclasses import replace

import pytest

from api.people import DATA, OPENAPI, OPTIMIZE, Client, someone
from api.test_allowance import Clock
from api.test_problems import assert_is_problem
from apportion.api import create_app
from apportion.api.rates import COMPUTATION
from apportion.results.accounts import Via

pytestmark = pytest.mark.parametrize("urls", ["sqlite"], indirect=True)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(open_workspace, tenant, clock):
    app = create_app(open_workspace, requests_per_minute=12, clock=clock)
    return Client(app, someone(tenant.tenant))


def ask(client, times=1):
    return [client.get(DATA).status_code for _ in range(times)]


def test_a_minutes_worth_may_be_asked_at_once_and_no_more(client):
    assert ask(client, 12) == [200] * 12

    refused = client.get(DATA)

    problem = assert_is_problem(refused, 429)
    assert refused.headers["retry-after"] == "5"
    assert "12 reads a minute" in problem["detail"]


def test_whoever_waits_as_told_is_let_in_again(client, clock):
    ask(client, 12)
    clock.now += int(client.get(DATA).headers["retry-after"])

    assert ask(client, 2) == [200, 429]


def test_asking_while_refused_costs_nothing(client, clock):
    ask(client, 12 + 50)
    clock.now += 5

    assert ask(client) == [200]


def test_a_computation_costs_more_than_a_read(client):
    assert client.post(OPTIMIZE, json={"totalBudget": "much"}).status_code == 422

    assert ask(client, 12 - COMPUTATION + 1) == [200, 200, 429]


def test_every_member_token_and_tenant_has_their_own_allowance(client, two_tenants):
    ask(client, 13)
    others = [
        replace(client.member, user_id="another"),
        replace(client.member, via=Via.TOKEN),
        replace(client.member, via=Via.TOKEN, credential_id="another"),
        replace(client.member, tenant=two_tenants[1].tenant),
    ]

    assert [ask(Client(client.app, other)) for other in others] == [[200]] * 4


def test_neither_role_nor_another_session_is_a_way_round(client):
    ask(client, 12)
    again = Client(client.app, replace(client.member, credential_id="another"))

    assert ask(client.as_role("admin")) == ask(again) == [429]


def test_what_needs_no_sign_in_is_not_counted(client):
    nobody = Client(client.app, None)

    assert {nobody.get(OPENAPI).status_code for _ in range(20)} == {200}
