"""Read-out: known effects come back, in both directions, with the right money and words."""

import datetime as dt

import numpy as np
import pytest

from apportion.errors import DataError, NotEnoughDataError
from apportion.incrementality.certificate import certify, recompute
from apportion.incrementality.checks import Event
from apportion.incrementality.evidence import sensitivity_of
from apportion.incrementality.frame import frame
from apportion.incrementality.money import Effect, cost_per_order
from apportion.incrementality.panel import Panel
from apportion.incrementality.readout import Surroundings, monitor, read_out
from apportion.results.calibration import Direction
from apportion.results.incrementality import Action
from incrementality.panels import NOW, experiment, of, simulated, with_effect

SIX = tuple(f"r{number:02d}" for number in (3, 8, 14, 21, 27, 33))


def smooth(days=118, regions=40, seed=6):
    """Give a panel whose regions hardly differ but in size: effects come back to a fraction."""
    rng = np.random.default_rng(seed)
    common = 1 + 0.2 * np.sin(2 * np.pi * np.arange(days) / 7)[:, None]
    size = np.exp(rng.normal(8, 0.5, regions))
    return of(size * common * np.exp(rng.normal(0, 0.01, (days, regions))))


def spend_of(data, on, factor, daily=100.0):
    values = np.full(data.values.shape, daily)
    first = (on.start_date - data.first_day).days
    values[first : first + on.days, data.places(on.changed_regions)] *= factor
    return Panel(data.first_day, data.regions, values, data.is_recorded)


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("lift", [-0.2, -0.05, 0.05, 0.2])
def test_injected_effect_comes_back(lift, direction):
    on = experiment(smooth(), SIX, direction=direction)
    data = with_effect(smooth(), on, lift)

    found = read_out(on, data, at=NOW)

    assert found.incremental_lift_percent == pytest.approx(100 * lift, abs=1)
    assert found.confidence_interval.lower < 100 * lift < found.confidence_interval.upper
    assert found.is_significant
    assert found.p_value == pytest.approx(1 / 200)


def test_incremental_outcome_is_what_was_added_or_lost():
    on = experiment(smooth(), SIX)
    off = experiment(smooth(), SIX, direction=Direction.OFF)
    data = smooth()
    first, places = (on.start_date - data.first_day).days, data.places(SIX)
    without = data.values[first:, places].sum()

    raised = read_out(on, with_effect(data, on, 0.1), at=NOW)
    lowered = read_out(off, with_effect(data, off, 0.1), at=NOW)

    assert raised.incremental_outcome == pytest.approx(0.1 * without, rel=0.05)
    assert lowered.incremental_outcome == pytest.approx(without * (1 - 1 / 1.1), rel=0.05)


@pytest.mark.parametrize(("direction", "factor"), [(Direction.ON, 3.0), (Direction.OFF, 0.0)])
def test_return_is_on_the_change_in_spend(direction, factor):
    on = experiment(smooth(), SIX, direction=direction, metric="revenue")
    data = with_effect(smooth(), on, 0.1)
    around = Surroundings(spend=spend_of(data, on, factor))

    found = read_out(on, data, at=NOW, around=around)

    change = abs(factor - 1) * 100.0 * len(SIX) * 14
    assert found.spending.change == pytest.approx(change)
    assert found.iroas == pytest.approx(found.incremental_revenue / change)
    assert found.iroas_interval.lower == pytest.approx(
        found.incremental_revenue_interval.lower / change
    )


def test_cost_per_order_has_no_upper_bound_where_zero_orders_are_possible():
    some = Effect(0.05, (-0.01, 0.1), 50.0, (-10.0, 100.0))
    none = Effect(-0.05, (-0.1, -0.01), -50.0, (-100.0, -10.0))

    cost, interval = cost_per_order(some, 1000.0)

    assert (cost, interval.lower, interval.upper) == (20.0, 10.0, None)
    assert cost_per_order(none, 1000.0) == (None, None)


@pytest.mark.parametrize(
    ("lift", "spend_factor", "action"),
    [
        (0.2, 1.5, Action.SCALE),
        (0.02, 200.0, Action.CUT),
        (0.0, 1.2, Action.REPEAT),
        (0.2, 1.0, Action.REPEAT),
    ],
    ids=["pays", "works but does not pay", "cannot tell", "spend did not change"],
)
def test_recommendation_follows_from_return_and_margin(lift, spend_factor, action):
    data = simulated(3)
    on = experiment(data, SIX, metric="revenue", margin=0.5)
    data = with_effect(data, on, lift)
    around = Surroundings(spend=spend_of(data, on, spend_factor))

    found = read_out(on, data, at=NOW, around=around)

    assert found.action is action
    assert found.recommendation.startswith(
        {"scale": "Scale", "cut": "Cut", "repeat": ("Cannot tell", "Repeat")}[action.value]
    )


def test_spend_that_did_not_change_is_said():
    on = experiment(smooth(), SIX, direction=Direction.OFF, metric="revenue")
    around = Surroundings(spend=spend_of(smooth(), on, 0.9))

    found = read_out(on, smooth(), at=NOW, around=around)

    assert "compliance" in {check.code for check in found.checks}
    assert found.action is Action.REPEAT


def test_outage_inside_the_test_is_said_with_its_day():
    data = smooth()
    on = experiment(data, SIX)
    data.values[-3] *= 0.2

    found = read_out(on, data, at=NOW)

    message = next(check.message for check in found.checks if check.code == "outage")
    assert str(data.last_day - dt.timedelta(days=2)) in message


@pytest.mark.parametrize(("days", "code"), [(5, "region_outage"), (8, "long_outage")])
def test_region_without_sales_during_the_test_is_said(days, code):
    data = smooth()
    on = experiment(data, SIX)
    data.values[-days:, 0] *= 0.05

    found = read_out(on, data, at=NOW)

    assert [check.regions for check in found.checks if check.code == code] == [("r00",)]


def test_region_with_zeros_is_left_out_of_both_sides():
    data = smooth()
    data.values[::5, 0] = 0.0
    on = experiment(data, SIX)

    found = read_out(on, with_effect(data, on, 0.1), at=NOW)

    assert "r00" not in {weight.region for weight in found.weights}
    assert ("r00",) in {check.regions for check in found.checks if check.code == "left_out"}
    assert found.incremental_lift_percent == pytest.approx(10, abs=1)


def test_other_experiment_and_promotion_in_the_test_are_said():
    on = experiment(smooth(), SIX)
    clash = Event("Other", on.start_date, on.end_date, ("r00",))
    sale = Event("Black week", on.end_date, on.end_date)

    found = read_out(on, smooth(), at=NOW, around=Surroundings(promotions=[sale], others=[clash]))

    assert {"other_experiment", "promotion"} <= {check.code for check in found.checks}


@pytest.mark.parametrize(
    ("interval", "word"), [((0.08, 0.12), "agree"), ((0.15, 0.16), "disagree")]
)
def test_other_estimators_are_held_against_the_interval(interval, word):
    on = experiment(smooth(), SIX)
    found = frame(on, with_effect(smooth(), on, 0.1))

    estimates, agreement, notes = sensitivity_of(found, Effect(0.1, interval, 1.0, (0.9, 1.1)))

    assert agreement.startswith(f"Other estimators {word}")
    assert {each.agrees for each in estimates} == {word == "agree"}
    assert [note.code for note in notes] == ["estimators_disagree"] * (word == "disagree")


def test_weights_are_shares_and_the_baseline_is_balanced():
    found = read_out(experiment(smooth(), SIX), smooth(), at=NOW)

    assert sum(weight.weight for weight in found.weights) == pytest.approx(1)
    assert all(weight.weight >= 0 for weight in found.weights)
    assert not {weight.region for weight in found.weights} & set(SIX)
    for row in found.balance:
        assert row.synthetic == pytest.approx(row.changed, rel=0.05)


def test_cumulative_effect_ends_at_the_incremental_outcome():
    on = experiment(smooth(), SIX)
    found = read_out(on, with_effect(smooth(), on, 0.1), at=NOW)

    days = found.trajectory
    assert len(days.cumulative) == 14
    assert days.cumulative[-1] == pytest.approx(found.incremental_outcome)
    assert days.cumulative_lower[-1] == pytest.approx(
        found.incremental_outcome_interval.lower, rel=0.1
    )


def test_running_test_has_a_trajectory_and_no_verdict():
    data = smooth()
    on = experiment(data, SIX, days=14, weekly_looks=True)
    so_far = with_effect(data, on, 0.2).between(
        data.first_day, on.start_date + dt.timedelta(days=8)
    )

    found = monitor(on, so_far)

    assert (found.day, found.days) == (9, 14)
    assert found.trajectory.cumulative == ()
    assert [look.day for look in found.looks] == [7]
    assert "p_value" not in found.model_dump_json()


def test_read_out_before_the_last_day_is_refused():
    data = smooth()
    on = experiment(data, SIX)

    with pytest.raises(NotEnoughDataError, match=r"is there until .* Import the missing days"):
        read_out(on, data.between(data.first_day, on.end_date - dt.timedelta(days=1)), at=NOW)


def test_short_baseline_is_refused():
    data = smooth(days=34)

    with pytest.raises(NotEnoughDataError, match=r"20 days of orders .* at least 21"):
        read_out(experiment(data, SIX), data, at=NOW)


def test_certificate_gives_the_same_figures_again():
    on = experiment(smooth(), SIX, direction=Direction.OFF)
    data = with_effect(smooth(), on, 0.1)
    results = read_out(on, data, at=NOW)
    certificate = certify(on.model_copy(update={"results": results}), data)

    again = recompute(type(certificate).model_validate_json(certificate.model_dump_json()))

    assert again.lift_percent == pytest.approx(results.incremental_lift_percent, rel=1e-9)
    assert again.lift_percent_interval.lower == pytest.approx(results.confidence_interval.lower)
    assert again.lift_percent_interval.upper == pytest.approx(results.confidence_interval.upper)
    assert again.p_value == results.p_value
    assert certificate.data_hash == results.data_hash


def test_changed_certificate_is_refused():
    on = experiment(smooth(), SIX)
    results = read_out(on, smooth(), at=NOW)
    certificate = certify(on.model_copy(update={"results": results}), smooth())
    first, *rest = certificate.values
    changed = certificate.model_copy(update={"values": ((first[0] + 1, *first[1:]), *rest)})

    with pytest.raises(DataError, match="changed after the read-out"):
        recompute(changed)
