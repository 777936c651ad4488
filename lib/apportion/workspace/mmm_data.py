"""From one tenant's source data to the weeks that a media mix model sees."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from apportion.errors import ApportionError, ParameterError
from apportion.mmm.data import MediaMixData, prepare
from apportion.results.mmm import ChannelSpend, Check
from apportion.results.mmm_settings import Grain, MMMSettings
from apportion.store import TenantStore

MAIN_METRIC = "revenue"


class BeforeTraining(NamedTuple):
    """What there is to train on, from one reading of a tenant's source data."""

    spend: list[ChannelSpend]
    """Every channel that has spend, and when, the most spent on first."""
    found: MediaMixData | ApportionError
    """The weeks of all channels with enough spend, or why they cannot carry a model."""

    @property
    def data(self) -> MediaMixData:
        """The weeks; raises what says why they cannot carry a model."""
        if isinstance(self.found, ApportionError):
            raise self.found
        return self.found

    @property
    def grains(self) -> tuple[Grain, ...]:
        """What a model can be fitted to; nothing where the data cannot carry one."""
        return () if isinstance(self.found, ApportionError) else self.found.grains

    def checks(self) -> tuple[Check, ...]:
        """Give every caution about the weeks, as ``MMMWorkspace.check``; raises as `data`."""
        from apportion.mmm.data_checks import checks_before

        return checks_before(self.data)


def before_training(store: TenantStore, settings: MMMSettings) -> BeforeTraining:
    """Give what there is to train on; see ``MMMWorkspace.before_training``."""
    spend = store.spend()
    try:
        found: MediaMixData | ApportionError = prepared(store, settings, spend=spend)
    except ApportionError as error:
        found = error
    return BeforeTraining(_coverage(spend), found)


def prepared(
    store: TenantStore,
    settings: MMMSettings,
    *,
    channels: str | Sequence[str] = "",
    start: str | dt.date | None = None,
    end: str | dt.date | None = None,
    outcome: str = "",
    spend: pd.DataFrame | None = None,
) -> MediaMixData:
    """Give the weeks that a model would be trained on; see ``MMMWorkspace.prepare``.

    Parameters
    ----------
    spend : DataFrame, optional
        The tenant's spend, where it has been read already.
    """
    names = channels.split(",") if isinstance(channels, str) else channels
    outcomes = store.outcomes()
    return prepare(
        store.spend() if spend is None else spend,
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


def _coverage(spend: pd.DataFrame) -> list[ChannelSpend]:
    spend = spend[spend["spend"] > 0]
    days = pd.to_datetime(spend["date"])
    rows = spend.assign(day=days, week=days.dt.to_period("W-SUN")).groupby("channel")
    found = rows.agg(
        total=("spend", "sum"),
        weeks=("week", "nunique"),
        first=("day", "min"),
        last=("day", "max"),
    ).sort_values("total", ascending=False)
    columns = (found.index, found["weeks"], found["first"].dt.date, found["last"].dt.date)
    return [
        ChannelSpend(channel=str(name), weeks=weeks, first_day=first, last_day=last)
        for name, weeks, first, last in zip(*columns, strict=True)
    ]


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
