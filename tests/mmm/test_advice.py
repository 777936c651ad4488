"""What would help is named for what the data cannot tell, and for nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from apportion.mmm import advice, summary
from apportion.results.mmm import Check, CheckLevel, HowSure
from apportion.results.mmm_settings import (
    BudgetSetting,
    ChannelSettings,
    DemandWarning,
    MMMSettings,
)
from mmm.companies import prior_fit


@pytest.fixture(scope="module")
def fitted():
    return prior_fit(1, size=40)


def advised(fitted, sure, checks=(), spend=None):
    data = fitted.data if spend is None else replace(fitted.data, spend=spend)
    effects = [
        each.model_copy(update={"how_sure": sure}) for each in summary.effects(fitted).channels
    ]
    return [each.advice for each in advice.advised(effects, data, checks)]


def test_a_channel_that_can_be_told_needs_no_advice(fitted):
    assert advised(fitted, HowSure.NOT_SURE) == ["", "", ""]


def test_a_channel_that_cannot_be_told_is_to_be_tested(fitted):
    for text in advised(fitted, HowSure.CANNOT_TELL):
        assert "switch channel" in text
        assert "a fifth of the outcome" in text


def test_a_steady_channel_is_to_be_varied(fitted):
    spend = fitted.data.spend.copy()
    spend[:, 1] = 100 * np.random.default_rng(1).uniform(0.99, 1.01, len(spend))

    texts = advised(fitted, HowSure.CANNOT_TELL, spend=spend)

    assert "hardly varies (1% around its mean)" in texts[1]
    assert "hardly varies" not in texts[0]


def test_twins_are_to_be_moved_at_other_times(fitted):
    together = Check(
        code="collinear_spend",
        level=CheckLevel.CAUTION,
        message="",
        channels=("channel 0", "channel 2"),
    )

    first, second, third = advised(fitted, HowSure.CANNOT_TELL, (together,))

    assert "moves with that of channel 2" in first
    assert "moves with" not in second
    assert "moves with that of channel 0" in third


def test_a_silent_channel_must_spend_first(fitted):
    spend = fitted.data.spend.copy()
    spend[-60:, 0] = 0

    assert (
        "had no spend in the last 52 weeks" in advised(fitted, HowSure.CANNOT_TELL, spend=spend)[0]
    )


@pytest.mark.parametrize(
    ("fires", "setting", "named"),
    [
        (True, BudgetSetting.NOT_SURE, True),
        (True, BudgetSetting.IN_ADVANCE, True),
        (True, BudgetSetting.FOLLOWS_DEMAND, False),
        (False, BudgetSetting.IN_ADVANCE, False),
    ],
)
def test_the_lead_test_contradicts_what_was_told_or_says_nothing(fires, setting, named):
    warning = DemandWarning(
        channel="search",
        t_value=4.0,
        fires=fires,
        proposal=BudgetSetting.FOLLOWS_DEMAND,
        message="It follows demand.",
    )
    told = MMMSettings(channels={"search": ChannelSettings(budget_setting=setting)})

    found = advice.of_demand([warning], told)

    assert [check.channels for check in found] == ([("search",)] if named else [])
