"""The page's sentences claim no more than the intervals allow."""

from dataclasses import replace

import pytest

from apportion.results.mmm import Check, CheckLevel, HowSure
from apportion.views.mmm import findings
from apportion.views.mmm.findings import Position
from apportion.views.mmm.reading import Reading
from views.example import ROBYN, SHOP, Made, example_results

GOOD = Made("email", 4e3, 6e3, 5.8, 8e3, HowSure.VERY_SURE, 0.1)
POOR = Made("tv", 22e3, 6e3, 0.8, 10e3, HowSure.FAIRLY_SURE, 0.1)


def reading(*made, **settings):
    return Reading(example_results(made, **settings))


def answer(*made, **settings):
    text, sure = findings.answer(reading(*made, **settings))
    return text.striptags(), sure


def test_answer_moves_money_from_the_least_to_the_most_earning_channel():
    text, sure = answer(*SHOP)

    assert text == "Put the next euro into Email and TikTok; take it from TV and Display"
    assert sure is HowSure.FAIRLY_SURE


def test_answer_is_as_sure_as_its_weakest_part():
    assert answer(GOOD, POOR)[1] is HowSure.FAIRLY_SURE
    assert answer(GOOD, replace(POOR, how_sure=HowSure.VERY_SURE))[1] is HowSure.VERY_SURE


def test_answer_uses_the_currencys_word():
    assert answer(GOOD, POOR, currency="USD")[0].startswith("Put the next dollar into Email")
    assert answer(GOOD, POOR, currency="")[0].startswith("Put the next unit of spend into Email")


def test_channels_that_overlap_get_no_order():
    wide = [replace(made, width=0.9) for made in (GOOD, replace(POOR, roi=3.5))]

    assert answer(*wide) == ("Not sure enough to move money between channels", HowSure.NOT_SURE)


@pytest.mark.parametrize("how_sure", [HowSure.NOT_SURE, HowSure.CANNOT_TELL])
def test_channel_that_is_not_firm_is_never_recommended(how_sure):
    text, _ = answer(replace(GOOD, how_sure=how_sure), POOR, Made("meta", 5e3, 9e3, 2, 5e3))

    assert "Email" not in text
    assert text == "Spend less on TV; where to put it instead is not sure"


def test_one_side_alone_is_not_made_up():
    text, sure = answer(GOOD, replace(POOR, how_sure=HowSure.CANNOT_TELL), Made("meta", 1, 9, 1, 1))

    assert text == "Put the next euro into Email; where to take it from is not sure"
    assert sure is HowSure.VERY_SURE


def test_channel_that_does_not_pay_is_not_recommended_on_its_own():
    poor = replace(POOR, best=30e3, how_sure=HowSure.VERY_SURE)

    text, _ = answer(poor, Made("meta", 5e3, 9e3, 2, 5e3))

    assert text == "Not sure enough to move money between channels"


def test_nothing_can_be_told():
    blind = [replace(made, how_sure=HowSure.CANNOT_TELL) for made in SHOP]

    text, sure = answer(*blind)

    assert text == "The data cannot tell which channel earns more: test one first"
    assert sure is HowSure.CANNOT_TELL


@pytest.mark.parametrize(
    ("roi", "text", "how_sure"),
    [
        (9.0, "The next euro in Google brings back more than a euro", HowSure.VERY_SURE),
        (0.5, "The next euro in Google brings back less than a euro", HowSure.VERY_SURE),
        (1.8, "Only Google can be judged", HowSure.CANNOT_TELL),
    ],
    ids=["pays", "does not pay", "not sure"],
)
def test_only_one_channel_can_be_judged(roi, text, how_sure):
    blind = [replace(made, how_sure=HowSure.CANNOT_TELL) for made in SHOP[1:]]

    found = answer(replace(SHOP[0], roi=roi, best=SHOP[0].spend), *blind)

    assert found[0].startswith(text)
    assert found[1] is how_sure


def test_small_change_is_no_change():
    near = [replace(made, best=1.02 * made.spend) for made in (GOOD, POOR)]

    assert answer(*near)[0] == "Keep the split: moving money brings no clear gain"


def test_model_that_forecasts_badly_moves_nothing():
    worse = Check(code="holdout_worse", level=CheckLevel.CAUTION, message="Worse.")

    assert answer(GOOD, POOR, checks=[worse]) == (
        "Keep the split: the model forecasts worse than last year's weeks",
        HowSure.NOT_SURE,
    )


@pytest.mark.parametrize(
    ("roi", "outcome", "text"),
    [
        (9.0, "revenue", "The next euro in TV brings more than a euro of revenue"),
        (0.5, "revenue", "The next euro in TV brings less than a euro of revenue"),
        (
            4.7,
            "revenue",
            "It is not sure whether the next euro in TV brings back a euro of revenue",
        ),
        (9.0, "orders", "The next euro in TV brings 1.6 to 2.3 orders"),
    ],
    ids=["pays", "does not pay", "not sure", "not money"],
)
def test_single_channel_is_held_against_its_cost(roi, outcome, text):
    assert answer(replace(POOR, roi=roi), outcome=outcome)[0] == text


def test_single_channel_that_cannot_be_told():
    text, sure = answer(replace(POOR, how_sure=HowSure.CANNOT_TELL))

    assert text == "The data cannot tell what the next euro in TV brings"
    assert sure is HowSure.CANNOT_TELL


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (SHOP, "Email earns €3.48 on the next euro, TV €0.17"),
        ([replace(m, width=2) for m in SHOP[:2]],
         "No channel's next euro is clearly worth more than another's"),
        ([replace(m, how_sure=HowSure.CANNOT_TELL) for m in SHOP],
         "No channel's next euro can be told"),
        ([SHOP[0], replace(SHOP[1], how_sure=HowSure.CANNOT_TELL)],
         "The next euro in Google brings €0.91 to €1.76; no other channel can be told"),
        ([SHOP[0]], "The next euro in Google brings €0.91 to €1.76"),
    ],
    ids=["apart", "overlap", "none", "one known", "one"],
)  # fmt: skip
def test_channels_are_compared_only_when_their_intervals_are_apart(made, text):
    assert findings.channels_finding(reading(*made)) == text


@pytest.mark.parametrize(
    ("half", "how_sure", "position"),
    [
        (4e3, HowSure.FAIRLY_SURE, Position.PAST),
        (10e3, HowSure.FAIRLY_SURE, Position.NEAR),
        (40e3, HowSure.FAIRLY_SURE, Position.ROOM),
        (4e3, HowSure.CANNOT_TELL, Position.CANNOT_TELL),
    ],
)
def test_spend_is_held_against_the_interval_of_the_saturation_point(half, how_sure, position):
    results = example_results([Made("tv", 10e3, half, 2, 10e3, how_sure)])

    assert findings.position(results.channels[0]) is position


def test_wide_interval_of_the_saturation_point_says_nothing():
    results = example_results([Made("tv", 10e3, 10e3, 2, 10e3, width=1.2)])

    assert findings.position(results.channels[0]) is Position.UNCLEAR


def test_curves_title_says_who_is_saturated():
    finding = findings.curves_finding(reading(*SHOP))

    assert finding == (
        "TV and Display are past their saturation points; Google, Meta and 2 more have room to grow"
    )
    assert findings.curves_finding(reading(*ROBYN)) == "OOH is past its saturation point"


def test_curves_title_admits_that_there_is_nothing():
    near = [replace(made, half=made.spend) for made in SHOP]
    blind = [replace(made, how_sure=HowSure.CANNOT_TELL) for made in SHOP]

    assert findings.curves_finding(reading(*near)).startswith("No channel is clearly past")
    assert findings.curves_finding(reading(*blind)) == "No saturation point can be told"


def test_decomposition_names_a_largest_channel_only_if_one_stands_out():
    large = Made("tv", 1e5, 1e5, 9, 1e5, HowSure.VERY_SURE, 0.1)

    assert findings.decomposition_finding(reading(large, SHOP[0])) == (
        "Ads bring 37% to 50% of revenue; TV brings the most"
    )
    assert findings.decomposition_finding(reading(*SHOP)).endswith(
        "no channel clearly brings the most"
    )
