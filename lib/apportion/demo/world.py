"""Simulate a demo tenant: every frame and the truth behind them, from one causal model."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from apportion.demo import tables
from apportion.demo.baskets import baskets
from apportion.demo.calendar import (
    Calendar,
    calendar,
    experiment_days,
    experiments_that_ran,
    promotion_depth,
    sales,
)
from apportion.demo.demand import baseline
from apportion.demo.journeys import Touches, draw_paths, draw_touches
from apportion.demo.media import Response, intervene, planned_spend, response
from apportion.demo.orders import Integers, Orders, draw_orders
from apportion.demo.plan import Intervention, TenantPlan
from apportion.demo.streams import Floats
from apportion.demo.truth import BASELINE, Direction, ExperimentTruth, Incident, Truth


@dataclass(frozen=True)
class World:
    """A tenant's source data and what is true of them."""

    plan: TenantPlan
    start: dt.date
    end: dt.date
    frames: Mapping[str, pd.DataFrame]
    """Dataset name to frame, each conforming to ``frames.DATASETS``."""
    truth: Truth


def simulate(
    plan: TenantPlan,
    *,
    end: dt.date,
    years: float = 3,
    seed: int = 1,
    interventions: Iterable[Intervention] = (),
) -> World:
    """Give the tenant's world up to and including `end`.

    Parameters
    ----------
    plan : TenantPlan
    end : date
        The last day of the data, in the tenant's time zone.
    years : float
        Length of spend, outcomes, controls and events; conversions, items and touchpoints cover
        the last ``plan.journey_days``.
    seed : int
    interventions : iterable of Intervention
        A counterfactual: changes of spend on top of the plan's experiments. Demand, the other
        channels' spend and the orders of every other cause stay as they are without it.

    Raises
    ------
    ValueError
        If `years` is too short for the plan's experiments, or an intervention names a channel,
        region or day that is not there.
    """
    days = calendar(plan, end=end, years=years)
    running = sales(plan.promotions, days)
    demand = baseline(plan, days, promotion_depth(running, days), seed)
    planned = planned_spend(plan, days, demand, seed)
    spend = intervene(planned, plan, days, [*_experiments(plan, end), *interventions])
    responses = {
        channel.name: response(channel, planned[:, number], demand.size)
        for number, channel in enumerate(plan.channels)
    }
    incremental = _incremental(responses, spend)
    goods = baskets(plan)
    expected = np.concatenate([demand.orders[:, None], incremental / goods.mean_value], axis=1)
    orders = draw_orders(plan, days, expected, goods, seed)
    cents = goods.cents[orders.basket]
    regions, causes = len(plan.regions), 1 + len(plan.channels)

    first_day = max(days.size - plan.journey_days, 0)
    recent = orders.since(first_day)
    ids = tables.order_ids(plan, orders.day.size - recent.day.size, recent.day.size)
    paths = draw_paths(plan, days, recent, seed)
    touches = Touches.join(
        [draw_touches(plan, days, spend, ends, first_day, seed) for ends in paths]
    )
    campaigns = tables.campaigns(plan, days, demand.depth)
    clicks, impressions = tables.clicks_and_impressions(plan, spend, seed)
    place = orders.day * regions + orders.region
    frames = {
        "spend": tables.spend_frame(plan, days, spend, clicks, impressions, campaigns),
        "outcomes": tables.outcome_frame(
            plan,
            days,
            _sum_by(place, cents, days.size, regions),
            _sum_by(place, np.ones_like(cents), days.size, regions),
            demand,
            clicks,
            seed,
        ),
        "controls": tables.control_frame(days, demand),
        "touchpoints": tables.touchpoint_frame(plan, days, touches, campaigns, seed),
        "conversions": tables.conversion_frame(recent, ids, goods),
        "order_items": tables.item_frame(plan, recent, ids, goods),
        "events": tables.event_frame(plan, running),
    }
    truth = Truth(
        calendar=days,
        channels=plan.channel_names,
        regions=plan.region_names,
        spend=spend,
        baseline=demand.orders * goods.mean_value,
        incremental=incremental,
        realised=_sum_by(orders.day * causes + orders.cause, cents, days.size, causes) / 100,
        responses=responses,
        order_causes=_causes(plan, recent, ids),
        experiments=(),
        incidents=_incidents(plan, days),
    )
    ran = replace(plan, experiments=experiments_that_ran(plan, end))
    experiments = tuple(
        _experiment(ran, days, planned, truth, number)
        for number, each in enumerate(ran.experiments)
        if experiment_days(each, end)[1] <= end
    )
    truth = replace(truth, experiments=experiments)
    return World(plan, days.start, days.end, frames, truth)


def _experiments(plan: TenantPlan, end: dt.date) -> list[Intervention]:
    found = []
    for experiment in experiments_that_ran(plan, end):
        first, last = experiment_days(experiment, end)
        days = (first, min(last, end))
        found.append(Intervention(experiment.channel, experiment.factor, *days, experiment.regions))
    return found


def _sum_by(place: Integers, values: Integers, rows: int, columns: int) -> Integers:
    """Sum whole numbers by place = row x columns + column; exact below 2**53."""
    return np.bincount(place, values, rows * columns).astype(np.int64).reshape(rows, columns)


def _causes(plan: TenantPlan, orders: Orders, ids: pd.Series) -> pd.Series:
    names = np.array([BASELINE, *plan.channel_names], dtype=object)
    return pd.Series(names[orders.cause], index=pd.Index(ids, name="order_id"), name="cause")


def _experiment(
    plan: TenantPlan, days: Calendar, planned: Floats, truth: Truth, number: int
) -> ExperimentTruth:
    """Hold the world with every experiment against the world with every one but this."""
    experiment, changes = plan.experiments[number], _experiments(plan, days.end)
    start, end = experiment_days(experiment, days.end)
    regions = experiment.regions
    with_it = intervene(planned, plan, days, changes)
    without_it = intervene(planned, plan, days, changes[:number] + changes[number + 1 :])
    on = experiment.factor > 1
    more, less = (with_it, without_it) if on else (without_it, with_it)
    revenue_more, revenue_less = (
        replace(truth, incremental=_incremental(truth.responses, spend)).revenue(
            start, end, regions
        )
        for spend in (more, less)
    )
    others = tuple(region for region in plan.region_names if region not in regions)
    return ExperimentTruth(
        name=experiment.name,
        channel=experiment.channel,
        platform=experiment.platform,
        direction=Direction.ON if on else Direction.OFF,
        test_regions=regions if on else others,
        control_regions=others if on else regions,
        start=start,
        end=end,
        pre_test_days=experiment.pre_test_days,
        spend_change=float((more - less).sum()),
        incremental_revenue=revenue_more - revenue_less,
        lift_percent=100 * (revenue_more / revenue_less - 1),
    )


def _incremental(responses: Mapping[str, Response], spend: Floats) -> Floats:
    return np.stack(
        [one.revenue(spend[:, number]) for number, one in enumerate(responses.values())], axis=1
    )


def _incidents(plan: TenantPlan, days: Calendar) -> tuple[Incident, ...]:
    outage = plan.outage
    sold, recorded = ("revenue", "orders", "sessions"), ("sessions", "touchpoints")
    name = f"tracking outage on {outage.device}"
    found = [
        _incident(days, name, outage.days_before_end, outage.days, recorded, 1 - outage.missing),
        *(
            _incident(days, shock.name, shock.days_before_end, shock.days, sold, shock.factor)
            for shock in plan.shocks
        ),
    ]
    return tuple(sorted(found, key=lambda incident: incident.start))


def _incident(
    days: Calendar, name: str, before: int, length: int, metrics: tuple[str, ...], factor: float
) -> Incident:
    start = days.end - dt.timedelta(days=before)
    return Incident(name, start, start + dt.timedelta(days=length - 1), metrics, factor)
