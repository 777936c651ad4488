"""A daily model: fitted to days, read by week, in the same definitions."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from apportion.errors import DataError
from apportion.mmm import ahead, baseline, calibration, demand, response
from apportion.mmm.adstock import LAGS, weights
from apportion.mmm.data import prepare
from apportion.mmm.days import weekly
from apportion.mmm.posterior import FittedMMM
from apportion.results.base import Interval
from apportion.results.calibration import Direction, LiftTest
from apportion.results.mmm_settings import Grain, MMMSettings
from mmm.companies import by_week, daily_company, prior_draws, with_baseline
from mmm.frames_of import controls_of, dates, outcomes_of, spend_of

BY_DAY = MMMSettings(grain=Grain.DAY)
DAYS = dates(7 * 40, every=1)
WEEKS = dates(40)
PATTERN = np.array([0.3, 0.1, 0.0, 0.0, -0.1, -0.4, 0.1])


def prepared(spend, outcomes, controls=None, settings=BY_DAY):
    return prepare(
        spend, outcomes, controls_of() if controls is None else controls, settings=settings
    )


@pytest.fixture(scope="module")
def known():
    return daily_company(7, weeks=60)


@pytest.fixture(scope="module")
def fitted(known):
    """Draws from the prior in place of a posterior."""
    rng = np.random.default_rng(7)
    draws = with_baseline(prior_draws(20, 3, rng), known.data, rng)
    return FittedMMM(draws, known.data)


def test_the_weeks_are_those_of_a_weekly_model_and_the_days_their_parts():
    spend, outcomes = spend_of(DAYS, tv=10, search=20), outcomes_of(DAYS)
    controls = controls_of(DAYS, price=np.sin(np.arange(280)))

    by_days, by_weeks = (
        prepared(spend, outcomes, controls, MMMSettings(grain=grain, holidays="DE"))
        for grain in (Grain.DAY, Grain.WEEK)
    )

    assert (by_days.grain, by_weeks.grain) == (Grain.DAY, Grain.WEEK)
    assert by_days.grains == by_weeks.grains == tuple(Grain)
    assert by_days.spend == pytest.approx(by_weeks.spend)
    assert by_days.outcome == pytest.approx(by_weeks.outcome)
    assert by_days.control_names == by_weeks.control_names
    assert by_days.controls == pytest.approx(by_weeks.controls)
    assert by_days.rows.size == 280
    assert by_days.rows.outcome == pytest.approx(outcomes["value"].to_numpy())
    assert by_days.dates[-1] == DAYS[-1].to_datetime64().astype("datetime64[D]")
    assert by_days.data_hash != by_weeks.data_hash


def test_a_holiday_fills_its_day_alone():
    data = prepared(
        spend_of(DAYS, tv=10),
        outcomes_of(DAYS),
        settings=MMMSettings(grain=Grain.DAY, holidays="DE"),
    )

    column = data.rows.controls[:, data.control_names.index("Holiday: Labor Day")]

    assert column.sum() == 1
    assert data.dates[column.argmax()] == np.datetime64("2023-05-01")


def test_a_control_by_week_holds_for_all_of_its_days():
    price = np.arange(40.0)

    data = prepared(spend_of(DAYS, tv=10), outcomes_of(DAYS), controls_of(WEEKS, price=price))

    assert data.rows.controls[:, 0].tolist() == np.repeat(price, 7).tolist()


@pytest.mark.parametrize(
    ("spend", "outcomes", "message"),
    [
        (spend_of(DAYS, tv=10), outcomes_of(WEEKS), r"outcome revenue is by week: all .* Mondays"),
        (
            pd.concat([spend_of(DAYS, tv=10), spend_of(WEEKS, print=10)]),
            outcomes_of(DAYS),
            r"spend on print is by week: all of its dates are Mondays.* or train by week",
        ),
        (
            spend_of(DAYS, tv=10),
            outcomes_of(DAYS.delete([100, 101])),
            r"missing on 2 of 280 days: 2023-04-12, 2023-04-13\. Import these days",
        ),
    ],
    ids=["weekly outcome", "one weekly channel", "days missing"],
)
def test_what_is_not_daily_is_refused_with_the_way_out(spend, outcomes, message):
    with pytest.raises(DataError, match=message):
        prepared(spend, outcomes)

    assert prepared(spend, outcomes, settings=MMMSettings()).grains == (Grain.WEEK,)


def test_a_weekday_on_which_there_is_never_business_counts_as_zero():
    open_days = DAYS[DAYS.day_of_week != 6]

    data = prepared(spend_of(DAYS, tv=10), outcomes_of(open_days))

    is_sunday = pd.DatetimeIndex(data.dates).day_of_week == 6
    assert (data.rows.outcome[is_sunday] == 0).all()
    assert (data.rows.outcome[~is_sunday] > 0).all()


def test_retention_means_the_same_by_day_as_by_week():
    shares = weights(0.3, per_week=7)

    assert len(shares) == 7 * LAGS
    assert shares[7:] == pytest.approx(0.3 * shares[:-7])
    assert weekly(shares, 7) == pytest.approx(weights(0.3))


def test_an_effect_that_comes_late_is_strongest_after_as_many_days():
    assert weights(0.4, 2.0, per_week=7).argmax() == 14


def test_the_day_of_the_week_is_found_and_moves_no_week():
    data = daily_company(8, weeks=60, weekday=PATTERN, noise=0.05).data
    empty = replace(data, channels=(), daily=replace(data.daily, spend=np.zeros((420, 0))))
    linear = baseline.of(empty)
    left = (data.rows.outcome / data.rows.outcome.mean())[None]

    found = baseline.coefficients(linear.columns, left, np.array([0.05]), np.random.default_rng(1))

    weekdays = slice(14, 20)  # after level, trend, six bends and six waves
    effect = linear.columns[:7, weekdays] @ found[0, weekdays]
    share = 0.7 / (1 + 0.1)  # of the outcome; the baseline's trend begins below its mean
    assert effect.sum() == pytest.approx(0, abs=1e-9)
    assert effect == pytest.approx(PATTERN * share, abs=0.04)


def test_where_spend_works_at_once_and_never_saturates_both_grains_say_the_same(known):
    rng = np.random.default_rng(9)
    draws = prior_draws(5, 3, rng, alpha=1e-60, half_saturation=1e6, slope=1.0)
    by_days = FittedMMM(draws, known.data)
    by_weeks = FittedMMM(draws, by_week(known.data))

    assert response.contribution(by_days) == pytest.approx(
        response.contribution(by_weeks), rel=1e-4, abs=1e-9
    )
    for one, other in zip(
        response.returns(by_days, 8, 60), response.returns(by_weeks, 8, 60), strict=True
    ):
        assert one == pytest.approx(other, rel=1e-4)
    scales = np.array([0.0, 0.5, 1.0, 2.0])
    assert response.curve(by_days, scales, 8, 60) == pytest.approx(
        response.curve(by_weeks, scales, 8, 60), rel=1e-4
    )


def test_a_steady_flight_has_the_same_curve_in_both_grains():
    data = daily_company(10, weeks=40, channels=2).data
    steady = np.tile([100.0, 30.0], (280, 1))
    data = data.with_days(replace(data.daily, spend=steady))
    draws = prior_draws(10, 2, np.random.default_rng(10))
    by_days, by_weeks = FittedMMM(draws, data), FittedMMM(draws, by_week(data))

    start, stop = 2 * LAGS, 40  # the flight has filled its carry-over
    scales = np.linspace(0, 3, 7)
    assert response.curve(by_days, scales, start, stop) == pytest.approx(
        response.curve(by_weeks, scales, start, stop)
    )
    assert response.saturation_scale(by_days, start, stop) == pytest.approx(
        response.saturation_scale(by_weeks, start, stop), rel=1e-6
    )
    assert response.break_even_scale(by_days, start, stop) == pytest.approx(
        response.break_even_scale(by_weeks, start, stop), rel=1e-6
    )


def test_contributions_and_baseline_add_up_to_the_fitted_weeks(fitted):
    rows, rng = fitted.data.rows, np.random.default_rng(1)

    expected = response.predict(fitted, rows.spend, rows.controls, rng).expected

    linear = baseline.of(fitted.data)
    base = linear.offset + fitted.draws.baseline @ linear.columns.T
    without = weekly(base * rows.outcome.mean(), 7)
    assert expected == pytest.approx(without + response.contribution(fitted).sum(1))


def test_the_curve_passes_through_spend_and_contribution_of_the_week(fitted):
    at_one = response.curve(fitted, np.ones(1), 8, 60)[..., 0]

    assert at_one == pytest.approx(response.contribution(fitted)[..., 8:].mean(-1))


def test_a_stored_daily_model_comes_back(fitted):
    again = FittedMMM.from_bytes(fitted.to_bytes())

    assert again.data.grain is Grain.DAY
    assert again.data.data_hash == fitted.data.data_hash
    assert response.contribution(again) == pytest.approx(response.contribution(fitted), rel=1e-4)


def test_a_lift_test_counts_its_own_days(known):
    data = known.data
    first = data.dates[100].astype(dt.date)
    test = LiftTest(
        id="t",
        name="Pause",
        channel=data.channels[0],
        start=first,
        end=first + dt.timedelta(days=9),
        outcome_share=0.25,
        lift=0.05,
        lift_interval=Interval(lower=0.04, upper=0.06),
        incremental_outcome=100.0,
        incremental_outcome_interval=Interval(lower=90, upper=110),
        direction=Direction.OFF,
    )

    entered, [entry] = calibration.enter(data, [test])

    assert np.flatnonzero(entry.lift.counted).tolist() == list(range(100, 110))
    outside = entry.lift.counted == 0
    assert entry.lift.more[outside] == pytest.approx(data.rows.spend[outside, 0])
    assert len(entered.first(10).lifts) == 0
    assert len(entered.first(16).lifts[0].more) == 16 * 7


def test_planned_weeks_are_spread_over_days_as_the_last_year_was(known):
    planned = np.array([[70.0, 140.0, 7.0], [0.0, 10.0, 1.0]])

    rows = ahead._by_row(known.data.rows, planned)

    summed = weekly(rows.T, 7).T
    assert summed == pytest.approx(planned)
    assert (rows[[6, 13], 2] == 0).all()  # this channel rests on the last day


def test_demand_that_is_followed_a_day_late_is_seen_by_day_and_hardly_by_week():
    fired, by_weeks = 0, 0
    for seed in range(4):
        data = daily_company(20 + seed, weeks=80).data
        rng = np.random.default_rng(seed)
        surprise = rng.standard_normal(560)
        spend = data.rows.spend.copy()
        spend[1:, 0] *= np.exp(0.3 * surprise[:-1])
        outcome = data.rows.outcome + 0.06 * data.rows.outcome.mean() * surprise
        chased = data.with_days(replace(data.daily, spend=spend, outcome=outcome))
        warned = demand.warnings(chased)
        fired += warned[0].fires and "Next day's spend" in warned[0].message
        by_weeks += demand.lead_test(chased)[0] > demand.FIRES_ABOVE

    assert fired == 4
    assert by_weeks < 4
