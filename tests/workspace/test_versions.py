"""Versions of a tenant's model: measured in their own weeks, held back when they jump."""

import numpy as np
import pandas as pd
import pytest

from apportion.config import Settings
from apportion.mmm.posterior import FittedMMM
from apportion.results.mmm import ModelStatus
from apportion.workspace import Workspace
from mmm.companies import prior_fit
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
