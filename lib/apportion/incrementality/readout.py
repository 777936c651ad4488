"""The read-out: everything that a completed test says, as one result.

The estimate of every metric is the ratio-scaled synthetic control with randomisation inference; p
and the verdict are of the primary metric alone.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from apportion.errors import NotEnoughDataError
from apportion.incrementality import checks
from apportion.incrementality.checks import Event
from apportion.incrementality.evidence import balance, baseline_fit, sensitivity_of, weights
from apportion.incrementality.frame import Frame, frame
from apportion.incrementality.money import Effect, cost_per_order, effect, per_spend
from apportion.incrementality.monitoring import first_crossing, look_days, totals_at
from apportion.incrementality.outages import fill_outages
from apportion.incrementality.panel import Panel, fitted_to
from apportion.incrementality.power import ALPHA
from apportion.incrementality.randomisation import estimate
from apportion.incrementality.recommendation import Findings, recommend
from apportion.incrementality.repeating import repeat_with
from apportion.incrementality.spending import spending_of
from apportion.incrementality.synthetic_control import Fits, fit_sets
from apportion.incrementality.threads import one_thread
from apportion.incrementality.trajectory import trajectory
from apportion.results.base import LEVEL, Interval
from apportion.results.experiment_design import ExperimentCheck
from apportion.results.incrementality import (
    ExperimentResults,
    IncrementalityExperiment,
    Look,
    MetricEffect,
    Monitoring,
)

REVENUE, ORDERS = "revenue", "orders"


@dataclass(frozen=True)
class Surroundings:
    """What else is known: spend, other metrics, what happened on these days."""

    spend: Panel | None = None
    """Of the experiment's channel, by region."""
    metrics: Mapping[str, Panel] = field(default_factory=dict)
    """Other metrics by region."""
    promotions: Sequence[Event] = ()
    others: Sequence[Event] = ()
    """Other experiments, with the regions that they changed."""


@one_thread
def read_out(
    experiment: IncrementalityExperiment,
    data: Panel,
    *,
    at: dt.datetime,
    around: Surroundings | None = None,
    stopped_early_on: dt.date | None = None,
) -> ExperimentResults:
    """Read a test out.

    Parameters
    ----------
    data : Panel
        The primary metric of at least the experiment's regions, baseline and test.
    at : datetime
        When it is read out.
    stopped_early_on : date, optional
        If a planned look ended the test; the result says that its lift is likely overstated.

    Raises
    ------
    NotEnoughDataError
        If data of the test, regions or baseline are missing.
    """
    around = around or Surroundings()
    found = frame(experiment, data)
    planned = experiment.days if stopped_early_on is None else found.test.days
    if found.test.days < planned or not found.test.days:
        raise NotEnoughDataError(
            f"{experiment.metric} by region is there until {data.last_day}; the test ends on "
            f"{experiment.end_date}. Import the missing days."
        )
    fits = fit_sets(found.filled.baseline, found.members)
    main = estimate(fits, found.filled.test.sum(axis=0), found.chosen, level=LEVEL)
    # What the ads caused is a part of what was sold, not of what outages were filled with.
    own = effect(main, float(found.test.values[:, found.inside].sum()), found.sign)
    if not np.isfinite(own.incremental):
        raise NotEnoughDataError(
            f"The test regions have no {experiment.metric} during the test. Look for an outage."
        )
    effects = {
        name: each
        for name, panel in around.metrics.items()
        if (each := _effect_on(found, panel)) is not None
    }
    revenue = own if experiment.metric == REVENUE else effects.get(REVENUE)
    orders = own if experiment.metric == ORDERS else effects.get(ORDERS)
    spending, compliance = spending_of(found, around.spend)
    change = spending.change if spending is not None and spending.change > 0 else None
    iroas, iroas_interval = per_spend(revenue, change) if revenue and change else (None, None)
    cost, cost_interval = cost_per_order(orders, change) if orders and change else (None, None)
    is_significant = main.p_value <= ALPHA
    sensitivity, agreement, disagreement = sensitivity_of(found, own)
    interval = _percent(own.lift_interval)
    findings = Findings(
        channel=experiment.channel,
        lift=100 * own.lift,
        lift_interval=interval,
        is_significant=is_significant,
        iroas=iroas,
        iroas_interval=iroas_interval,
        margin=experiment.margin,
        minimum_effect=experiment.minimum_effect_percent,
        is_compliant=not any(check.code == "compliance" for check in compliance),
        repeat_with=None if is_significant else repeat_with(found),
    )
    action, recommendation = recommend(findings)
    early = _early(stopped_early_on)
    known = checks.at_read_out(found, fits, promotions=around.promotions, others=around.others)
    return ExperimentResults(
        incremental_lift_percent=100 * own.lift,
        incremental_lift_percent_interval=interval,
        confidence_interval=interval,
        incremental_revenue=revenue.incremental if revenue else None,
        incremental_revenue_interval=_interval(revenue.incremental_interval) if revenue else None,
        incremental_outcome=own.incremental,
        incremental_outcome_interval=_interval(own.incremental_interval),
        p_value=main.p_value,
        is_significant=is_significant,
        is_exact=found.is_exact,
        action=action,
        recommendation=recommendation,
        iroas=iroas,
        iroas_interval=iroas_interval,
        cost_per_incremental_order=cost,
        cost_per_incremental_order_interval=cost_interval,
        spending=spending,
        outcome_share=_outcome_share(found, data),
        weights=weights(found, fits),
        baseline_fit=baseline_fit(found, fits),
        balance=balance(found, fits),
        sensitivity=sensitivity,
        agreement=agreement,
        other_metrics=tuple(_metric(name, each) for name, each in sorted(effects.items())),
        trajectory=trajectory(
            found,
            fits,
            log_effect=main.effect,
            is_read_out=True,
            spend=around.spend,
            orders=_orders(experiment, data, around),
        ),
        checks=(*compliance, *early, *known, *disagreement),
        reference_sets=len(found.members),
        data_hash=data_hash(found),
        read_out_at=at,
        stopped_early_on=stopped_early_on,
    )


@one_thread
def monitor(
    experiment: IncrementalityExperiment, data: Panel, around: Surroundings | None = None
) -> Monitoring:
    """Give how a running test goes: trajectory and data quality, and no verdict.

    Raises
    ------
    NotEnoughDataError
        If baseline or regions are missing.
    """
    around = around or Surroundings()
    found = frame(experiment, data)
    fits = fit_sets(found.filled.baseline, found.members)
    _, compliance = spending_of(found, around.spend) if found.test.days else (None, ())
    return Monitoring(
        day=found.test.days,
        days=experiment.days,
        trajectory=trajectory(
            found, fits, spend=around.spend, orders=_orders(experiment, data, around)
        ),
        checks=(
            *compliance,
            *checks.at_read_out(found, fits, promotions=around.promotions, others=around.others),
        ),
        looks=_looks(found, fits) if experiment.weekly_looks else (),
    )


def data_hash(found: Frame) -> str:
    """Give the SHA-256 of the days and regions that the read-out is computed from."""
    return found.all_days.data_hash


def _looks(found: Frame, fits: Fits) -> tuple[Look, ...]:
    days = look_days(found.experiment.days)
    totals = totals_at(found.baseline.values, found.test.values, days)
    crossed = first_crossing(fits, totals, found.chosen, found.experiment.days)
    return tuple(
        Look(day=day, is_crossed=crossed is not None and day >= crossed)
        for day in days
        if day <= found.test.days
    )


def _effect_on(found: Frame, panel: Panel) -> Effect | None:
    """Give the effect on another metric; None where a region has nothing of it to be scaled by."""
    regions, before = found.baseline.regions, found.baseline.days
    if not set(regions) <= set(panel.regions):
        return None
    values = fitted_to(panel, found.baseline.first_day, before + found.test.days, regions)
    observed = float(values[before:, found.inside].sum())
    if np.any(values[:before].sum(axis=0) <= 0) or not observed > 0:
        return None
    filled = fill_outages(values[:before], values[before:])
    fits = fit_sets(filled.baseline, found.members)
    main = estimate(fits, filled.test.sum(axis=0), found.chosen, level=LEVEL)
    return effect(main, observed, found.sign)


def _early(stopped_on: dt.date | None) -> tuple[ExperimentCheck, ...]:
    if stopped_on is None:
        return ()
    return (
        checks.caution(
            "stopped_early",
            f"It was stopped at a planned look, with data until {stopped_on}: a test that is "
            "stopped because its effect is large overstates the lift.",
        ),
    )


def _orders(
    experiment: IncrementalityExperiment, data: Panel, around: Surroundings
) -> Panel | None:
    return data if experiment.metric == ORDERS else around.metrics.get(ORDERS)


def _outcome_share(found: Frame, data: Panel) -> float:
    """Give the changed regions' share of all regions, also of those outside the experiment."""
    everything = data.between(found.baseline.first_day, found.baseline.last_day).values.sum()
    return float(found.baseline.values[:, found.inside].sum() / everything)


def _metric(name: str, found: Effect) -> MetricEffect:
    return MetricEffect(
        metric=name,
        lift_percent=100 * found.lift,
        lift_percent_interval=_percent(found.lift_interval),
        incremental=found.incremental,
        incremental_interval=_interval(found.incremental_interval),
    )


def _percent(ends: tuple[float, float]) -> Interval:
    return Interval(lower=100 * ends[0], upper=100 * ends[1])


def _interval(ends: tuple[float, float]) -> Interval:
    return Interval(lower=ends[0], upper=ends[1])
