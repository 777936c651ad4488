"""Panels with known effects: GeoLift's published one, and simulated ones of several kinds."""

import datetime as dt
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from apportion.frames import OUTCOMES, SPEND, conform
from apportion.incrementality.panel import Panel, panel
from apportion.results.calibration import Direction
from apportion.results.incrementality import ExperimentStatus, IncrementalityExperiment, Platform

GEOLIFT = Path(__file__).resolve().parents[1] / "reference" / "geolift_test.csv"
TREATED = ("chicago", "portland")
BASELINE_DAYS = 90
START = dt.date(2021, 4, 1)
NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
KINDS = ("plain", "break", "outlier", "zeros")


@cache
def geolift() -> Panel:
    """Orders of 40 cities, 105 days."""
    read = pd.read_csv(GEOLIFT).rename(columns={"location": "region", "Y": "value"})
    found = panel(conform(read.assign(metric="orders"), OUTCOMES), "orders")
    assert found is not None
    return found


def simulated(
    seed: int, *, days: int = 118, regions: int = 40, rho: float = 0.5, kind: str = "plain"
) -> Panel:
    """Give regions of unequal size that share two random walks, with AR(1) errors of their own.

    Parameters
    ----------
    kind : str
        ``break``: a quarter of the regions changes its level for good on some day; ``outlier``:
        four regions sell a tenth for four days; ``zeros``: four regions hardly sell at all.
    """
    rng = np.random.default_rng(seed)
    size = np.exp(rng.normal(8, 0.6, regions))
    week = 1 + 0.25 * np.sin(2 * np.pi * np.arange(days)[:, None] / 7) * rng.uniform(
        0.6, 1.4, regions
    )
    common = np.cumsum(rng.normal(0, 0.02, (days, 2)), axis=0)
    loadings = np.column_stack([np.ones(regions), rng.normal(0, 0.5, regions)])
    noise = rng.normal(size=(days, regions))
    error = noise.copy()
    for day in range(1, days):
        error[day] = rho * error[day - 1] + np.sqrt(1 - rho**2) * noise[day]
    level = np.log(size) + np.log(week) + common @ loadings.T
    level += error * rng.uniform(0.04, 0.10, regions)
    some = rng.choice(regions, 4, replace=False)
    if kind == "break":
        for region in rng.choice(regions, regions // 4, replace=False):
            level[rng.integers(30, days) :, region] += rng.normal(0, 0.08)
    values = np.exp(level)
    if kind == "outlier":
        for region in some:
            first = rng.integers(10, days - 10)
            values[first : first + 4, region] *= 0.1
    if kind == "zeros":
        values[:, some] = rng.poisson(0.6, (days, 4))
    return of(values)


def of(values: np.ndarray, first_day: dt.date = dt.date(2021, 1, 1)) -> Panel:
    """Give a panel with regions r00, r01, ..."""
    names = tuple(f"r{number:02d}" for number in range(values.shape[1]))
    return Panel(first_day, names, values, np.ones(values.shape, dtype=np.bool_))


def experiment(
    data: Panel,
    changed: tuple[str, ...],
    *,
    direction: Direction = Direction.ON,
    days: int = 14,
    start: dt.date | None = None,
    **settings: object,
) -> IncrementalityExperiment:
    """Give an experiment on the last days of a panel, all other regions being donors."""
    begin = start or data.last_day - dt.timedelta(days=days - 1)
    others = tuple(region for region in data.regions if region not in changed)
    is_on = direction is Direction.ON
    values = {
        "id": "e1",
        "name": "Test",
        "platform": Platform.META,
        "status": ExperimentStatus.RUNNING,
        "test_regions": changed if is_on else others,
        "control_regions": others if is_on else changed,
        "start_date": begin,
        "end_date": begin + dt.timedelta(days=days - 1),
        "pre_test_days": BASELINE_DAYS,
        "budget_estimate": None,
        "direction": direction,
        "metric": "orders",
        "channel": "meta",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return IncrementalityExperiment.model_validate({**values, **settings})


def with_effect(data: Panel, on: IncrementalityExperiment, lift: float) -> Panel:
    """Give the panel as if ads present had this lift over ads absent."""
    factor = 1 + lift if on.direction is Direction.ON else 1 / (1 + lift)
    values = np.array(data.values)
    first = (on.start_date - data.first_day).days
    values[first : first + on.days, data.places(on.changed_regions)] *= factor
    return Panel(data.first_day, data.regions, values, data.is_recorded)


def outcome_frame(data: Panel, metric: str = "revenue") -> pd.DataFrame:
    """Give a panel as rows of `frames.OUTCOMES`."""
    wide = pd.DataFrame(data.values, index=pd.Index(data.dates, name="date"), columns=data.regions)
    rows = wide.reset_index().melt("date", var_name="region")
    return conform(rows.assign(metric=metric), OUTCOMES)


def spend_frame(data: Panel, channel: str = "meta") -> pd.DataFrame:
    """Give a panel as rows of `frames.SPEND`."""
    rows = outcome_frame(data).rename(columns={"value": "spend"}).drop(columns="metric")
    return conform(rows.assign(channel=channel), SPEND)
