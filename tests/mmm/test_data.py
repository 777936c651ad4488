"""From frames to arrays: what is summed, what is left out, and what is refused."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from apportion.errors import DataError, NotEnoughDataError, ParameterError
from apportion.mmm.data import MAX_WEEKS, prepare
from mmm.frames_of import controls_of, dates, outcomes_of, spend_of

NONE = controls_of()


def weekly(weeks=60, **options):
    days = dates(weeks)
    return prepare(spend_of(days, tv=100, search=50), outcomes_of(days), NONE, **options)


def codes(data):
    return [check.code for check in data.checks]


def test_weekly_files_become_the_arrays_they_hold():
    days = dates(60)
    tv, revenue = np.arange(60.0), np.arange(100.0, 160)

    data = prepare(
        spend_of(days, tv=tv),
        outcomes_of(days, revenue),
        controls_of(days, price=revenue / 2),
    )

    assert data.channels == ("tv",)
    assert data.control_names == ("price",)
    assert data.spend[:, 0].tolist() == tv.tolist()
    assert data.outcome.tolist() == revenue.tolist()
    assert data.controls[:, 0].tolist() == (revenue / 2).tolist()
    assert data.date_range.start == dt.date(2023, 1, 2)
    assert data.date_range.end == dt.date(2024, 2, 25)
    assert data.checks == ()


def test_days_are_summed_and_controls_averaged():
    days = dates(30 * 7, every=1)
    steps = np.repeat(np.arange(1.0, 31), 7)

    data = prepare(
        spend_of(days, tv=steps), outcomes_of(days, 100 * steps), controls_of(days, price=steps)
    )

    assert data.spend[:, 0].tolist() == (7 * np.arange(1.0, 31)).tolist()
    assert data.outcome.tolist() == (700 * np.arange(1.0, 31)).tolist()
    assert data.controls[:, 0].tolist() == np.arange(1.0, 31).tolist()


def test_campaigns_and_regions_of_spend_are_summed():
    days = dates(40)
    rows = spend_of(days, tv=np.full(40, 10.0))
    spend = pd.concat(
        [
            rows.assign(campaign="spring", region="north"),
            rows.assign(campaign="spring", region="south"),
            rows.assign(campaign="brand"),
        ]
    )

    data = prepare(spend, outcomes_of(days), NONE)

    assert data.spend[:, 0].tolist() == [30.0] * 40


def test_regions_of_the_outcome_are_summed_when_there_is_no_total():
    days, values = dates(40), np.arange(100.0, 140)
    outcomes = pd.concat(
        [outcomes_of(days, values, region="north"), outcomes_of(days, 2 * values, region="south")]
    )

    data = prepare(spend_of(days, tv=10), outcomes, NONE)

    assert data.outcome.tolist() == (3 * values).tolist()


def test_the_total_wins_over_its_regions():
    days, values = dates(40), np.arange(100.0, 140)
    outcomes = pd.concat([outcomes_of(days, values), outcomes_of(days, region="north")])

    data = prepare(spend_of(days, tv=10), outcomes, NONE)

    assert data.outcome.tolist() == values.tolist()


def test_weeks_without_a_row_of_spend_had_none():
    days = dates(40)
    spend = pd.concat([spend_of(days, tv=10), spend_of(days[::4], radio=10)])

    data = prepare(spend, outcomes_of(days), NONE)

    assert data.channels == ("radio", "tv")
    assert (data.spend[:, 0] > 0).sum() == 10


def test_the_last_four_years_are_used_unless_a_start_is_given():
    assert weekly(MAX_WEEKS + 30).n_weeks == MAX_WEEKS
    assert (
        weekly(MAX_WEEKS + 30).date_range.end
        == weekly(MAX_WEEKS + 30, start=dt.date(2023, 1, 1)).date_range.end
    )
    assert weekly(MAX_WEEKS + 30, start=dt.date(2023, 1, 1)).n_weeks == MAX_WEEKS + 30


def test_channels_keep_the_order_in_which_they_were_named():
    data = weekly(channels=["tv", " search ", "tv"])

    assert data.channels == ("tv", "search")


def test_the_same_data_have_the_same_hash_and_others_another():
    data = weekly()

    assert data.data_hash == weekly().data_hash
    assert len(data.data_hash) == 64
    others = [
        replace(data, spend=data.spend + 1),
        replace(data, outcome=data.outcome + 1),
        replace(data, channels=("a", "b")),
        replace(data, weeks=data.weeks + np.timedelta64(7, "D")),
        data.first(50),
    ]
    assert len({data.data_hash, *(other.data_hash for other in others)}) == 6


def test_a_thin_channel_is_left_out_with_a_caution_unless_it_was_named():
    days = dates(60)
    spend = pd.concat([spend_of(days, tv=10), spend_of(days[:5], radio=10)])

    data = prepare(spend, outcomes_of(days), NONE)

    assert data.channels == ("tv",)
    assert codes(data) == ["channel_left_out"]
    assert data.checks[0].channels == ("radio",)
    with pytest.raises(NotEnoughDataError, match=r"5 for 'radio'; the model needs at least 8 per"):
        prepare(spend, outcomes_of(days), NONE, channels=["tv", "radio"])


def test_constant_controls_are_left_out():
    days = dates(60)
    controls = controls_of(days, flat=np.ones(60), price=np.arange(60))

    assert prepare(spend_of(days, tv=10), outcomes_of(days), controls).control_names == ("price",)


def test_a_missing_week_of_a_control_is_filled_and_said():
    days = dates(60)
    controls = controls_of(days.delete(10), price=np.delete(np.arange(60), 10))

    data = prepare(spend_of(days, tv=10), outcomes_of(days), controls)

    assert data.controls[9:12, 0].tolist() == [9, 9, 11]
    assert codes(data) == ["control_filled"]


def test_a_control_that_is_often_missing_is_left_out_and_said():
    days = dates(60)
    controls = controls_of(days[:50], price=np.arange(50))

    data = prepare(spend_of(days, tv=10), outcomes_of(days), controls)

    assert data.control_names == ()
    assert data.controls.shape == (60, 0)
    assert codes(data) == ["control_left_out"]
    assert "price" in data.checks[0].message


def test_missing_days_of_the_outcome_are_said():
    days = dates(40 * 7, every=1)
    some = days.delete([70, 71])

    data = prepare(spend_of(days, tv=10), outcomes_of(some), NONE)

    assert codes(data) == ["outcome_days_missing"]
    assert "2023-03-13" in data.checks[0].message


def test_channels_that_move_together_are_said():
    days = dates(60)
    tv = np.random.default_rng(0).uniform(5, 10, 60)

    spend = spend_of(days, seed=1, tv=tv, radio=2 * tv + 0.1, search=10)

    data = prepare(spend, outcomes_of(days), NONE)

    assert codes(data) == ["collinear_spend"]
    assert data.checks[0].channels == ("radio", "tv")


def test_many_channels_on_few_weeks_are_said():
    days = dates(30)

    data = prepare(spend_of(days, a=1, b=1, c=1, d=1), outcomes_of(days), NONE)

    assert "many_channels" in codes(data)


def test_an_outcome_smaller_than_the_spend_is_said():
    days = dates(30)

    data = prepare(spend_of(days, tv=5000), outcomes_of(days), NONE)

    assert codes(data) == ["outcome_below_spend"]


@pytest.mark.parametrize("weeks", [2, 9, 25])
def test_too_few_weeks_are_refused_with_their_number(weeks):
    days = dates(weeks)
    spend, outcomes = spend_of(days, tv=10), outcomes_of(days)

    with pytest.raises(NotEnoughDataError, match=rf"^{weeks} complete weeks.*at least 26"):
        prepare(spend, outcomes, NONE)


@pytest.mark.parametrize(
    ("spend_weeks", "outcome_weeks", "message"),
    [(0, 60, r"There is no spend. Import"), (60, 0, r"There is no outcome. Import")],
    ids=["no spend", "no outcome"],
)
def test_empty_sources_are_refused(spend_weeks, outcome_weeks, message):
    spend, outcomes = spend_of(dates(spend_weeks), tv=10), outcomes_of(dates(outcome_weeks))

    with pytest.raises(NotEnoughDataError, match=message):
        prepare(spend, outcomes, NONE)


def test_sixty_five_days_are_nine_weeks():
    days = dates(65, every=1)

    with pytest.raises(NotEnoughDataError, match=r"9 complete weeks .* needs at least 26"):
        prepare(spend_of(days, tv=10), outcomes_of(days), NONE)


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (
            ["tvv"],
            r"no spend for the channel 'tvv'; did you mean 'tv'\? the channels are search, tv",
        ),
        (["TV"], r"did you mean 'tv'\?"),
        (["tv", "podcast"], r"no spend for the channel 'podcast'; the channels are search, tv"),
        ([], r"No channel is named. Name at least one of search, tv"),
    ],
    ids=["typing error", "case", "unknown", "none"],
)
def test_channels_that_are_not_there_are_refused(channels, message):
    with pytest.raises(ParameterError, match=message):
        weekly(channels=channels)


@pytest.mark.parametrize(
    ("start", "end"),
    [("2030-01-01", None), (None, "2020-01-01"), ("2023-02-01", "2023-02-05")],
    ids=["after the data", "before the data", "less than a week"],
)
def test_dates_without_a_week_of_data_are_refused(start, end):
    start, end = (value and dt.date.fromisoformat(value) for value in (start, end))

    with pytest.raises(ParameterError, match=r"the data reach from 2023-01-02 to 2024-02-25"):
        weekly(start=start, end=end)


def test_a_start_after_the_end_is_refused():
    with pytest.raises(ParameterError, match=r"start 2024-01-01 lies after the end 2023-06-01"):
        weekly(start=dt.date(2024, 1, 1), end=dt.date(2023, 6, 1))


def test_a_metric_that_is_not_there_is_refused():
    with pytest.raises(ParameterError, match=r"no outcome 'profit'; found revenue"):
        weekly(outcome="profit")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full(60, 7.0), r"the same in all 60 weeks \(7\)"),
        (np.zeros(60), r"must be positive on average; found a mean week of 0"),
        (np.linspace(-200, 100, 60), r"must be positive on average; found a mean week of -"),
        (np.append(np.full(59, 5.0), np.inf), r"must be positive on average; found .* inf"),
    ],
    ids=["constant", "zero", "negative", "infinite"],
)
def test_outcomes_that_teach_nothing_are_refused(values, message):
    days = dates(60)

    with pytest.raises(DataError, match=message):
        prepare(spend_of(days, tv=10), outcomes_of(days, values), NONE)


def test_missing_weeks_of_the_outcome_are_refused_by_name():
    days = dates(60)

    with pytest.raises(DataError, match=r"missing in 2 of 60 weeks: 2023-03-13, 2023-03-20\."):
        prepare(spend_of(days, tv=10), outcomes_of(days.delete([10, 11])), NONE)


def test_a_week_with_few_of_its_days_counts_as_missing():
    days = dates(40 * 7, every=1)

    with pytest.raises(DataError, match=r"missing in 1 of 40 weeks: 2023-03-13"):
        prepare(spend_of(days, tv=10), outcomes_of(days.delete(range(70, 75))), NONE)


def test_data_without_recent_spend_are_refused():
    days = dates(120)
    spend = spend_of(days, tv=np.append(np.ones(60), np.zeros(60)))

    with pytest.raises(NotEnoughDataError, match=r"some of them in the last 52"):
        prepare(spend, outcomes_of(days), NONE)
