"""What is recommended of media mix, tests and attribution: when, worth what, from where."""

import datetime as dt

import pytest

from apportion.insights.knowledge import Knowledge
from apportion.insights.recommendations import STALE_DAYS, STEP, WEEKS_A_MONTH, recommend
from apportion.results.base import Interval
from apportion.results.incrementality import ExperimentStatus
from apportion.results.insights import Priority, Recommendation
from apportion.results.mmm import HowSure, MMMResults
from store.examples import experiment
from views.example import LAST_DAY, example_results

MMM, TESTS, JOURNEYS = (
    f"/admin/attribution/{page}" for page in ("mmm", "incrementality", "journeys")
)


def model(**changed: dict[str, object]) -> MMMResults:
    """Give a model of which some channels' effects are changed."""
    made = example_results()
    return made.model_copy(
        update={
            "channels": tuple(
                effect.model_copy(update=changed.get(effect.channel, {}))
                for effect in made.channels
            )
        }
    )


def geo_test(status: ExperimentStatus, channel: str = "meta", ended_days_ago: int = 10):
    return experiment("Pause", f"id of {channel}").model_copy(
        update={
            "status": status,
            "channel": channel,
            "end_date": LAST_DAY - dt.timedelta(days=ended_days_ago),
        }
    )


def advised(
    kind: str, *, month: float = 1e6, today: dt.date = LAST_DAY, **known: object
) -> list[Recommendation]:
    found = recommend([], [], [], Knowledge(**known), month=month, currency="EUR", today=today)
    return [one for one in found if one.kind == kind]


def test_a_test_that_has_ended_is_to_be_read_out():
    [due] = advised("read_out", experiments=(geo_test(ExperimentStatus.RUNNING),))

    assert due.priority is Priority.HIGH
    assert due.link == TESTS
    assert due.facts == ("id of meta",)
    assert "12 November 2026" in due.description
    assert due.estimated_impact_interval is None
    assert due.estimated_impact == "not known"


@pytest.mark.parametrize(
    ("status", "ended_days_ago"),
    [
        (ExperimentStatus.RUNNING, 0),
        (ExperimentStatus.RUNNING, -5),
        (ExperimentStatus.COMPLETED, 10),
        (ExperimentStatus.CANCELLED, 10),
        (ExperimentStatus.DRAFT, 10),
    ],
    ids=["ends today", "goes on", "read out", "cancelled", "never started"],
)
def test_a_test_that_is_not_due_is_not_to_be_read_out(status, ended_days_ago):
    test = geo_test(status, ended_days_ago=ended_days_ago)

    assert advised("read_out", experiments=(test,)) == []


def test_the_untested_channel_with_the_widest_contribution_is_to_be_tested():
    wide = {"contribution_interval": Interval(lower=0.0, upper=1e9)}
    wider = {"contribution_interval": Interval(lower=0.0, upper=2e9)}
    known = model(tv=wide, google=wider)

    [first] = advised("test", model=known)
    [then] = advised(
        "test", model=known, experiments=(geo_test(ExperimentStatus.COMPLETED, "google"),)
    )
    [elsewhere] = advised("test", model=known, tested_elsewhere=frozenset({"google"}))

    assert first.title == "Test Google before moving its budget"
    assert then.title == elsewhere.title == "Test TV before moving its budget"
    assert (first.link, first.facts) == (TESTS, ("google",))
    assert first.impact_source == "Media mix model and Incrementality"


def test_a_draft_or_a_cancelled_test_has_tested_nothing():
    wide = {"contribution_interval": Interval(lower=0.0, upper=1e9)}
    tests = tuple(
        geo_test(status, "tv") for status in (ExperimentStatus.DRAFT, ExperimentStatus.CANCELLED)
    )

    [one] = advised("test", model=model(tv=wide), experiments=tests)

    assert one.facts == ("tv",)


def test_when_every_channel_was_tested_no_test_is_advised():
    known = model()
    tests = tuple(geo_test(ExperimentStatus.COMPLETED, one.channel) for one in known.channels)

    assert advised("test", model=known, experiments=tests) == []
    assert advised("test") == []


def test_attribution_that_lies_outside_of_the_models_interval_is_told():
    sure = {"contribution_percent_interval": Interval(lower=10.0, upper=20.0)}
    known = model(google=sure, meta=sure, tiktok=sure)
    credit = {"google": 35.0, "meta": 5.0, "tiktok": 15.0}

    found = {one.facts[0]: one for one in advised("attribution", model=known, credit=credit)}

    assert found.keys() == {"google", "meta"}
    assert "Attribution gives it 35% of the credit" in found["google"].description
    assert "10% to 20%: paths show more than it caused" in found["google"].description
    assert "paths show less than it caused" in found["meta"].description
    assert found["google"].link == JOURNEYS
    assert found["google"].impact_source == "Journeys against media mix model, version 14"


def test_attribution_against_a_channel_that_the_model_cannot_tell_says_nothing():
    unsure = {
        "contribution_percent_interval": Interval(lower=10.0, upper=20.0),
        "how_sure": HowSure.CANNOT_TELL,
    }

    assert advised("attribution", model=model(google=unsure), credit={"google": 35.0}) == []
    assert advised("attribution", model=model()) == []


def test_a_step_of_budget_is_worth_its_interval_and_says_where_it_is_from():
    firm = {
        "how_sure": HowSure.VERY_SURE,
        "marginal_roi_interval": Interval(lower=0.2, upper=0.7),
        "current_spend": 1000.0,
        "saturation_point": 400.0,
    }

    [less] = [one for one in advised("reduce", model=model(tv=firm)) if one.facts == ("tv",)]

    step = STEP * 1000 * WEEKS_A_MONTH
    interval = less.estimated_impact_interval
    assert (interval.lower, interval.upper) == pytest.approx((0.3 * step, 0.8 * step))
    assert less.impact_source.startswith("Media mix model, version 14")
    assert "TV is saturated: it spends €1,000 a week, and from €400 on" in less.description
    assert less.link == MMM


def test_an_interval_with_1_in_it_moves_no_budget():
    open_ = {"marginal_roi_interval": Interval(lower=0.9, upper=1.4)}
    names = [effect.channel for effect in example_results().channels]
    known = model(**dict.fromkeys(names, open_))

    assert advised("raise", model=known) + advised("reduce", model=known) == []


def test_priority_is_by_expected_value():
    firm = {
        "how_sure": HowSure.VERY_SURE,
        "marginal_roi_interval": Interval(lower=2.0, upper=3.0),
        "current_spend": 1000.0,
    }
    middle = 1.5 * STEP * 1000 * WEEKS_A_MONTH

    def priority(month: float) -> Priority:
        found = advised("raise", month=month, model=model(google=firm))
        return next(one for one in found if one.facts == ("google",)).priority

    assert priority(middle / 0.02) is Priority.HIGH
    assert priority(middle / 0.005) is Priority.MEDIUM
    assert priority(middle / 0.001) is Priority.LOW


def test_a_stale_and_a_refused_model_are_told():
    late = LAST_DAY + dt.timedelta(days=STALE_DAYS + 1)

    [stale] = advised("stale_model", model=model(), today=late)
    [refused] = advised("refused_model", newest_failed="R-hat is 1.2.")

    assert "46 days ago" in stale.description
    assert refused.description == "R-hat is 1.2."
    assert advised("stale_model", model=model()) == []
