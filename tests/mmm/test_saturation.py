"""The Hill curve: monotone, below 1, half at its half-saturation point."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apportion.mmm.saturation import elasticity, hill

spends = st.lists(st.floats(0, 1e6), min_size=2, max_size=20, unique=True).map(sorted)
halves = st.floats(1e-3, 1e6)
slopes = st.floats(1, 4)


@given(spend=spends, half=halves, slope=slopes)
def test_effect_never_falls_and_stays_between_none_and_all(spend, half, slope):
    effect = hill(np.array(spend), half, slope)

    assert np.all(np.diff(effect) >= 0)
    assert np.all((effect >= 0) & (effect <= 1))


@given(half=halves, slope=slopes)
def test_half_saturation_has_half_of_the_effect(half, slope):
    assert hill(np.array([half]), half, slope) == pytest.approx([0.5])


def test_effect_follows_the_formula():
    spend = np.array([0.5, 1.0, 7.0])

    assert hill(spend, 2.0, 1.5) == pytest.approx(spend**1.5 / (spend**1.5 + 2.0**1.5))


def test_no_spend_has_no_effect():
    assert hill(np.array([0.0]), 1.0, 1.0) == pytest.approx([0], abs=1e-11)
    assert hill(np.array([0.0]), 1e3, 4.0) == pytest.approx([0], abs=1e-11)


@given(spend=st.floats(1e-2, 1e3), half=st.floats(1e-1, 1e2), slope=slopes)
def test_elasticity_is_the_logarithmic_derivative(spend, half, slope):
    step = 1e-5
    above, below = hill(spend * np.exp(np.array([step, -step])), half, slope)

    numeric = (np.log(above) - np.log(below)) / (2 * step)

    assert elasticity(hill(np.array(spend), half, slope), slope) == pytest.approx(numeric, abs=1e-5)
