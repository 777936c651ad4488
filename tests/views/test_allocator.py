"""The budget's sliders without a browser: what Python tells them, and what it takes from them."""

import numpy as np
import pytest
import traitlets

from apportion.mmm import summary
from apportion.mmm.planner import Planner
from apportion.results.mmm import HowSure, MMMResults, ModelStatus
from apportion.views.mmm.allocator import BudgetAllocator
from apportion.views.mmm.reading import Reading
from mmm.companies import prior_fit

SURE = (HowSure.VERY_SURE, HowSure.FAIRLY_SURE, HowSure.CANNOT_TELL)


@pytest.fixture(scope="module")
def planner():
    fitted = prior_fit(3, size=60, weeks=104, channels=3)
    effects = summary.effects(fitted).channels
    channels = tuple(
        each.model_copy(update={"how_sure": how}) for each, how in zip(effects, SURE, strict=True)
    )
    results = MMMResults(
        model_id="m", version=7, status=ModelStatus.COMPLETED, currency="EUR", channels=channels
    )
    return Planner(fitted, results)


@pytest.fixture
def allocator(planner):
    made = BudgetAllocator(planner, Reading(planner.results))
    made.sent = []
    made.send = lambda content, buffers=None: made.sent.append(content)
    return made


def press(allocator, kind="optimise"):
    allocator._on_message(allocator, {"kind": kind}, [])


def names(allocator):
    return list(allocator.spend)


def test_it_begins_with_what_is_spent_now(allocator, planner):
    now = dict(zip(planner.grid.channels, planner.grid.current, strict=True))

    assert allocator.spend == pytest.approx(now, abs=0.005)
    assert sum(allocator.amounts) == allocator.total
    assert allocator.outcome["gain"]["gain"] == pytest.approx(0, abs=0.05)


def test_a_channel_that_cannot_be_told_is_locked(allocator):
    assert [each["is_told"] for each in allocator.channels] == [True, True, False]
    assert allocator.locked == [False, False, True]


def test_the_outcome_is_that_of_the_api(allocator, planner):
    first, second, third = allocator.amounts
    allocator.set_state({"amounts": [first - 50_000, second + 50_000, third]})

    priced = planner.price(allocator.spend)

    assert allocator.outcome["then"]["mean"] == priced.projected_revenue
    assert allocator.outcome["then"]["interval"] == [
        priced.projected_revenue_interval.lower,
        priced.projected_revenue_interval.upper,
    ]
    assert allocator.outcome["gain"]["gain"] == priced.gain
    assert allocator.outcome["amounts"] == allocator.amounts


def test_the_draws_in_the_browser_tell_nearly_the_same(allocator, planner):
    draws = np.frombuffer(allocator.draws, "<f4").reshape(3, -1, 60)
    grids = [each["grid"] for each in allocator.channels]
    unit = 10**allocator.digits
    total = sum(
        np.array([np.interp(spend / unit, grid, draw) for draw in row.T])
        for spend, grid, row in zip(allocator.amounts, grids, draws, strict=True)
    )

    assert total.mean() == pytest.approx(allocator.outcome["now"]["mean"], rel=2e-3)


def test_the_optimiser_gives_the_split_of_the_api_and_its_proof(allocator, planner):
    press(allocator)

    limits = {
        name: {"min": low / 100, "max": high / 100}
        for name, low, high in zip(names(allocator), allocator.least, allocator.most, strict=True)
    }
    assert allocator.sent == [{"kind": "optimised"}]
    assert sum(allocator.amounts) == allocator.total
    assert allocator.outcome["gain"]["gain"] > 0
    assert "no split" in allocator.said
    for name, spend in allocator.spend.items():
        assert limits[name]["min"] - 0.01 <= spend <= limits[name]["max"] + 0.01


def test_a_channel_that_cannot_be_told_keeps_its_spend_even_unlocked(allocator):
    now = allocator.amounts[2]
    first, second, third = allocator.amounts
    moved = [first - 10_000, second, third + 10_000]
    allocator.set_state({"locked": [False] * 3, "amounts": moved})

    press(allocator)

    assert allocator.amounts[2] == pytest.approx(now, abs=1)


def test_a_locked_channel_stays(allocator):
    allocator.locked = [True, False, False]
    kept = allocator.amounts[0]

    press(allocator)

    assert allocator.amounts[0] == pytest.approx(kept, abs=1)


def test_a_goal_changes_the_total(allocator):
    goal = 1.02 * allocator.outcome["now"]["mean"]
    allocator.set_state({"objective": "least_budget", "target": goal})

    press(allocator)

    assert allocator.sent == [{"kind": "optimised"}]
    assert allocator.outcome["then"]["mean"] >= goal * (1 - 1e-5)
    assert sum(allocator.amounts) == allocator.total


def test_a_goal_out_of_reach_is_said_and_nothing_changes(allocator):
    before = list(allocator.amounts)
    allocator.set_state({"objective": "target_roi", "target": 1e9})

    press(allocator)

    assert allocator.sent[0]["kind"] == "failed"
    assert "at best within" in allocator.sent[0]["text"]
    assert allocator.amounts == before


def test_a_careful_split_is_proved_by_its_worst_quarter(allocator):
    allocator.risk = "careful"

    press(allocator)

    assert "worst quarter" in allocator.said


@pytest.mark.parametrize(
    "state",
    [
        {"amounts": [1, 2, 3]},
        {"amounts": [1, 2], "total": 3},
        {"amounts": [-5, 3, 3], "total": 1},
        {"amounts": [10**15, 0, 0], "total": 10**15},
        {"locked": [True]},
        {"least": [0]},
        {"objective": "fame"},
    ],
    ids=["sum", "count", "negative", "beyond", "locks", "limits", "objective"],
)
def test_what_the_browser_may_not_say_is_refused(allocator, state):
    before = list(allocator.amounts), allocator.total

    with pytest.raises(traitlets.TraitError):
        allocator.set_state(state)

    assert (list(allocator.amounts), allocator.total) == before


def test_what_lies_beyond_the_data_is_called_extrapolation(allocator):
    end = allocator.channels[0]["end"]
    _, second, third = allocator.amounts
    allocator.set_state({"amounts": [end, second, third], "total": end + second + third})

    assert "extrapolation" in allocator.said


def test_other_messages_are_left_alone(allocator):
    press(allocator, "else")

    assert allocator.sent == []
