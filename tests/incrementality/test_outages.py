"""Outages are filled alike wherever a set of regions is judged, whatever the effect."""

import numpy as np
import pytest

from apportion.incrementality.outages import fill_outages
from apportion.incrementality.planning import power_check
from apportion.incrementality.readout import read_out
from incrementality.panels import NOW, experiment, of, simulated, with_effect

BASELINE = 104
FOUR = ("r03", "r11", "r20", "r31")


@pytest.fixture
def values():
    return np.array(simulated(1).values)


def halves(values):
    return values[:BASELINE], values[BASELINE:]


def test_nothing_is_filled_where_nothing_is_out(values):
    filled = fill_outages(*halves(values))

    assert not filled.is_baseline_outage.any()
    assert not filled.is_test_outage.any()
    assert np.array_equal(np.vstack([filled.baseline, filled.test]), values)


def test_outages_are_found_in_both_phases_and_filled_with_what_is_usual(values):
    before = values.copy()
    values[20:23, 5] *= 0.1
    values[BASELINE + 4 : BASELINE + 8, 9] = 0.0

    filled = fill_outages(*halves(values))

    assert np.argwhere(filled.is_baseline_outage).tolist() == [[20, 5], [21, 5], [22, 5]]
    assert np.argwhere(filled.is_test_outage).tolist() == [[4, 9], [5, 9], [6, 9], [7, 9]]
    assert filled.baseline == pytest.approx(before[:BASELINE], rel=0.35)
    assert filled.test[:, 9].sum() == pytest.approx(before[BASELINE:, 9].sum(), rel=0.1)


@pytest.mark.parametrize("lift", [-0.4, -0.05, 0.3, 2.0])
def test_filling_and_undoing_an_effect_can_be_exchanged(values, lift):
    values[BASELINE + 4 : BASELINE + 8, :3] *= 0.1
    effect = np.where(np.arange(40) < 6, 1 + lift, 1.0)
    baseline, test = halves(values)

    first, after = fill_outages(baseline, test), fill_outages(baseline, test * effect)

    assert after.test == pytest.approx(first.test * effect, rel=1e-12)
    assert np.array_equal(first.is_test_outage, after.is_test_outage)


def test_a_day_on_which_all_regions_sold_little_is_no_outage_of_a_region(values):
    values[BASELINE + 3] *= 0.05

    assert not fill_outages(*halves(values)).is_test_outage.any()


def test_weekly_closing_days_and_small_counts_are_how_a_region_is(values):
    values[6::7, 0] *= 0.1
    values[:, 1] = np.random.default_rng(0).poisson(3.0, len(values))

    filled = fill_outages(*halves(values))

    assert not filled.is_baseline_outage[:, :2].any()
    assert not filled.is_test_outage[:, :2].any()


def test_an_outage_of_half_a_test_is_not_filled(values):
    values[BASELINE : BASELINE + 7, 4] = 0.0

    assert not fill_outages(*halves(values)).is_test_outage.any()


def test_a_test_of_a_few_days_is_taken_as_it_is(values):
    values[BASELINE + 1, 4] = 0.0

    filled = fill_outages(values[:BASELINE], values[BASELINE : BASELINE + 6])

    assert not filled.is_test_outage.any()
    assert not fill_outages(values[:BASELINE], values[:0]).test.size


def test_outage_in_a_changed_region_does_not_hide_the_effect(values):
    data = of(values)
    on = experiment(data, FOUR)
    found = with_effect(data, on, 0.2)
    whole = read_out(on, found, at=NOW)
    found.values[BASELINE + 5 : BASELINE + 8, 3] *= 0.05

    out = read_out(on, found, at=NOW)

    assert out.incremental_lift_percent == pytest.approx(whole.incremental_lift_percent, abs=2)
    assert out.p_value == whole.p_value
    assert out.incremental_outcome < whole.incremental_outcome
    note = next(check for check in out.checks if check.code == "region_outage")
    assert note.regions == ("r03",)
    assert "2021-04-20, 2021-04-21, 2021-04-22" in note.message


def test_promised_power_is_that_of_the_panel_without_its_outages():
    plain, out = (
        power_check(experiment(simulated(7, kind=kind), FOUR), simulated(7, kind=kind))
        for kind in ("plain", "outlier")
    )

    assert out.mde_percent == pytest.approx(plain.mde_percent, rel=0.1)
