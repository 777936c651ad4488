"""What a person tells of each channel: stored at once, refused with its reason."""

from uuid import UUID

import pytest

from apportion.config import CHECKOUT, Settings
from apportion.results.accounts import ActingMember, Role
from apportion.results.mmm_settings import BudgetSetting, CarryOver, ChannelSettings
from apportion.views.mmm.beliefs import Beliefs, beliefs_card
from apportion.views.mmm.elsewhere import LiftTestForm
from apportion.workspace import Workspace
from mmm.companies import comes_late
from mmm.frames_of import dates, outcomes_of, spend_of
from views.test_learning import text


@pytest.fixture
def open_for(store, two_tenants, tmp_path):
    days = dates(80)
    for tenant in two_tenants:
        tenant.write("spend", [spend_of(days, google=100.0, meta=80.0)])
        tenant.write("outcomes", [outcomes_of(days)])
    settings = Settings(_env_file=None, home=tmp_path, notebooks=CHECKOUT / "notebooks")

    def open_workspace(slug="acme", role=Role.ANALYST):
        member = ActingMember(id=str(UUID(int=7)), name="ann@acme.example", role=role)
        return Workspace(store, slug, settings, member)

    return open_workspace


@pytest.fixture
def beliefs(open_for):
    return Beliefs(open_for())


def tell(beliefs, **content):
    beliefs._on_message(beliefs, {"kind": "set", "channel": "google", **content}, [])


def known(workspace):
    return workspace.mmm.settings.get().channel("google")


def test_every_channel_is_asked_about_and_shows_what_is_believed(beliefs):
    assert [each["name"] for each in beliefs.channels] == ["google", "meta"]
    assert [each["budget"] for each in beliefs.channels] == ["not_sure", "not_sure"]
    assert "Before the data: a return of 1.2 (0.3 to 5.4)" in beliefs.channels[0]["implied"]


def test_an_answer_is_stored_at_once_for_this_tenant_alone(beliefs, open_for):
    tell(beliefs, budget="follows_demand")
    tell(beliefs, carry="long")
    tell(beliefs, around="1.5")
    tell(beliefs, above="6")

    assert known(open_for()) == ChannelSettings(
        budget_setting=BudgetSetting.FOLLOWS_DEMAND,
        carry_over=CarryOver.LONG,
        roi_around=1.5,
        roi_hardly_above=6.0,
    )
    assert known(open_for("bolt")) == ChannelSettings()
    assert "a return of 1.5" in beliefs.channels[0]["implied"]


def test_an_effect_that_comes_late_is_asked_about_until_it_is_said(two_tenants, open_for):
    late, days = comes_late(peak=2.0), dates(156)
    spends = {"google": late.spend[:, 0], "meta": late.spend[:, 1]}
    two_tenants[0].write("spend", [spend_of(days, **spends)])
    two_tenants[0].write("outcomes", [outcomes_of(days, late.outcome)])
    beliefs = Beliefs(open_for())

    google, meta = beliefs.channels
    assert "its effect comes weeks after its spend" in google["warning"]
    assert "weeks after" not in meta["warning"]

    tell(beliefs, carry="late")

    assert "weeks after" not in beliefs.channels[0]["warning"]


def test_an_empty_field_is_as_usual_again(beliefs, open_for):
    tell(beliefs, around="1.5")

    tell(beliefs, around=" ")

    assert known(open_for()).roi_around is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"around": "much"}, "valid number"),
        ({"around": "-2"}, "greater than 0"),
        ({"budget": "by magic"}, "in_advance"),
    ],
    ids=["no number", "negative", "unknown"],
)
def test_what_makes_no_sense_is_refused_and_nothing_stored(beliefs, open_for, content, said):
    tell(beliefs, **content)

    assert beliefs.problem.startswith("Not stored")
    assert said in beliefs.problem
    assert known(open_for()) == ChannelSettings()


def test_ends_that_cross_are_refused(beliefs, open_for):
    tell(beliefs, around="3")

    tell(beliefs, above="2")

    assert "must lie at least 5% above" in beliefs.problem
    assert known(open_for()).roi_hardly_above is None


def test_a_viewer_is_refused_by_the_store(open_for):
    beliefs = Beliefs(open_for(role=Role.VIEWER))

    tell(beliefs, budget="in_advance")

    assert "This needs the role analyst; yours is viewer" in beliefs.problem
    assert known(open_for()) == ChannelSettings()


def test_a_test_that_is_not_there_cannot_be_switched(beliefs):
    beliefs._on_message(beliefs, {"kind": "switch", "id": "4711", "on": False}, [])

    assert "There is no lift test 4711" in beliefs.problem


def test_data_that_carry_no_model_are_said_in_place_of_the_questions(two_tenants, open_for):
    workspace = open_for()
    two_tenants[0].write("spend", [spend_of(dates(80), google=0.0, meta=0.0)])

    assert "Not before there are data to train on" in text(beliefs_card(workspace))


TEST = {
    "name": "Meta off",
    "channel": "meta",
    "start": "2023-03-06",
    "end": "2023-04-02",
    "share": "20%",
    "spend": "off",
    "factor": "",
    "lift": "5",
    "lower": "2",
    "upper": "8",
}


def enter(workspace, **changes):
    """Fill the form in and send it; give the form and how often a test was stored."""
    stored = []
    form = LiftTestForm(workspace, [("meta", "Meta")], lambda: stored.append(1))
    form._on_message(form, {"kind": "add", **TEST, **changes}, [])
    return form, len(stored)


def test_a_test_run_elsewhere_is_stored_for_this_tenant_alone(open_for):
    form, stored = enter(open_for())

    [test] = open_for().mmm.settings.lift_tests()
    assert (stored, form.problem) == (1, "")
    assert "Meta off is entered" in form.entered
    assert (test.name, test.channel, test.outcome_share) == ("Meta off", "meta", 0.2)
    assert (test.lift, test.lift_interval.lower, test.lift_interval.upper) == (0.05, 0.02, 0.08)
    assert (test.spend_factor, test.direction) == (0.0, "off")
    assert open_for("bolt").mmm.settings.lift_tests() == []


@pytest.mark.parametrize(
    ("spend", "typed", "factor", "direction"),
    [
        ("changed", "0.5", 0.5, "off"),
        ("changed", "2", 2.0, "on"),
        ("new", "", None, "on"),
    ],
    ids=["half", "twice", "from nothing"],
)
def test_what_the_test_spent_says_which_way_it_went(open_for, spend, typed, factor, direction):
    enter(open_for(), spend=spend, factor=typed)

    [test] = open_for().mmm.settings.lift_tests()
    assert (test.spend_factor, test.direction) == (factor, direction)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "The test needs a name"),
        ({"lift": "much"}, "The lift must be a number; found 'much'"),
        ({"start": ""}, "The first day must be a date"),
        ({"end": "2023-03-01"}, "before it starts"),
        ({"share": "0"}, "above 0 and at most 100%; found 0%"),
        ({"share": "120"}, "found 120%"),
        ({"lift": "9"}, "outside of its own interval"),
        ({"lower": "8", "upper": "2"}, "interval"),
        ({"spend": "changed", "factor": "1"}, "cannot have 1.0 times"),
        ({"start": "2031-01-06", "end": "2031-02-02"}, "no outcome"),
    ],
)
def test_a_test_that_contradicts_itself_is_refused(open_for, changes, said):
    form, stored = enter(open_for(), **changes)

    assert form.problem.startswith("Not stored")
    assert said in form.problem
    assert (stored, form.entered) == (0, "")
    assert open_for().mmm.settings.lift_tests() == []


def test_a_viewer_cannot_enter_a_test(open_for):
    form, stored = enter(open_for(role=Role.VIEWER))

    assert "This needs the role analyst; yours is viewer" in form.problem
    assert stored == 0


def test_a_test_that_was_entered_is_removed_again(beliefs, open_for):
    enter(open_for())
    beliefs.read()
    [shown] = beliefs.tests
    assert shown["removable"]

    beliefs._on_message(beliefs, {"kind": "remove", "id": shown["id"]}, [])

    assert beliefs.tests == []
    assert open_for().mmm.settings.lift_tests() == []
