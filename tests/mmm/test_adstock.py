"""Carry-over moves spend in time and neither adds nor loses any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apportion.mmm.adstock import LAGS, adstock, lagged, weights


@given(alpha=st.floats(0, 1))
def test_weights_sum_to_one_and_never_increase(alpha):
    shares = weights(alpha)

    assert shares.shape == (LAGS,)
    assert shares.sum() == pytest.approx(1)
    assert np.all(np.diff(shares) <= 0)


def test_no_retention_leaves_spend_where_it_is():
    assert weights(0.0) == pytest.approx([1] + [0] * (LAGS - 1))


def test_full_retention_spreads_spend_evenly():
    assert weights(1.0) == pytest.approx(np.full(LAGS, 1 / LAGS))


def test_weights_are_geometric():
    shares = weights(0.6)

    assert shares[1:] / shares[:-1] == pytest.approx(np.full(LAGS - 1, 0.6))


@pytest.mark.parametrize("alpha", [-0.1, 1.1, float("nan")], ids=["negative", "above one", "nan"])
def test_impossible_retention_is_refused(alpha):
    with pytest.raises(ValueError, match=r"alpha must be in \[0, 1\], got"):
        weights(alpha)


def test_lagged_looks_back_and_finds_nothing_before_the_first_week():
    spend = np.array([[1.0], [2.0], [3.0]])

    assert lagged(spend, lags=3).tolist() == [[[1, 0, 0], [2, 1, 0], [3, 2, 1]]]


def test_lagged_may_look_back_further_than_there_are_weeks():
    assert lagged(np.array([[5.0]]), lags=3).tolist() == [[[5, 0, 0]]]


@given(alpha=st.floats(0, 1), amount=st.floats(0, 1e6))
def test_a_single_flight_is_spent_once_over_all_weeks(alpha, amount):
    spend = np.zeros((LAGS, 1))
    spend[0] = amount

    assert adstock(spend, np.array([[alpha]])).sum() == pytest.approx(amount)


def test_adstock_of_every_draw_and_channel_is_its_own_convolution():
    rng = np.random.default_rng(1)
    spend, alpha = rng.random((30, 2)), rng.random((4, 2))

    carried = adstock(spend, alpha)

    assert carried.shape == (4, 2, 30)
    by_hand = np.convolve(spend[:, 1], weights(alpha[3, 1]))[:30]
    assert carried[3, 1] == pytest.approx(by_hand)
