"""Worlds to hold claims against: one year of each demo tenant."""

import datetime as dt
from dataclasses import replace

import pytest

from apportion.demo import DEMO_TENANTS, NOVA, TenantPlan, World, simulate

END = dt.date(2026, 6, 30)


@pytest.fixture(scope="session", params=DEMO_TENANTS, ids=lambda plan: plan.slug)
def world(request: pytest.FixtureRequest) -> World:
    """One year of a demo tenant."""
    plan: TenantPlan = request.param
    return simulate(plan, end=END, years=1, seed=3)


@pytest.fixture(scope="session")
def nova() -> World:
    """One year of the smaller tenant."""
    return simulate(NOVA, end=END, years=1, seed=3)


@pytest.fixture(scope="session")
def tracked() -> World:
    """One year of the smaller tenant without a tracking outage."""
    plan = replace(NOVA, outage=replace(NOVA.outage, missing=0.0))
    return simulate(plan, end=END, years=1, seed=3)
