"""Credit of one journey under the trained models."""

import numpy as np
import pytest

from apportion.journeys.shares import JourneyWeights, markov_shares
from apportion.results.base import Interval
from apportion.results.journeys import (
    AttributionModel,
    AttributionSettings,
    ChannelSet,
    ChannelStrength,
    TrainedModel,
)

MARKOV, SHAPLEY = AttributionModel.MARKOV, AttributionModel.SHAPLEY


def trained(effects, sets=(), rest=()):
    return TrainedModel(
        settings=AttributionSettings(),
        channels=tuple(
            ChannelStrength(
                channel=name,
                removal_effect=effect,
                removal_effect_interval=Interval(lower=0, upper=1),
                removal_percent=0,
                paths=0,
                conversions=0,
            )
            for name, effect in effects.items()
        ),
        players=tuple(effects),
        rest=rest,
        sets=tuple(
            ChannelSet(channels=channels, paths=paths, conversions=conversions)
            for channels, paths, conversions in sets
        ),
    )


WEIGHTS = JourneyWeights(
    trained(
        {"meta": 0.6, "email": 0.2, "display": 0.0},
        sets=[
            (("meta",), 100_000, 10_000),
            (("email",), 100_000, 20_000),
            (("meta", "email"), 100_000, 40_000),
        ],
    )
)


def test_markov_credit_is_in_proportion_to_removal_effects():
    assert WEIGHTS.shares(MARKOV, ["email", "meta"]) == pytest.approx([0.25, 0.75])


def test_shapley_credit_is_in_proportion_to_values_within_the_journeys_channels():
    # By hand: meta gains (0.1 + 0.4 - 0.2) / 2 = 0.15 and email (0.2 + 0.4 - 0.1) / 2 = 0.25.
    shares = WEIGHTS.shares(SHAPLEY, ["meta", "email"])

    assert shares == pytest.approx([0.15 / 0.4, 0.25 / 0.4], abs=1e-3)


@pytest.mark.parametrize("model", [MARKOV, SHAPLEY])
def test_channel_splits_its_credit_over_its_touchpoints(model):
    once = WEIGHTS.shares(model, ["meta", "email"])

    often = WEIGHTS.shares(model, ["meta", "email", "meta", "meta"])

    assert often == pytest.approx([once[0] / 3, once[1], once[0] / 3, once[0] / 3])


@pytest.mark.parametrize("model", [MARKOV, SHAPLEY])
@pytest.mark.parametrize(
    "channels",
    [["meta"], ["display"], ["display", "display"], ["new"], ["new", "other"], ["direct"]],
    ids=["one", "no effect", "no effect twice", "unknown", "two unknown", "direct"],
)
def test_journey_always_has_all_its_credit(model, channels):
    assert WEIGHTS.shares(model, channels).sum() == pytest.approx(1)


@pytest.mark.parametrize("model", [MARKOV, SHAPLEY])
def test_channel_unknown_to_training_has_no_weight_beside_a_known_one(model):
    assert WEIGHTS.shares(model, ["new", "meta"]) == pytest.approx([0, 1])


def test_channels_taken_together_have_the_weight_of_their_player():
    weights = JourneyWeights(trained({"meta": 0.3, "(rest)": 0.1}, rest=("podcast", "radio")))

    shares = weights.shares(MARKOV, ["meta", "podcast", "radio"])

    assert shares == pytest.approx([0.75, 0.125, 0.125])


def test_rule_is_refused():
    with pytest.raises(ValueError, match="markov or shapley, got linear"):
        WEIGHTS.shares(AttributionModel.LINEAR, ["meta"])


def test_markov_shares_are_even_where_no_channel_has_an_effect():
    assert markov_shares(np.zeros(3), np.array([0b110])) == pytest.approx(np.array([[0, 0.5, 0.5]]))
