"""Rule-based attribution: invariants every rule keeps, then each rule's own numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apportion.journeys.credit import RULES, first_touch, last_touch, position_based, time_decay

AGES = [72.0, 48.0, 24.0, 0.0]

journeys = st.lists(st.floats(0, 24 * 365), min_size=1, max_size=50).map(
    lambda ages: sorted(ages, reverse=True)
)


@pytest.mark.parametrize("model", RULES)
@settings(deadline=None, max_examples=40)
@given(ages=journeys)
def test_shares_are_non_negative_and_sum_to_one(model, ages):
    shares = RULES[model](ages)

    assert shares.shape == (len(ages),)
    assert np.all(shares >= 0)
    assert shares.sum() == pytest.approx(1)


@pytest.mark.parametrize("model", RULES)
def test_single_touchpoint_takes_all_credit(model):
    assert RULES[model]([5.0]) == pytest.approx([1.0])


def test_first_and_last_touch_credit_one_end():
    assert first_touch(AGES) == pytest.approx([1, 0, 0, 0])
    assert last_touch(AGES) == pytest.approx([0, 0, 0, 1])


def test_position_based_splits_the_middle_evenly():
    assert position_based(AGES) == pytest.approx([0.4, 0.1, 0.1, 0.4])


def test_time_decay_halves_per_half_life():
    shares = time_decay(AGES, half_life=24)

    assert shares[1:] / shares[:-1] == pytest.approx([2, 2, 2])


@settings(deadline=None, max_examples=40)
@given(ages=journeys, shift=st.floats(0, 24 * 365))
def test_time_decay_depends_only_on_gaps_between_touchpoints(ages, shift):
    shifted = [age + shift for age in ages]

    assert time_decay(shifted) == pytest.approx(time_decay(ages))


def test_time_decay_survives_ages_beyond_float_underflow():
    assert time_decay([2e6, 1e6], half_life=1) == pytest.approx([0, 1])


@pytest.mark.parametrize(
    ("ages", "message"),
    [
        ([], "non-empty"),
        ([[1.0, 0.0]], "one-dimensional"),
        ([1.0, 2.0], "non-increasing"),
        ([1.0, -1.0], "non-negative"),
        ([float("nan")], "finite"),
    ],
    ids=["empty", "nested", "unsorted", "after conversion", "nan"],
)
def test_bad_ages_are_refused(ages, message):
    with pytest.raises(ValueError, match=message):
        time_decay(ages)


def test_bad_half_life_is_refused_with_the_value():
    with pytest.raises(ValueError, match=r"half_life must be positive, got 0"):
        time_decay(AGES, half_life=0)
