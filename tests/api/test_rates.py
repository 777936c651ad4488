"""A member who asks too often is told when to come back; nobody else is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.people import DATA, OPENAPI, OPTIMIZE, Client, someone
from api.test_problems import assert_is_problem
from apportion.api import create_app, rates
from apportion.api.rates import COMPUTATION, Allowance

pytestmark = pytest.mark.parametrize("urls", ["sqlite"], indirect=True)


class Clock:
    """A clock that stands until it is set."""

    now = 1000.0

    def __call__(self):
        return self.now


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
    assert client.post(OPTIMIZE, json={}).status_code == 422

    assert ask(client, 12 - COMPUTATION + 1) == [200, 200, 429]


def test_every_member_session_and_tenant_has_their_own_allowance(client, two_tenants):
    ask(client, 13)
    others = [
        replace(client.member, user="another"),
        replace(client.member, via="token 7"),
        replace(client.member, tenant=two_tenants[1].tenant),
    ]

    assert [ask(Client(client.app, other)) for other in others] == [[200]] * 3


def test_a_role_is_no_way_round(client):
    ask(client, 12)

    assert ask(client.as_role("admin")) == [429]


def test_what_needs_no_sign_in_is_not_counted(client):
    nobody = Client(client.app, None)

    assert {nobody.get(OPENAPI).status_code for _ in range(20)} == {200}


@given(
    per_minute=st.integers(1, 100),
    steps=st.lists(st.tuples(st.floats(0, 30), st.integers(1, 20)), min_size=1, max_size=60),
)
def test_no_minute_has_more_than_twice_its_worth(per_minute, steps):
    clock = Clock()
    allowance = Allowance(per_minute, clock)
    taken = []
    for wait, cost in steps:
        clock.now += wait
        if allowance.take("me", cost) == 0:
            taken.append((clock.now, min(cost, per_minute)))

    for start, _ in taken:
        within = sum(cost for at, cost in taken if start <= at < start + 60)
        assert within <= 2 * per_minute + 1e-6


def test_buckets_that_are_full_again_are_forgotten(monkeypatch, clock):
    monkeypatch.setattr(rates, "MOST_BUCKETS", 3)
    allowance = Allowance(60, clock)
    for key in "abc":
        allowance.take(key, 60)
    clock.now += 60
    for key in "de":
        allowance.take(key, 1)

    assert set(allowance._buckets) == {"d", "e"}
