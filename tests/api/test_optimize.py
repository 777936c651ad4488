"""A budget by request: what the model expects of it, and what it refuses."""

import pytest

from api.people import OPTIMIZE
from api.test_problems import assert_is_problem


@pytest.fixture
def now(acme):
    return acme.current_spend


def ask(side, total, **bounds):
    body = {"totalBudget": total, **({"bounds": bounds} if bounds else {})}
    return side.client.post(OPTIMIZE, json=body)


def split(answer):
    return {each["channel"]: each["optimalSpend"] for each in answer.json()["allocation"]}


def test_the_split_sums_to_the_total_and_does_not_earn_less(acme, now):
    total = sum(now.values())

    answer = ask(acme, total)

    found = answer.json()
    assert {each["channel"]: each["currentSpend"] for each in found["allocation"]} == now
    assert sum(split(answer).values()) == pytest.approx(total, abs=0.01)
    assert found["totalBudget"] == pytest.approx(total, abs=0.005)
    assert sum(round(100 * spend) for spend in split(answer).values()) == round(100 * total)
    assert found["currentBudget"] == pytest.approx(total)
    assert found["projectedRevenue"] >= found["currentRevenue"]
    assert found["gain"] == pytest.approx(found["projectedRevenue"] - found["currentRevenue"])
    for name in ("currentRevenue", "projectedRevenue", "gain"):
        interval = found[f"{name}Interval"]
        assert interval["lower"] <= found[name] <= interval["upper"]
        assert interval["level"] == 0.9
    assert (found["modelId"], found["version"], found["currency"]) == (acme.model_id, 2, "EUR")


def test_bounds_are_kept(acme, now):
    first, second, _ = now
    total = sum(now.values())

    answer = ask(acme, total, **{first: {"max": 0.7 * now[first]}, second: {"min": now[second]}})

    assert split(answer)[first] <= 0.7 * now[first] + 0.01
    assert split(answer)[second] >= now[second] - 0.01
    assert sum(split(answer).values()) == pytest.approx(total, abs=0.01)


def test_a_channel_that_cannot_be_told_keeps_its_spend_and_the_answer_says_so(acme, now):
    kept = list(now)[2]

    answer = ask(acme, 1.1 * sum(now.values()))

    assert split(answer)[kept] == pytest.approx(now[kept], abs=0.01)
    checks = {each["code"]: each["channels"] for each in answer.json()["checks"]}
    assert checks["spend_kept"] == [kept]


@pytest.mark.parametrize("factor", [1e-4, 0.1, 1, 3, 6])
def test_every_budget_up_to_six_times_the_current_one_is_answered(acme, now, factor):
    total = factor * sum(now.values())

    assert sum(split(ask(acme, total)).values()) == pytest.approx(total, abs=0.01)


def test_a_budget_that_is_not_a_weeks_is_refused_with_what_is_allowed(acme, now):
    problem = assert_is_problem(ask(acme, 52 * sum(now.values())), 422)

    (wrong,) = problem["errors"]
    assert wrong["field"] == "totalBudget"
    assert "a week's budget" in wrong["allowed"]
    assert f"{6 * sum(now.values()):,.2f}" in wrong["allowed"]


def test_a_huge_budget_is_refused_in_few_words(acme):
    problem = assert_is_problem(ask(acme, 1.7e308), 422)

    assert problem["errors"][0]["found"] == "1.7e+308"


def test_an_unknown_channel_is_refused_with_those_there_are(acme, now):
    problem = assert_is_problem(ask(acme, sum(now.values()), nope={"min": 1}), 422)

    (wrong,) = problem["errors"]
    assert wrong["field"] == "bounds.nope"
    assert wrong["allowed"] == f"one of {', '.join(now)}"


def test_crossed_bounds_are_refused(acme, now):
    bounds = {next(iter(now)): {"min": 2, "max": 1}}

    problem = assert_is_problem(ask(acme, sum(now.values()), **bounds), 422)

    assert problem["errors"][0]["field"] == f"bounds.{next(iter(now))}.max"


def test_without_a_completed_model_there_is_nothing_to_split_by(empty):
    answer = empty.post(OPTIMIZE, json={"totalBudget": 1})

    assert_is_problem(answer, 404)


def seek(side, **asked):
    return side.client.post(OPTIMIZE, json=asked)


def test_a_goal_finds_its_least_budget(acme, now):
    goal = ask(acme, sum(now.values())).json()["projectedRevenue"]

    found = seek(acme, objective="least_budget", target=goal).json()

    assert found["projectedRevenue"] >= goal * (1 - 1e-6)
    assert found["totalBudget"] <= sum(now.values()) * 1.001
    assert (found["objective"], found["target"], found["risk"]) == ("least_budget", goal, "mean")


def test_a_careful_split_says_what_its_worst_quarter_brings(acme, now):
    total = sum(now.values())

    mean = seek(acme, totalBudget=total, risk="mean").json()
    careful = seek(acme, totalBudget=total, risk="careful").json()

    assert careful["carefulRevenue"] >= mean["carefulRevenue"] * (1 - 1e-3)
    assert careful["bound"] >= careful["carefulRevenue"]
    assert mean["bound"] >= mean["projectedRevenue"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "totalBudget"),
        ({"objective": "target_roi"}, "target"),
        ({"objective": "target_roi", "target": 1e9}, "target"),
        ({"objective": "target_roi", "target": 2, "totalBudget": 5}, "totalBudget"),
        ({"objective": "target_cpa", "target": 2}, "objective"),
        ({"objective": "fame", "target": 2}, "objective"),
        ({"totalBudget": 5, "risk": "reckless"}, "risk"),
    ],
    ids=["nothing", "no target", "out of reach", "both", "money", "objective", "risk"],
)
def test_what_does_not_go_together_is_refused_by_its_field(acme, asked, field):
    problem = assert_is_problem(seek(acme, **asked), 422)

    assert [wrong["field"] for wrong in problem["errors"]] == [field]


def test_nothing_is_stored(acme, now):
    before = acme.store.models(), acme.store.runs()

    ask(acme, sum(now.values()))

    assert (acme.store.models(), acme.store.runs()) == before
