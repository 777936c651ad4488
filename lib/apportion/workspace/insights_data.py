"""From one tenant's data, calendar, models and tests to what the insights are found in."""

import datetime as dt
from typing import Literal

import numpy as np
import pandas as pd

from apportion.errors import NotFoundError
from apportion.insights.analysis import Circumstances
from apportion.insights.calendar import Occasion, experiments_of, holidays_of, occasions_of
from apportion.insights.knowledge import Knowledge
from apportion.insights.metrics import Sources
from apportion.results.insights import Feedback, Verdict
from apportion.results.journeys import AttributionModel
from apportion.results.mmm import MMMResults, ModelStatus
from apportion.store import TenantStore

JOURNEY_DAYS: Literal[30] = 30
"""Before a conversion, of the attribution that is compared with the model."""


def sources_of(store: TenantStore, begin: dt.date, last: dt.date) -> Sources:
    """Give the source data of some days."""
    return Sources(
        spend=store.spend(begin, last),
        outcomes=store.outcomes(begin, last),
        customers=_customers(store, begin, last),
        touchpoints=_touchpoints(store, begin, last),
    )


def circumstances_of(store: TenantStore, begin: dt.date, last: dt.date) -> Circumstances:
    """Give what the analysis needs to know besides the data of some days.

    Its calendar has the tenant's events, the public holidays of its country (that of the media mix
    settings), its geo experiments, and what people said to be expected.
    """
    said = store.feedback()
    return Circumstances(
        currency=store.tenant.currency,
        now=dt.datetime.now(dt.UTC),
        occasions=[
            *occasions_of(store.events(begin, last)),
            *holidays_of(store.mmm_settings().holidays, begin, last),
            *experiments_of(store.experiments()),
            *(_occasion(one) for one in said if one.verdict is Verdict.EXPECTED),
        ],
        muted=frozenset(one.series for one in said if one.verdict is Verdict.MUTE),
        knowledge=_knowledge(store),
    )


def _occasion(said: Feedback) -> Occasion:
    span = (np.datetime64(said.start, "D"), np.datetime64(said.end, "D"))
    return Occasion(f"expected {said.anomaly}", (span,), frozenset({said.series}))


def _knowledge(store: TenantStore) -> Knowledge:
    newest = store.models(limit=1)
    model = store.latest_model() if newest else None
    is_refused = bool(newest) and newest[0].status is ModelStatus.FAILED
    return Knowledge(
        model=model if model and model.status is ModelStatus.COMPLETED else None,
        newest_failed=(newest[0].reason or "The training failed.") if is_refused else None,
        experiments=tuple(store.experiments()),
        tested_elsewhere=frozenset(test.channel for test in store.lift_tests()),
        credit=_credit(store, model),
    )


def _credit(store: TenantStore, model: MMMResults | None) -> dict[str, float]:
    """Give each channel's percent of the credit by the Markov chain, among those modelled."""
    try:
        analysis = store.journey_results(JOURNEY_DAYS)
    except NotFoundError:
        return {}
    modelled = {effect.channel for effect in model.channels} if model else set()
    table = next(table for table in analysis.credit if table.dimension == "channel")
    credit = {
        row.name: next(c.revenue for c in row.credits if c.model is AttributionModel.MARKOV)
        for row in table.rows
        if row.name in modelled
    }
    total = sum(credit.values())
    return {name: 100 * part / total for name, part in credit.items()} if total > 0 else {}


def _customers(store: TenantStore, begin: dt.date, last: dt.date) -> pd.DataFrame:
    orders = store.conversions(begin, last)
    counted = pd.DataFrame(
        {
            "date": _days(store, orders["timestamp"]),
            "orders": 1,
            "new_orders": orders["is_new_customer"].astype("int64"),
        }
    )
    return counted.groupby("date", as_index=False).sum()


def _touchpoints(store: TenantStore, begin: dt.date, last: dt.date) -> pd.DataFrame:
    touches = store.touchpoints(begin, last)
    counted = pd.DataFrame(
        {
            "date": _days(store, touches["timestamp"]),
            "device": touches["device"],
            "touchpoints": 1,
        }
    )
    return counted.groupby(["date", "device"], as_index=False).sum()


def _days(store: TenantStore, timestamps: pd.Series) -> pd.Series:
    local = timestamps.dt.tz_convert(store.tenant.timezone)
    days: pd.Series = local.dt.tz_localize(None).dt.normalize()
    return days
