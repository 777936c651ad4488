"""Budgets that are sought: for a target, as large or as small as can be, and not beyond it."""

import numpy as np
import pytest

from apportion.errors import FieldError
from apportion.mmm.careful import worst_mean
from apportion.mmm.plan import plan
from apportion.mmm.posterior import FittedMMM
from apportion.results.mmm import HowSure, Objective, Risk, SpendBounds
from mmm.companies import prior_fit
from mmm.test_plan import CENT, NO_LIMITS, expected_revenue, results_of, spends

ROI, LEAST = Objective.TARGET_ROI, Objective.LEAST_BUDGET


@pytest.fixture(scope="module")
def fitted():
    return prior_fit(3, size=40, weeks=104, channels=3)


@pytest.fixture(scope="module")
def results(fitted):
    return results_of(fitted)


@pytest.fixture(scope="module")
def current(results):
    return np.array([each.current_spend for each in results.channels])


@pytest.fixture(scope="module")
def orders(fitted):
    """The same model of a count, so that a unit of it has a cost."""
    from dataclasses import replace

    return FittedMMM(fitted.draws, replace(fitted.data, outcome_name="orders"))


def most_revenue(fitted, results, total, **more):
    return plan(fitted, results, total, {}, **more)


def free(fitted, results, current, total, risk=Risk.MEAN):
    """Split a total within the limits that a sought budget has: half to one and a half of now."""
    bounds = {
        name: SpendBounds(min=0.5 * spend, max=1.5 * spend)
        for name, spend in zip(fitted.data.channels, current, strict=True)
    }
    return plan(fitted, results, total, bounds, risk=risk)


@pytest.mark.parametrize("share", [0.7, 1.0, 1.3])
def test_the_least_budget_reaches_its_goal_and_a_smaller_one_does_not(
    fitted, results, current, share
):
    goal = free(fitted, results, current, share * current.sum()).projected_revenue

    made = plan(fitted, results, None, {}, objective=LEAST, target=goal)

    assert made.projected_revenue >= goal * (1 - 1e-6)
    assert made.total_budget == pytest.approx(share * current.sum(), rel=1e-3)
    smaller = free(fitted, results, current, 0.99 * made.total_budget)
    assert smaller.projected_revenue < goal
    assert (made.objective, made.target) == (LEAST, goal)


@pytest.mark.parametrize("share", [0.7, 1.0, 1.3])
def test_the_largest_budget_keeps_its_return_and_a_larger_one_does_not(
    fitted, results, current, share
):
    roi = free(fitted, results, current, share * current.sum()).projected_roi

    made = plan(fitted, results, None, {}, objective=ROI, target=roi)

    assert made.projected_roi >= roi * (1 - 1e-6)
    assert made.total_budget >= share * current.sum() * (1 - 1e-3)
    larger = free(fitted, results, current, min(1.01 * made.total_budget, 1.5 * current.sum()))
    assert larger.projected_roi < roi


def test_the_return_is_revenue_over_the_budget(fitted, results, current):
    made = most_revenue(fitted, results, current.sum())

    assert made.projected_roi == pytest.approx(made.projected_revenue / made.total_budget)
    assert made.projected_roi_interval.lower < made.projected_roi
    assert made.projected_roi_interval.upper > made.projected_roi


def test_a_cost_per_order_is_one_over_the_return(orders, results, current):
    by_roi = plan(orders, results, None, {}, objective=ROI, target=0.5)

    by_cost = plan(orders, results, None, {}, objective=Objective.TARGET_CPA, target=2.0)

    assert by_cost.total_budget == pytest.approx(by_roi.total_budget, abs=CENT)
    assert spends(by_cost) == pytest.approx(spends(by_roi), abs=2 * CENT)


def test_a_channel_that_cannot_be_told_keeps_its_spend_in_a_sought_budget(fitted, current):
    unsure = results_of(fitted, (HowSure.FAIRLY_SURE, HowSure.CANNOT_TELL, HowSure.FAIRLY_SURE))
    now = expected_revenue(fitted, current, current)

    made = plan(fitted, unsure, None, {}, objective=LEAST, target=1.05 * now)

    assert spends(made)[1] == pytest.approx(current[1], abs=CENT)
    assert made.projected_revenue >= 1.05 * now * (1 - 1e-6)


def test_a_careful_goal_is_reached_by_the_worst_quarter(fitted, results, current):
    goal = free(fitted, results, current, current.sum(), Risk.CAREFUL).careful_revenue

    made = plan(fitted, results, None, {}, objective=LEAST, target=goal, risk=Risk.CAREFUL)

    assert made.careful_revenue >= goal * (1 - 1e-3)
    assert made.total_budget <= 1.01 * current.sum()


def test_a_careful_split_has_the_better_worst_quarter_and_the_lower_mean(fitted, results, current):
    mean, careful = (
        most_revenue(fitted, results, current.sum(), risk=risk)
        for risk in (Risk.MEAN, Risk.CAREFUL)
    )

    assert careful.careful_revenue >= mean.careful_revenue * (1 - 1e-3)
    assert careful.projected_revenue <= mean.projected_revenue * (1 + 1e-6)
    assert np.abs(spends(careful) - spends(mean)).max() > 0.01 * current.sum()


@pytest.mark.parametrize("risk", Risk)
def test_no_split_earns_more_than_the_bound(fitted, results, current, risk):
    made = plan(
        fitted, results, current.sum(), dict.fromkeys(fitted.data.channels, NO_LIMITS), risk=risk
    )
    rng = np.random.default_rng(1)
    splits = current.sum() * rng.dirichlet(np.ones(3), 300)
    allowed = [split for split in splits if np.all(split <= 6 * current)]

    reached = [_objective(fitted, current, split, risk) for split in allowed]

    assert len(allowed) > 100
    assert max(reached) <= made.bound * (1 + 1e-4)
    assert _objective(fitted, current, spends(made), risk) <= made.bound * (1 + 1e-9)


def _objective(fitted, current, split, risk):
    from apportion.mmm import response, summary

    window = summary.Window.of(fitted)
    scales = (np.asarray(split) / current)[None, :, None]
    draws = response.curve(fitted, scales, window.start, window.stop).sum((1, 2))
    return worst_mean(draws) if risk is Risk.CAREFUL else draws.mean()


@pytest.mark.parametrize(
    ("total", "asked", "field", "message"),
    [
        (None, {"objective": LEAST, "target": 1e12}, ["target"], "the most within the channels'"),
        (None, {"objective": ROI, "target": 1e6}, ["target"], "at best within the channels'"),
        (None, {"objective": ROI}, ["target"], "found nothing; allowed: a number above 0"),
        (None, {"objective": ROI, "target": -1.0}, ["target"], "found -1"),
        (None, {"objective": LEAST, "target": float("inf")}, ["target"], "found inf"),
        (None, {}, ["total_budget"], "found nothing; allowed: what a week may cost"),
        (1e4, {"target": 2.0}, ["target"], "nothing, where the total is given"),
        (1e4, {"objective": ROI, "target": 2.0}, ["total_budget"], "seeks the total"),
        (None, {"objective": Objective.TARGET_CPA, "target": 2.0}, ["objective"], "target_roi"),
    ],
    ids=[
        "goal out of reach",
        "return out of reach",
        "no target",
        "negative",
        "infinite",
        "no total",
        "target of a given total",
        "total of a sought one",
        "cost of a euro",
    ],
)
def test_what_does_not_go_together_is_refused(fitted, results, total, asked, field, message):
    with pytest.raises(FieldError, match=message) as caught:
        plan(fitted, results, total, {}, **asked)

    assert list(caught.value.field) == field


def test_a_return_that_every_budget_earns_spends_the_most_that_is_allowed(fitted, results, current):
    made = plan(fitted, results, None, {}, objective=ROI, target=1e-6)

    assert made.total_budget == pytest.approx(1.5 * current.sum(), abs=0.05)


def test_a_goal_that_every_budget_reaches_spends_the_least_that_is_allowed(
    fitted, results, current
):
    made = plan(fitted, results, None, {}, objective=LEAST, target=1e-6)

    assert made.total_budget == pytest.approx(0.5 * current.sum(), abs=0.05)
