"""Training by day: the truth of companies simulated by day comes back at the stated rate."""

import numpy as np
import pytest
from scipy.stats import binom

from apportion.mmm import baseline, response
from apportion.mmm.fit import fit
from apportion.mmm.settings import SamplerSettings
from apportion.mmm.train import train
from apportion.results.mmm_settings import Grain
from mmm.companies import daily_company

pytestmark = pytest.mark.slow

SHORT = SamplerSettings(tune=300, draws=300)
PATTERN = np.array([0.3, 0.1, 0.0, 0.0, -0.1, -0.4, 0.1])
"""What each day of the week has more or less, in mean days of the baseline."""


def simulated(seed, weeks=70, channels=4):
    """Media parameters from the prior, retention by week; noise of which 60 % goes on a day."""
    return daily_company(
        seed, weeks=weeks, channels=channels, noise=0.06, autoregression=(0.6,), weekday=PATTERN
    )


def test_roi_and_the_day_of_the_week_come_back():
    inside, errors = 0, []
    for seed in range(3100, 3103):
        known = simulated(seed)
        fitted = fit(known.data, settings=SHORT, seed=seed).fitted
        roi = response.contribution(fitted).sum(-1) / known.data.spend.sum(0)
        low, high = np.quantile(roi, [0.05, 0.95], axis=0)
        inside += int(((low <= known.roi) & (known.roi <= high)).sum())
        linear = baseline.of(fitted.data)
        weekdays = slice(14, 20)  # after level, trend, six bends and six waves
        found = fitted.draws.baseline[:, weekdays].mean(0) @ linear.columns[:7, weekdays].T
        base = 1 - known.contribution.sum() / known.data.outcome.sum()
        errors.append(np.abs(found / base * 1.1 - PATTERN).max())  # the trend makes a mean of 1.1

    # The truth is drawn from the prior, so the 12 channels fall inside with a probability of 90 %;
    # a calibrated model misses this bound once in 200.
    assert inside >= binom.ppf(0.005, 12, 0.9)
    assert max(errors) < 0.08


def test_a_daily_version_is_read_by_week():
    known = simulated(3110, weeks=80, channels=3)

    found = train(known.data, seed=1, settings=SHORT).results

    assert found.model_fit.grain is Grain.DAY
    assert found.model_fit.r2 > 0.7
    assert found.model_fit.holdout_mape is not None
    assert len(found.decomposition.weeks) == 80
    parts = found.decomposition
    added = np.array(parts.baseline) + sum(np.array(each) for each in parts.channels.values())
    assert added == pytest.approx(np.array(parts.expected))
    assert all(len(each.decay) == 13 for each in found.learned)
    assert [each.current_spend for each in found.channels] == pytest.approx(
        known.data.spend[-52:].mean(0)
    )
