"""Every decomposition adds up to the change, whatever comes and goes."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apportion.insights.contributions import (
    beyond_proportion,
    by_factors,
    by_rate_and_mix,
    by_sum,
)

names = st.sampled_from("abcdef")
amounts = st.dictionaries(names, st.just(0.0) | st.floats(0.01, 1e6), min_size=1)
factors = st.tuples(*[st.floats(1e-3, 1e3)] * 3).map(
    lambda found: dict(zip("xyz", found, strict=True))
)


@given(amounts, amounts)
def test_a_sum_is_taken_apart_exactly(after, before):
    parts = by_sum(after, before)

    change = sum(after.values()) - sum(before.values())
    assert sum(parts.values()) == pytest.approx(change, abs=1e-6)


@given(amounts, amounts, amounts, amounts)
def test_a_ratio_is_taken_apart_exactly(top, bottom, top_before, bottom_before):
    assume(sum(bottom.values()) > 0)
    assume(sum(bottom_before.values()) > 0)

    parts = by_rate_and_mix(top, bottom, top_before, bottom_before)

    now = sum(top.values()) / sum(bottom.values())
    then = sum(top_before.values()) / sum(bottom_before.values())
    assert sum(part.rate + part.mix for part in parts.values()) == pytest.approx(
        now - then, rel=1e-7, abs=1e-9 * max(now, then)
    )


@given(factors, factors)
def test_a_product_is_taken_apart_exactly(after, before):
    parts = by_factors(after, before)

    change = np.prod([*after.values()]) - np.prod([*before.values()])
    size = max(np.prod([*after.values()]), np.prod([*before.values()]))
    assert sum(parts.values()) == pytest.approx(change, rel=1e-7, abs=1e-9 * size)


def test_a_rate_that_moves_alone_has_no_mix():
    parts = by_rate_and_mix(
        {"a": 4, "b": 5}, {"a": 10, "b": 10}, {"a": 2, "b": 5}, {"a": 10, "b": 10}
    )

    assert parts["a"].rate == pytest.approx(0.1)
    assert parts["b"].rate == parts["a"].mix + parts["b"].mix == pytest.approx(0)


def test_a_mix_that_moves_alone_has_no_rate():
    parts = by_rate_and_mix(
        {"a": 3, "b": 5}, {"a": 30, "b": 10}, {"a": 1, "b": 5}, {"a": 10, "b": 10}
    )

    assert parts["a"].rate == parts["b"].rate == pytest.approx(0)
    assert parts["a"].mix + parts["b"].mix == pytest.approx(8 / 40 - 6 / 20)


def test_only_what_moved_beyond_its_share_is_unusual():
    before = {"a": 100.0, "b": 100.0, "c": 100.0}
    after = {"a": 90.0, "b": 90.0, "c": 40.0}

    found = beyond_proportion(after, before, dict.fromkeys(before, 5.0))

    assert found["c"] < -5
    assert found["a"] > 0


@pytest.mark.parametrize("bad", [{"x": 0.0}, {"y": 1.0}], ids=["zero", "another factor"])
def test_factors_must_be_the_same_and_positive(bad):
    with pytest.raises(ValueError, match="all of them positive"):
        by_factors(bad, {"x": 1.0})


def test_a_ratio_over_nothing_is_refused():
    with pytest.raises(ValueError, match="denominators must be positive, got 0"):
        by_rate_and_mix({"a": 1}, {"a": 1}, {"a": 1}, {"a": 0})
