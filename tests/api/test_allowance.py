"""The bucket of requests: how much of it comes back, and when it is forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from apportion.api import rates
from apportion.api.rates import Allowance


class Clock:
    """A clock that stands until it is set."""

    now = 1000.0

    def __call__(self):
        return self.now


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


def test_buckets_that_are_full_again_are_forgotten(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(rates, "MOST_BUCKETS", 3)
    allowance = Allowance(60, clock)
    for key in "abc":
        allowance.take(key, 60)
    clock.now += 60
    for key in "de":
        allowance.take(key, 1)

    assert set(allowance._buckets) == {"d", "e"}
