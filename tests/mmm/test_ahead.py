"""The weeks to come: what a plan spends, what is expected of it, and how two plans compare."""

import numpy as np
import pytest

from apportion.errors import FieldError
from apportion.mmm.ahead import forecast, planned_spend
from apportion.mmm.planner import Planner
from apportion.mmm.posterior import FittedMMM
from apportion.results.mmm import MMMResults, ModelStatus
from apportion.results.scenarios import Flighting, Scenario, SpendPlan
from mmm.companies import media_mix_data, prior_draws, prior_fit

WEEKS = 104
EVEN = Flighting.EVEN


@pytest.fixture(scope="module")
def planner():
    fitted = prior_fit(4, size=60, weeks=WEEKS, channels=3)
    results = MMMResults(model_id="m", version=7, status=ModelStatus.COMPLETED, currency="EUR")
    return Planner(fitted, results)


@pytest.fixture(scope="module")
def current(planner):
    return planner.fitted.data.spend[-52:].mean(0)


def spent(planner, **plan):
    return planned_spend(planner.fitted, SpendPlan(**plan), 2)


def test_without_amounts_every_channel_keeps_its_spend(planner, current):
    spend = spent(planner)

    assert spend.shape == (13, 3)
    assert spend.mean(0) == pytest.approx(current, abs=0.01)


def test_flights_are_those_of_the_same_weeks_of_last_year(planner, current):
    before = planner.fitted.data.spend[WEEKS - 52 : WEEKS - 39]

    spend = spent(planner, spend={"channel 0": 500.0})

    assert spend[:, 0] == pytest.approx(500 * before[:, 0] / before[:, 0].mean(), abs=0.01)
    assert spend[:, 1] == pytest.approx(current[1] * before[:, 1] / before[:, 1].mean(), abs=0.01)


def test_even_weeks_are_even_and_whole_cents(planner):
    spend = spent(planner, spend={"channel 1": 100 / 3}, flighting=EVEN)[:, 1]

    assert set(np.round(100 * spend)) == {3333, 3334}
    assert round(100 * spend.sum()) == 43333


def test_weeks_follow_the_data(planner):
    told = planner.forecast(SpendPlan(weeks=4))

    last = planner.fitted.data.weeks[-1]
    assert [str(week) for week in told.weeks] == [
        str(last + np.timedelta64(7 * k, "D")) for k in (1, 2, 3, 4)
    ]
    assert told.last_year == pytest.approx(planner.fitted.data.outcome[WEEKS - 52 : WEEKS - 48])


def test_the_sum_has_the_interval_of_sums(planner):
    told = planner.forecast(SpendPlan())

    widths = np.array(told.expected_upper) - told.expected_lower
    whole = told.total_interval.upper - told.total_interval.lower
    assert told.total == pytest.approx(sum(told.expected))
    assert widths.min() < whole < widths.sum()
    assert told.total_interval.lower < told.total < told.total_interval.upper


def test_more_spend_brings_more_and_the_same_plan_the_same(planner, current):
    less, more = (
        planner.forecast(SpendPlan(spend={"channel 0": factor * current[0]}))
        for factor in (0.5, 1.5)
    )

    assert more.total > less.total
    assert more.from_media > less.from_media
    assert more.total - less.total == pytest.approx(more.from_media - less.from_media, rel=1e-6)
    assert planner.forecast(less.plan) == less


def test_all_that_was_expected_of_the_season_is_there():
    """A company without noise and media: the forecast is the season of the year before."""
    week = np.arange(208)
    outcome = 1000 + 100 * np.sin(2 * np.pi * week / 52.1775)
    rng = np.random.default_rng(1)
    data = media_mix_data(rng.lognormal(5, 0.3, (208, 1)), outcome)
    draws = prior_draws(60, 1, rng, beta=1e-9, sigma=0.01)
    names = ("alpha", "half_saturation", "slope", "log_roi", "beta", "sigma")
    samples = {name: getattr(draws, name) for name in names}
    fitted, _ = FittedMMM.from_samples(samples, data, rng)
    results = MMMResults(model_id="m", version=1, status=ModelStatus.COMPLETED, currency="EUR")

    told, _ = forecast(fitted, results, SpendPlan())

    truth = 1000 + 100 * np.sin(2 * np.pi * np.arange(208, 221) / 52.1775)
    assert told.expected == pytest.approx(truth, rel=0.01)
    assert told.from_media == pytest.approx(0, abs=1e-3)
    assert told.checks == ()


def test_what_is_assumed_of_controls_is_said(planner):
    codes = {check.code: check.message for check in planner.forecast(SpendPlan()).checks}

    assert "control 0, control 1: taken to be those of the same weeks" in codes["controls_assumed"]


def test_weeks_beyond_the_highest_are_called_extrapolation(planner):
    most = planner.fitted.data.spend[:, 0].mean() * 5.9

    checks = planner.forecast(SpendPlan(spend={"channel 0": most}, flighting=EVEN)).checks

    assert [check.channels for check in checks if check.code == "extrapolation"] == [("channel 0",)]


@pytest.mark.parametrize(
    ("spend", "message"),
    [
        ({"tv": 1.0}, "no such channel; allowed: one of channel 0, channel 1, channel 2"),
        ({"channel 0": 1e9}, "which is 6 times the mean week"),
    ],
    ids=["unknown", "too much"],
)
def test_what_cannot_be_priced_is_refused(planner, spend, message):
    with pytest.raises(FieldError, match=message):
        planner.forecast(SpendPlan(spend=spend))


def scenario(name, **plan):
    return Scenario(
        id=name, name=name, plan=SpendPlan(**plan), created_by="ann", created_at="2026-01-01T00:00Z"
    )


def test_plans_differ_by_their_spend_and_not_by_chance(planner, current):
    same, other = scenario("a"), scenario("b")
    more = scenario("c", spend={"channel 0": 1.5 * current[0]})

    found = planner.compare([same, other, more]).outcomes

    assert found[1].difference == 0
    assert found[2].difference == pytest.approx(found[2].forecast.total - found[0].forecast.total)
    assert found[2].difference_interval.lower > 0
    assert found[2].probability_better == 1
    wide = found[0].forecast.total_interval
    narrow = found[2].difference_interval
    assert narrow.upper - narrow.lower < (wide.upper - wide.lower) / 3
