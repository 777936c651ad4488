"""What a tenant tells its media mix model: kept, its own, and refused where it contradicts."""

import datetime as dt

import pandas as pd
import pytest

from apportion.config import Settings
from apportion.errors import DataError, NotEnoughDataError, NotFoundError, ParameterError
from apportion.frames import OUTCOMES, conform
from apportion.results.base import Interval
from apportion.results.calibration import Direction, LiftSource
from apportion.results.mmm_settings import BudgetSetting, ChannelSettings, Grain, MMMSettings
from apportion.workspace import open_workspace
from apportion.workspace.experiments import ExperimentsWorkspace
from apportion.workspace.mmm_settings import MMMSettingsWorkspace
from mmm.frames_of import dates, outcomes_of, spend_of

WHEN = {"start": dt.date(2024, 3, 4), "end": dt.date(2024, 3, 31)}
TEST = {
    "name": "Pause of 2024",
    "channel": "meta",
    "outcome_share": 0.25,
    "lift": 0.05,
    "lift_interval": Interval(lower=0.01, upper=0.09),
    **WHEN,
}


@pytest.fixture
def both(database_url, two_tenants, tmp_path):
    """The settings of two tenants; acme has 100 of revenue on each day of March 2024."""
    acme, _ = two_tenants
    days = pd.date_range("2024-03-01", "2024-03-31")
    rows = pd.DataFrame({"date": days, "metric": "revenue", "value": 100.0})
    acme.write("outcomes", [conform(rows, OUTCOMES)])
    settings = Settings(_env_file=None, home=tmp_path, database_url=database_url)
    return tuple(open_workspace(name, settings=settings).mmm.settings for name in ("acme", "bolt"))


def test_a_tenant_that_has_told_nothing_has_the_usual_settings(both):
    assert both[0].get() == MMMSettings()


def test_settings_are_kept_and_are_the_tenants_own(both):
    acme, bolt = both

    acme.set_channel("meta", ChannelSettings(roi_around=2.0))
    acme.set_budget_setting("meta", BudgetSetting.FOLLOWS_DEMAND)

    assert acme.get().channel("meta") == ChannelSettings(
        roi_around=2.0, budget_setting=BudgetSetting.FOLLOWS_DEMAND
    )
    assert bolt.get() == MMMSettings()


@pytest.fixture
def daily(two_tenants):
    """Spend and revenue of acme by day, of bolt by week."""
    for store, every in zip(two_tenants, (1, 7), strict=True):
        days = dates(7 * 30 // every, every=every)
        store.write("spend", [spend_of(days, meta=10.0)])
        store.write("outcomes", [outcomes_of(days)])


def test_days_are_the_tenants_own(both, daily):
    acme, bolt = both

    acme.set_grain(Grain.DAY)

    assert (acme.get().grain, bolt.get().grain) == (Grain.DAY, Grain.WEEK)


def test_days_are_refused_where_the_data_are_weekly_and_weeks_never(both, daily):
    with pytest.raises(DataError, match=r"outcome revenue is by week"):
        both[1].set_grain(Grain.DAY)

    assert both[1].get().grain is Grain.WEEK
    assert both[1].set_grain(Grain.WEEK).grain is Grain.WEEK


def test_holidays_of_no_country_are_refused(both):
    with pytest.raises(ParameterError, match="no holidays for 'XX'"):
        both[0].save(MMMSettings(holidays="XX"))

    assert both[0].get() == MMMSettings()


@pytest.mark.parametrize(
    ("direction", "factor", "amounts"),
    [
        # 28 days of 100, a quarter of it.
        (Direction.OFF, 0.0, (35.0, 7.0, 63.0)),
        (Direction.ON, 2.0, (700 * 0.05 / 1.05, 700 * 0.01 / 1.01, 700 * 0.09 / 1.09)),
    ],
)
def test_a_test_from_elsewhere_becomes_an_amount_of_the_own_outcome(
    both, direction, factor, amounts
):
    acme, bolt = both

    added = acme.add_lift_test(**TEST, direction=direction, spend_factor=factor)

    interval = added.incremental_outcome_interval
    found = (added.incremental_outcome, interval.lower, interval.upper)
    assert found == pytest.approx(amounts)
    assert added.source is LiftSource.ENTERED
    assert acme.lift_tests() == [added]
    assert bolt.lift_tests() == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"lift": 0.2}, "outside of its own interval"),
        ({"outcome_share": 1.5}, "at most 100%"),
        ({"direction": Direction.ON}, "cannot have 0.0 times"),
    ],
)
def test_a_test_that_contradicts_itself_is_refused(both, changes, word):
    with pytest.raises(ParameterError, match=word):
        both[0].add_lift_test(**TEST | changes)

    assert both[0].lift_tests() == []


def test_a_test_without_any_outcome_in_its_days_is_refused(both):
    with pytest.raises(NotEnoughDataError, match="no outcome from 2024-03-04 to 2024-03-31"):
        both[1].add_lift_test(**TEST)


def test_tests_are_switched_off_and_on_and_removed_by_their_tenant_only(both):
    acme, bolt = both
    added = acme.add_lift_test(**TEST)

    assert acme.switch_test(added.id, on=False).experiments_off == (added.id,)
    assert acme.switch_test(added.id, on=True).experiments_off == ()
    with pytest.raises(ParameterError, match="no lift test"):
        bolt.switch_test(added.id, on=False)
    with pytest.raises(NotFoundError):
        bolt.remove_lift_test(added.id)
    acme.remove_lift_test(added.id)

    assert acme.lift_tests() == []


def test_a_workspaces_completed_experiments_are_offered(both, database_url, tmp_path, monkeypatch):
    entered = both[0].add_lift_test(**TEST)
    own = entered.model_copy(update={"id": "own"})
    monkeypatch.setattr(ExperimentsWorkspace, "lift_tests", lambda self: (own,))
    settings = Settings(_env_file=None, home=tmp_path, database_url=database_url)

    offered = open_workspace("acme", settings=settings).mmm.settings.lift_tests()

    assert {test.id for test in offered} == {"own", entered.id}


def test_own_experiments_stand_beside_the_tests_that_were_entered(both):
    acme, _ = both
    entered = acme.add_lift_test(**TEST)
    own = entered.model_copy(update={"id": "own", "start": dt.date(2024, 3, 2)})

    together = MMMSettingsWorkspace(acme._store, lambda: [own])

    assert [test.id for test in together.lift_tests()] == ["own", entered.id]
