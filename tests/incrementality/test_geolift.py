"""GeoLift's published walk-through, and what this package makes of the same window.

The figures are those of the package's walk-through on `GeoLift_Test` (chicago and portland treated
in periods 91 to 105): lift 5.4 %, ATT 155.556, incremental 4667, L2 imbalance 909.489, scaled
0.1636; with a ridge 5.5 %, 156.805, 4704 (https://facebookincubator.github.io/GeoLift/docs/
GettingStarted/Walkthrough). Its p-value of about 0.01 is no reference: with the same estimator and
p-value, 17 % of untreated pairs of cities have p <= 0.05 in that window.
"""

import numpy as np
import pytest

from apportion.incrementality import estimators
from apportion.incrementality.readout import read_out
from incrementality.panels import BASELINE_DAYS, NOW, START, TREATED, experiment, geolift


def published(estimator):
    data = geolift()
    inside = np.isin(data.regions, TREATED)
    outcome, donors = data.values[:, inside].mean(axis=1), data.values[:, ~inside]
    expected = estimator(outcome, donors, BASELINE_DAYS)
    gap = outcome - expected
    after = slice(BASELINE_DAYS, None)
    return {
        "lift": 100 * gap[after].sum() / expected[after].sum(),
        "att": gap[after].mean(),
        "incremental": len(TREATED) * gap[after].sum(),
        "imbalance": np.sqrt((gap[:BASELINE_DAYS] ** 2).sum()),
    }


def test_demeaned_synthetic_control_gives_geolifts_figures():
    found = published(estimators.demeaned)

    assert found["lift"] == pytest.approx(5.4, abs=0.05)
    assert found["att"] == pytest.approx(155.556, abs=0.0006)
    assert found["incremental"] == pytest.approx(4667, abs=0.5)
    assert found["imbalance"] == pytest.approx(909.489, abs=0.0006)


def test_scaled_imbalance_is_geolifts():
    plain = published(lambda y, x, n: x.mean(axis=1) + (y[:n] - x[:n].mean(axis=1)).mean())
    found = published(estimators.demeaned)

    assert found["imbalance"] / plain["imbalance"] == pytest.approx(0.1636, abs=0.00006)


def test_ridge_augmented_synthetic_control_gives_geolifts_figures():
    found = published(estimators.augmented)

    assert found["lift"] == pytest.approx(5.5, abs=0.05)
    assert found["att"] == pytest.approx(156.805, abs=0.0006)
    assert found["incremental"] == pytest.approx(4704, abs=0.5)


def test_our_read_out_of_that_window_does_not_call_it_significant():
    on = experiment(geolift(), TREATED, days=15, start=START)

    found = read_out(on, geolift(), at=NOW)

    # 6.08 as long as days such as the 6 orders of los angeles were taken for what is usual.
    assert found.incremental_lift_percent == pytest.approx(5.18, abs=0.01)
    assert not found.is_significant
    assert 0.2 < found.p_value < 0.35
    interval = found.confidence_interval
    assert interval.lower < 0 < 5.4 < interval.upper
    assert {each.estimator for each in found.sensitivity} >= {"ridge-augmented synthetic control"}
