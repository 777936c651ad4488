"""The rules over many journeys at once: each journey's shares are those of the one-journey rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apportion.journeys import credit, ragged
from apportion.results.journeys import AttributionModel, AttributionSettings

SETTINGS = AttributionSettings(half_life_days=3, endpoint_share=0.3)

ages = st.lists(st.floats(0, 24 * 60), min_size=1, max_size=8).map(
    lambda hours: sorted(hours, reverse=True)
)
many = st.lists(ages, min_size=1, max_size=12)


def laid_end_to_end(journeys):
    offsets = np.concatenate([[0], np.cumsum([len(journey) for journey in journeys])])
    return offsets, np.concatenate([np.asarray(journey, dtype=float) for journey in journeys])


def one_by_one(model, journey):
    options = {
        AttributionModel.POSITION_BASED: {"endpoint_share": SETTINGS.endpoint_share},
        AttributionModel.TIME_DECAY: {"half_life": 24 * SETTINGS.half_life_days},
    }
    return credit.RULES[model](journey, **options.get(model, {}))


@pytest.mark.parametrize("model", ragged.RULES)
@settings(deadline=None, max_examples=40)
@given(journeys=many)
def test_shares_are_those_of_one_journey_at_a_time(model, journeys):
    shares = ragged.RULES[model](*laid_end_to_end(journeys), SETTINGS)

    expected = np.concatenate([one_by_one(model, journey) for journey in journeys])
    assert shares == pytest.approx(expected)


def test_every_rule_has_both_forms():
    assert set(ragged.RULES) == set(credit.RULES)


def test_channel_splits_its_credit_over_its_touchpoints():
    offsets, players = np.array([0, 3, 5]), np.array([0, 1, 0, 0, 2])

    assert ragged.parts(offsets, players) == pytest.approx([0.5, 1, 0.5, 1, 1])


def test_members_are_the_bits_of_the_channels_in_a_journey():
    offsets, players = np.array([0, 3, 5]), np.array([0, 1, 0, 0, 2])

    assert ragged.members(offsets, players).tolist() == [0b011, 0b101]
