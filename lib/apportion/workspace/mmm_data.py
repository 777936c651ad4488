"""From one tenant's source data to the weeks that a media mix model sees."""

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from apportion.errors import ParameterError
from apportion.mmm.data import MediaMixData, prepare
from apportion.results.mmm_settings import MMMSettings
from apportion.store import TenantStore

MAIN_METRIC = "revenue"


def prepared(
    store: TenantStore,
    settings: MMMSettings,
    *,
    channels: str | Sequence[str] = "",
    start: str | dt.date | None = None,
    end: str | dt.date | None = None,
    outcome: str = "",
) -> MediaMixData:
    """Give the weeks that a model would be trained on; see ``MMMWorkspace.prepare``."""
    names = channels.split(",") if isinstance(channels, str) else channels
    outcomes = store.outcomes()
    return prepare(
        store.spend(),
        outcomes,
        store.controls(),
        channels=[name.strip() for name in names if name.strip()] or None,
        start=_date(start, "start"),
        end=_date(end, "end"),
        outcome=outcome or _main_metric(outcomes),
        events=store.events(),
        settings=settings,
    )


def total_outcome(store: TenantStore, metric: str, start: dt.date, end: dt.date) -> float:
    """Give the tenant's outcome from `start` to `end`; by day, a week's where data are weekly.

    Parameters
    ----------
    metric : str
        Empty: revenue, or the only metric there is.
    """
    outcomes = store.outcomes()
    if outcomes.empty:
        return 0.0
    rows = outcomes[outcomes["metric"] == (metric or _main_metric(outcomes))]
    whole = rows[rows["region"] == ""]
    daily = (whole if not whole.empty else rows).groupby("date")["value"].sum().sort_index()
    if daily.empty:
        return 0.0
    gap = int(daily.index.to_series().diff().dt.days.median()) if len(daily) > 1 else 1
    by_day = daily / gap
    spread = pd.concat([by_day.shift(lag, freq="D") for lag in range(gap)])
    inside = (spread.index >= pd.Timestamp(start)) & (spread.index <= pd.Timestamp(end))
    return float(spread[inside].sum())


def _main_metric(outcomes: pd.DataFrame) -> str:
    metrics = outcomes["metric"].unique()
    return str(metrics[0]) if len(metrics) == 1 else MAIN_METRIC


def _date(value: str | dt.date | None, name: str) -> dt.date | None:
    if not value or isinstance(value, dt.date):
        return value or None
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise ParameterError(f"{name} must be a date as YYYY-MM-DD; found {value!r}.") from error
