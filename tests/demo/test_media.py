"""The response of a channel: limiting cases, and the derivative against a difference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apportion.demo.media import Response


def one_region(*, retention=0.5, half=100.0, slope=1.0, ceiling=1000.0):
    return Response(retention, np.array([half]), slope, np.array([ceiling]))


def column(*values):
    return np.array(values, dtype=np.float64)[:, None]


def test_adstock_spreads_a_days_spend_without_losing_any():
    spend = np.zeros((200, 1))
    spend[0] = 10.0

    stock = one_region(retention=0.8).adstock(spend)

    assert stock.sum() == pytest.approx(10.0)
    assert stock[1:5, 0] / stock[:4, 0] == pytest.approx([0.8] * 4)


def test_adstock_without_retention_is_spend():
    spend = column(1.0, 5.0, 0.0)

    np.testing.assert_allclose(one_region(retention=0.0).adstock(spend), spend)


@pytest.mark.parametrize("slope", [1.0, 1.3, 2.0])
def test_half_saturation_gives_half_of_the_ceiling(slope):
    revenue = one_region(retention=0.0, slope=slope).revenue(column(100.0))

    assert revenue.item() == pytest.approx(500.0)


@pytest.mark.parametrize("slope", [1.0, 1.3])
def test_no_spend_causes_nothing(slope):
    response = one_region(slope=slope)

    assert response.revenue(np.zeros((5, 1))).sum() == 0
    assert np.isfinite(response.revenue_gain(np.zeros((5, 1)), column(1, 1, 1, 1, 1))).all()


@given(
    spend=st.lists(st.floats(0, 1e6), min_size=2, max_size=30),
    slope=st.floats(1, 3),
    retention=st.floats(0, 0.95),
)
def test_more_spend_never_earns_less(spend, slope, retention):
    response = one_region(slope=slope, retention=retention)
    less = column(*spend)

    assert (response.revenue(1.5 * less) >= response.revenue(less) - 1e-9).all()
    assert (response.revenue(less) <= 1000.0).all()


@given(
    spend=st.lists(st.floats(1, 1e4), min_size=2, max_size=20),
    slope=st.floats(1, 2),
    retention=st.floats(0, 0.9),
)
def test_the_gain_is_the_slope_of_revenue(spend, slope, retention):
    response = one_region(slope=slope, retention=retention)
    flight, nudge = column(*spend), 1e-5

    up, down = (response.revenue(flight * (1 + d)) for d in (nudge, -nudge))
    difference = (up - down) / (2 * nudge)
    np.testing.assert_allclose(
        response.revenue_gain(flight, flight), difference, rtol=1e-4, atol=1e-5
    )


def test_the_first_unit_of_an_unused_channel_earns_ceiling_over_half_saturation():
    gain = one_region(retention=0.0).revenue_gain(column(0.0), column(1.0))

    assert gain.item() == pytest.approx(10.0)
