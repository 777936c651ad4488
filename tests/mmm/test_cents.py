"""Whole cents: they sum to the total exactly, whatever the split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apportion.mmm.cents import digits_of, in_cents, whole_cents

splits = st.lists(st.floats(0, 1e7), min_size=1, max_size=12).map(np.array)


@given(split=splits, slack=st.floats(0, 0.5), digits=st.sampled_from([0, 2, 3]))
def test_cents_sum_to_the_total_and_keep_to_the_limits(split, slack, digits):
    lower, upper = (1 - slack) * split, (1 + slack) * split

    paid = whole_cents(split, split.sum(), lower, upper, digits=digits)

    cents = [round(amount * 10**digits) for amount in paid]
    assert abs(sum(cents) - in_cents(split.sum(), digits)) <= 1
    assert paid * 10**digits == pytest.approx(cents, rel=1e-12, abs=1e-6)
    assert np.all(paid > lower - 10.0**-digits)
    assert np.all(paid < upper + 10.0**-digits)


@given(split=splits.filter(lambda split: len(split) > 1))
def test_no_amount_moves_by_a_cent_where_the_limits_leave_room(split):
    none, all_of_it = np.zeros(len(split)), np.full(len(split), split.sum() + 1)

    paid = whole_cents(split, split.sum(), none, all_of_it)

    assert sum(round(100 * amount) for amount in paid) == in_cents(split.sum(), 2)
    assert np.all(np.abs(paid - split) < 0.01 + 1e-6)


def test_thirds_get_the_odd_cent_once():
    third = np.full(3, 100 / 3)

    assert sorted(whole_cents(third, 100, np.zeros(3), third + 1)) == [33.33, 33.33, 33.34]


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("", 2)])
def test_a_currency_has_its_own_smallest_unit(currency, digits):
    assert digits_of(currency) == digits
