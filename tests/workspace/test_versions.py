"""Versions of a tenant's model: measured in their own weeks, held back when they jump."""

import numpy as np
import pandas as pd
import pytest

from apportion.config import Settings
from apportion.mmm.days import Rows
from apportion.mmm.posterior import FittedMMM
from apportion.results.mmm import ModelStatus
from apportion.results.mmm_settings import Grain
from apportion.results.scenarios import SpendPlan
from apportion.workspace import Workspace
from mmm.companies import daily_company, prior_fit, with_baseline
from store.examples import results

WEEKS = 60


@pytest.fixture
def workspace(store, tenant):
    return Workspace(store, tenant.tenant.slug, Settings(_env_file=None))


def _load_daily(tenant, data, days, spend_times=1.0):
    """Store `days` days of data, a seventh of its week each, from the first week's first day on."""
    dates = pd.Timestamp(data.weeks[0]) + pd.to_timedelta(np.arange(days), unit="D")
    week = np.arange(days) // 7
    for k, name in enumerate(data.channels):
        spend = spend_times * data.spend[week, k] / 7
        tenant.write("spend", [pd.DataFrame({"date": dates, "channel": name, "spend": spend})])
    outcome = {"date": dates, "region": "", "metric": "revenue", "value": data.outcome[week] / 7}
    tenant.write("outcomes", [pd.DataFrame(outcome)])
    for k, name in enumerate(data.control_names):
        control = {"date": dates, "name": name, "value": data.controls[week, k]}
        tenant.write("controls", [pd.DataFrame(control)])


@pytest.mark.parametrize("more_days", [0, 3], ids=["whole weeks", "three days of the next"])
def test_daily_data_are_measured_in_the_weeks_of_the_version(workspace, tenant, more_days):
    whole = prior_fit(3, size=40, weeks=WEEKS)
    fitted = FittedMMM(whole.draws, whole.data.first(WEEKS - 5))
    model = tenant.start_model(channels=whole.data.channels, start=None, end=None)
    tenant.complete_model(model.model_id, results(), fitted.to_bytes())
    _load_daily(tenant, whole.data, 7 * (WEEKS - 1) + more_days)

    [found] = workspace.versions.measure()

    assert found.weeks == 4
    assert found.period == whole.data.range_of(WEEKS - 5, WEEKS - 1)


def test_versions_by_week_and_by_day_stand_side_by_side(workspace, tenant):
    whole = prior_fit(3, size=40, weeks=WEEKS)
    days = [np.repeat(each, 7, axis=0) for each in (whole.data.spend, whole.data.outcome)]
    rows = Rows(
        days[0] / 7,
        days[1] / 7,
        np.repeat(whole.data.controls, 7, axis=0),
        np.zeros((7 * WEEKS, 0)),
    )
    by_day = whole.data.with_days(rows)
    daily = FittedMMM(with_baseline(whole.draws, by_day, np.random.default_rng(3)), by_day)
    for fitted in (whole, daily):
        seen = FittedMMM(fitted.draws, fitted.data.first(WEEKS - 5))
        model = tenant.start_model(channels=whole.data.channels, start=None, end=None)
        tenant.complete_model(model.model_id, results(), seen.to_bytes())
    _load_daily(tenant, whole.data, 7 * (WEEKS - 1))

    measured = workspace.versions.measure()

    assert [(each.version, each.weeks) for each in measured] == [(2, 4), (1, 4)]
    assert measured[0].last_year_mape == pytest.approx(measured[1].last_year_mape)
    planners = [workspace.mmm.planner(version) for version in (1, 2)]
    assert [each.fitted.data.grain for each in planners] == ["week", "day"]
    weeks, days = (each.grid for each in planners)
    assert days.current == pytest.approx(weeks.current)
    assert days.highest == pytest.approx(weeks.highest)
    assert days.revenue.shape == weeks.revenue.shape
    forecasts = [each.forecast(SpendPlan(weeks=6, spend={})) for each in planners]
    assert forecasts[0].spend == forecasts[1].spend
    assert forecasts[0].weeks == forecasts[1].weeks
    assert len(forecasts[1].expected) == 6


@pytest.mark.slow
def test_a_tenant_trains_by_day_beside_its_weekly_version(workspace, tenant):
    known = daily_company(31, weeks=40, channels=2, noise=0.06, autoregression=(0.5,)).data
    for row, name in enumerate(known.channels):
        spend = {"date": known.dates, "channel": name, "spend": known.rows.spend[:, row]}
        tenant.write("spend", [pd.DataFrame(spend)])
    outcome = {"date": known.dates, "region": "", "metric": "revenue", "value": known.rows.outcome}
    tenant.write("outcomes", [pd.DataFrame(outcome)])
    by_week = workspace.mmm.refresh()
    workspace.mmm.settings.set_grain(Grain.DAY)

    by_day = workspace.mmm.refresh()

    assert (by_week.model_fit.grain, by_day.model_fit.grain) == ("week", "day")
    assert by_day.date_range == by_week.date_range
    assert by_day.decomposition.weeks == by_week.decomposition.weeks
    assert by_day.decomposition.observed == pytest.approx(by_week.decomposition.observed)
    for one, other in zip(by_day.channels, by_week.channels, strict=True):
        assert one.current_spend == pytest.approx(other.current_spend)
        assert one.current_roi_interval.lower < other.current_roi_interval.upper
        assert other.current_roi_interval.lower < one.current_roi_interval.upper
    compared = workspace.versions.compare(1, 2)
    assert (compared.before.model_fit.grain, compared.after.model_fit.grain) == ("week", "day")
    assert [each.model_fit.grain for each in workspace.mmm.versions()] == ["day", "week"]


@pytest.mark.slow
def test_a_training_on_data_whose_unit_changed_is_held_back(workspace, tenant):
    data = prior_fit(3, size=10, weeks=WEEKS, channels=2).data
    _load_daily(tenant, data, 7 * WEEKS)
    first = workspace.mmm.refresh()
    _load_daily(tenant, data, 7 * WEEKS, spend_times=0.1)  # as if imported in another currency

    second = workspace.mmm.refresh()

    assert (first.is_current, first.held_back) == (True, None)
    assert (second.status, second.is_current) == (ModelStatus.COMPLETED, False)
    assert "the return of" in second.held_back
    assert workspace.mmm.latest().version == 1
    assert workspace.versions.make_current(2, reason="It is cents.").is_current
    assert workspace.mmm.latest().version == 2
