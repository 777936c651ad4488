"""What a person tells in words, what it implies, and what calendars add."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy import stats

from apportion.errors import ParameterError
from apportion.mmm import adstock, baseline, calendar_controls, delay, demand, no_media, priors
from apportion.mmm.data import prepare
from apportion.mmm.implications import implications
from apportion.mmm.weeks import Calendar
from apportion.results.mmm_settings import (
    BudgetSetting,
    CarryOver,
    ChannelSettings,
    MMMSettings,
)
from mmm.companies import comes_late, company
from mmm.frames_of import controls_of, dates, outcomes_of, spend_of

WEEKS = Calendar(np.datetime64("2025-12-01") + 7 * np.arange(10).astype("timedelta64[D]"))


def test_words_become_a_prior_with_these_quantiles():
    prior = priors.of_channel(ChannelSettings(roi_around=1.5, roi_hardly_above=6))

    roi = stats.lognorm(prior.roi_log_sd, scale=np.exp(prior.roi_log_mean))
    assert roi.ppf([0.5, 0.95]) == pytest.approx([1.5, 6])


def test_without_words_the_prior_is_the_usual_one():
    assert priors.of_channel(ChannelSettings()) == priors.ChannelPrior()


@pytest.mark.parametrize(
    ("setting", "allowance"),
    [
        (BudgetSetting.IN_ADVANCE, (0.0, 0.003)),
        (BudgetSetting.NOT_SURE, (0.01, 0.015)),
        (BudgetSetting.FOLLOWS_DEMAND, (0.02, 0.02)),
    ],
)
def test_how_the_budget_is_set_becomes_an_allowance(setting, allowance):
    prior = priors.of_channel(ChannelSettings(budget_setting=setting))

    assert (prior.allowance_mean, prior.allowance_sd) == allowance


def test_a_longer_carry_over_is_believed_longer():
    ways = (CarryOver.SHORT, CarryOver.USUAL, CarryOver.LONG)
    short, usual, long = (priors.of_channel(ChannelSettings(carry_over=how)) for how in ways)

    means = [
        each.retention_a / (each.retention_a + each.retention_b) for each in (short, usual, long)
    ]
    assert means == sorted(means)
    assert short.peak == usual.peak == long.peak == 0


def test_an_effect_that_comes_late_is_strongest_two_weeks_after_the_spend():
    prior = priors.of_channel(ChannelSettings(carry_over=CarryOver.LATE))

    shares = adstock.weights(0.4, prior.peak)

    assert shares.argmax() == 2
    assert shares[1] == pytest.approx(shares[3]) == pytest.approx(0.4 * shares[2])
    assert shares.sum() == pytest.approx(1)


def test_allowances_are_correlated_and_each_as_wide_as_it_is_said_to_be():
    data = company(1, weeks=60, channels=3).data
    answers = (BudgetSetting.NOT_SURE, BudgetSetting.IN_ADVANCE, BudgetSetting.FOLLOWS_DEMAND)
    told = tuple(priors.of_channel(ChannelSettings(budget_setting=each)) for each in answers)

    root = baseline.allowance_spread(replace(data, priors=told))

    covariance = root @ root.T
    deviation = np.sqrt(np.diag(covariance))
    assert deviation == pytest.approx([0.015, 0.003, 0.02])
    assert covariance[0, 2] / (deviation[0] * deviation[2]) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"roi_hardly_above": 5}, "around what the return lies"),
        ({"roi_around": 2, "roi_hardly_above": 2}, "at least 5% above"),
        ({"roi_around": -1}, "greater than 0"),
    ],
)
def test_words_that_contradict_each_other_are_refused(changes, word):
    with pytest.raises(ValidationError, match=word):
        ChannelSettings(**changes)


def test_implications_are_those_of_the_words_in_money():
    data = company(1, weeks=60, channels=2).data
    name = data.channels[0]
    told = MMMSettings(channels={name: ChannelSettings(roi_around=2, roi_hardly_above=4)})

    first, second = implications(data, told)

    assert (first.roi_median, second.roi_median) == pytest.approx((2, np.exp(0.2)))
    assert first.roi_interval.upper == pytest.approx(4, rel=0.05)
    assert first.media_revenue_interval.upper == pytest.approx(
        first.roi_interval.upper * data.spend[:, 0].mean()
    )
    assert first.revenue_share_interval.upper == pytest.approx(
        first.media_revenue_interval.upper / data.outcome.mean()
    )
    assert second.allowance_interval.upper == pytest.approx(0.01 + 1.645 * 0.015, abs=0.002)


def test_the_allowance_is_a_column_of_the_unexplained_spend_that_ends_with_the_data():
    data = company(2, weeks=60, channels=2).data
    told = replace(
        data,
        priors=(
            priors.ChannelPrior(allowance_mean=0.02, allowance_sd=0.03),
            priors.ChannelPrior(allowance_mean=0.0, allowance_sd=0.001),
        ),
    )
    later = np.vstack([data.controls, data.controls[:13]])

    found = baseline.of(told, later)

    own = baseline.unexplained_spend(data)
    assert own.std(0) == pytest.approx([1, 1])
    assert np.abs(baseline.design(data.controls, 60).T @ own).max() < 1e-9
    assert found.columns[:60, -2:] == pytest.approx(own @ baseline.allowance_spread(told))
    assert found.offset[:60] == pytest.approx(0.02 * own[:, 0])
    assert not found.columns[60:, -2:].any()
    assert not found.offset[60:].any()


def test_a_channel_that_never_varies_has_no_allowance():
    data = company(2, weeks=60, channels=2).data
    spend = data.spend.copy()
    spend[:, 0] = 100

    assert not baseline.unexplained_spend(replace(data, spend=spend))[:, 0].any()


def test_an_event_counts_in_shares_of_its_fullest_week():
    controls = np.zeros((20, 1))
    controls[3], controls[15] = 3 / 7, 1 / 7

    column = baseline.design(controls, 20)[:, -1]

    assert column[3] == pytest.approx(priors.EVENT_SD)
    assert column[15] == pytest.approx(priors.EVENT_SD / 3)
    assert column[0] == 0


def test_events_under_one_name_are_one_column_of_shares_of_weeks():
    events = pd.DataFrame(
        {
            "start": pd.to_datetime(["2025-12-03", "2026-01-05", "2020-01-01"]),
            "end": pd.to_datetime(["2025-12-08", "2026-01-11", "2020-01-09"]),
            "name": ["sale", "sale", "long gone"],
        }
    )

    names, columns = calendar_controls.of_events(events, WEEKS)

    assert names == ("Event: sale",)
    assert columns[:, 0] * 7 == pytest.approx([5, 1, 0, 0, 0, 7, 0, 0, 0, 0])


def test_holidays_of_a_country_and_its_part():
    names, columns = calendar_controls.of_holidays("DE-BY", WEEKS)
    whole, _ = calendar_controls.of_holidays("DE", WEEKS)

    assert "Holiday: Epiphany" in {*names} - {*whole}
    christmas = columns[:, names.index("Holiday: Christmas Day")]
    assert np.flatnonzero(christmas).tolist() == [3]


@pytest.mark.parametrize(("country", "word"), [("XX", "ISO code"), ("DE-XX", "DE has BB, BE, BW")])
def test_an_unknown_country_is_refused_with_what_is_allowed(country, word):
    with pytest.raises(ParameterError, match=word):
        calendar_controls.of_holidays(country, WEEKS)


def test_no_country_has_no_holidays():
    names, columns = calendar_controls.of_holidays("", WEEKS)

    assert (names, columns.shape) == ((), (10, 0))


def test_a_prepared_model_has_what_was_told():
    days = dates(60)
    rng = np.random.default_rng(1)
    spend = spend_of(days, tv=100.0, search=50.0)
    mail = pd.DataFrame(
        {
            "date": days,
            "channel": "newsletter",
            "spend": 0.0,
            "campaign": "",
            "region": "",
            "impressions": rng.integers(100, 200, 60),
        }
    )
    events = pd.DataFrame({"start": [days[5]], "end": [days[5]], "name": ["sale"]})
    told = MMMSettings(
        channels={"tv": ChannelSettings(budget_setting=BudgetSetting.IN_ADVANCE)}, holidays="US"
    )
    every = pd.concat([spend, mail], ignore_index=True)

    data = prepare(every, outcomes_of(days), controls_of(), events=events, settings=told)

    assert data.channels == ("search", "tv")
    assert data.organic == ("newsletter",)
    assert data.volume[:, 0] == pytest.approx(mail["impressions"].to_numpy(float))
    assert [prior.allowance_sd for prior in data.channel_priors] == [0.015, 0.003]
    assert "Event: sale" in data.control_names
    assert "Holiday: Thanksgiving Day" in data.control_names
    quiet = told.model_copy(update={"use_events": False, "holidays": ""})
    assert (
        prepare(
            every, outcomes_of(days), controls_of(), events=events, settings=quiet
        ).control_names
        == ()
    )


def test_the_lead_test_sees_spend_that_follows_demand_a_week_late():
    known = company(31, weeks=156, channels=3).data
    rng = np.random.default_rng(2)
    demand_of = np.zeros(157)
    for week in range(1, 157):
        demand_of[week] = 0.9 * demand_of[week - 1] + 0.44 * rng.standard_normal()
    spend = known.spend.copy()
    spend[:, 0] *= np.maximum(0.1, 1 + 0.5 * demand_of[:156])
    outcome = known.outcome + 0.06 * known.outcome.mean() * demand_of[1:]

    first, *others = demand.warnings(replace(known, spend=spend, outcome=outcome))

    assert first.fires
    assert first.proposal is BudgetSetting.FOLLOWS_DEMAND
    assert f"t = {first.t_value:.1f}" in first.message
    assert all(each.message == demand.SILENCE for each in others if not each.fires)


def test_the_lead_test_says_nothing_of_too_few_weeks_or_constant_spend():
    short = company(32, weeks=40, channels=4).data
    steady = company(33, weeks=156, channels=2).data
    spend = steady.spend.copy()
    spend[:, 1] = 100

    assert np.isnan(demand.lead_test(short)).all()
    assert demand.warnings(short) == ()
    assert np.isnan(demand.lead_test(replace(steady, spend=spend))).tolist() == [False, True]


def test_a_model_without_media_forecasts_what_has_no_media():
    data = company(34, weeks=117, channels=1).data
    week = np.arange(117)
    season = 1000 + 100 * np.sin(2 * np.pi * week / 52.1775)
    outcome = season + np.random.default_rng(3).normal(0, 10, 117)

    found = no_media.forecast(replace(data, outcome=outcome).first(104), data.controls)

    assert len(found) == 117
    assert np.abs(found[104:] - season[104:]).mean() < 20


def test_settings_are_asked_for_by_channel():
    told = MMMSettings(channels={"tv": ChannelSettings(roi_around=3)})

    assert told.channel("tv").roi_around == 3
    assert told.channel("radio") == ChannelSettings()


def test_the_delay_test_names_the_channel_whose_effect_comes_late_and_no_other():
    late, at_once = comes_late(peak=2.0), comes_late(peak=0.0)

    assert delay.late_channels(late) == ("channel 0",)
    assert delay.late_channels(at_once) == ()


def test_the_delay_test_does_not_name_a_channel_that_is_said_to_come_late():
    late = comes_late(peak=2.0)
    said = priors.of_channel(ChannelSettings(carry_over=CarryOver.LATE))

    told = replace(late, priors=(said, priors.ChannelPrior()))

    assert np.isnan(delay.delay_test(told)).tolist() == [True, False]
    assert delay.late_channels(told) == ()


def test_the_delay_test_says_nothing_of_too_few_weeks():
    assert np.isnan(delay.delay_test(comes_late(peak=2.0).first(40))).all()
