"""What a forecast adds for quarters that went beside what was foreseen."""

from dataclasses import replace

import numpy as np
import pytest

from apportion.mmm import response
from apportion.mmm.past_quarters import unforeseen_spread
from mmm.companies import company, prior_fit

WEEKS = 156
SIGMA = 0.04


@pytest.fixture(scope="module")
def data():
    return company(6, weeks=WEEKS, channels=2).data


def going(rng, *, shifts=0.0):
    """Give weeks around 1, with a level of its own in each quarter."""
    levels = np.repeat(rng.normal(0, shifts, WEEKS // 13), 13)
    return 1 + levels + SIGMA * rng.standard_normal(WEEKS)


def test_quarters_that_go_as_expected_add_little_and_shifting_ones_add_more(data):
    steady = [unforeseen_spread(data, going(np.random.default_rng(s)), SIGMA) for s in range(20)]
    moved = [
        unforeseen_spread(data, going(np.random.default_rng(s), shifts=0.1), SIGMA)
        for s in range(20)
    ]

    assert np.median(steady) < 0.01
    assert 0.04 < np.median(moved) < 0.12


def test_too_few_past_quarters_add_nothing(data):
    short = data.first(6 * 13 + 3 * 13 + 12)
    moved = going(np.random.default_rng(1), shifts=0.3)[: short.n_weeks]

    assert unforeseen_spread(short, moved, SIGMA) == 0.0


def test_what_was_not_foreseen_moves_all_weeks_ahead_together_and_none_before():
    fitted = prior_fit(8, size=400, weeks=WEEKS, channels=2)
    weeks = np.arange(WEEKS + 13)
    wild = 1 + 0.4 * np.sign(np.sin(weeks[:WEEKS] / 8))
    shifted = replace(fitted, data=replace(fitted.data, outcome=fitted.data.outcome.mean() * wild))
    spend = np.vstack([fitted.data.spend, fitted.data.spend[:13]])
    controls = np.vstack([fitted.data.controls, fitted.data.controls[:13]])

    found = response.predict(shifted, spend, controls, np.random.default_rng(1))

    missed = found.replicated - found.expected
    ahead, before = missed[:, WEEKS:], missed[:, WEEKS - 13 : WEEKS]
    assert ahead.mean(1).std() > 3 * before.mean(1).std()
