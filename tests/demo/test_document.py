"""The document's tables are the plans' values."""

from pathlib import Path

import pytest

from apportion.demo import DEMO_TENANTS
from apportion.demo.orders import DAYS_TO_RETURN

DOCUMENT = (Path(__file__).parents[2] / "docs" / "demo-world.md").read_text(encoding="utf-8")


def weeks(flight):
    if flight.on_weeks is None:
        return "always"
    (on, on_most), (off, off_most) = flight.on_weeks, flight.off_weeks
    return f"{on}–{on_most} on, {off}–{off_most} off"


def row(channel):
    flight, visits = channel.flight, channel.visits
    paths = (visits.exposures, visits.closing, visits.own_click) if visits else "–––"
    cells = [
        channel.name, channel.daily_spend, channel.roi, channel.retention,
        channel.half_saturation, channel.slope, flight.variation, weeks(flight),
        flight.promotion_boost, flight.season, flight.follows_demand, *paths,
        channel.new_customer_share,
    ]  # fmt: skip
    texts = [cell if isinstance(cell, str) else f"{cell:g}" for cell in cells]
    return f"| {' | '.join(texts)} |"


@pytest.mark.parametrize("plan", DEMO_TENANTS, ids=lambda plan: plan.slug)
def test_every_channel_is_in_its_tenants_table_as_planned(plan):
    _, table = DOCUMENT.split(f"| {plan.name} | spend a day |")
    rows = table.splitlines()[2 : 2 + len(plan.channels)]

    assert rows == [row(channel) for channel in plan.channels]


def test_demand_is_as_planned():
    harbour, nova = (plan.demand for plan in DEMO_TENANTS)

    assert f"| orders a day | {harbour.daily_orders:g} | {nova.daily_orders:g} |" in DOCUMENT
    assert f"| $g$ = {harbour.growth:g} | $g$ = {nova.growth:g} |" in DOCUMENT
    assert f"| $s$ = {harbour.season:g}, $d$ = {harbour.peak_day} |" in DOCUMENT
    assert f"| $s$ = {nova.season:g}, $d$ = {nova.peak_day} |" in DOCUMENT
    assert f"AR(1) 0.85, sd | {harbour.noise:g} | {nova.noise:g} |" in DOCUMENT
    assert f"AR(1) 0.9, sd | {harbour.region_noise:g} | {nova.region_noise:g} |" in DOCUMENT
    assert f"{DAYS_TO_RETURN:g} days older on average" in DOCUMENT


def test_visitors_per_order_are_as_planned():
    harbour, nova = (plan.visitors_per_order for plan in DEMO_TENANTS)

    assert f"(per order {harbour:g} at Harbour & Pine, {nova:g} at Nova Supply)" in DOCUMENT
