"""The parts of a world: its calendar, its random numbers, its baskets."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from apportion.demo import HARBOUR, NOVA, told
from apportion.demo.baskets import baskets
from apportion.demo.calendar import (
    Calendar,
    experiment_days,
    experiments_that_ran,
    promotion_depth,
    sales,
)
from apportion.demo.plan import Promotion
from apportion.demo.streams import autoregression, stream
from apportion.results.mmm_settings import BudgetSetting


def test_a_day_lasts_23_or_25_hours_when_the_clocks_change():
    days = Calendar(dt.date(2026, 3, 28), dt.date(2026, 10, 26), "Europe/Berlin")
    hours = np.diff(days.midnights) / 3600

    assert hours[days.index(dt.date(2026, 3, 29))] == 23
    assert hours[days.index(dt.date(2026, 10, 25))] == 25
    assert np.sum(hours != 24) == 2


def test_weeks_begin_on_monday():
    days = Calendar(dt.date(2026, 1, 1), dt.date(2026, 1, 12), "UTC")  # a Thursday

    assert days.weeks.tolist() == [0] * 4 + [1] * 7 + [2]


def test_a_sale_over_new_year_is_found_from_both_sides():
    promotions = (Promotion("Winter sale", 12, 28, 10, 0.2),)
    days = Calendar(dt.date(2026, 1, 1), dt.date(2026, 12, 30), "UTC")

    running = sales(promotions, days)
    depth = promotion_depth(running, days)
    assert [sale.start.year for sale in running] == [2025, 2026]
    assert np.flatnonzero(depth).tolist() == [0, 1, 2, 3, 4, 5, 361, 362, 363]


@pytest.mark.parametrize("day", range(7))
def test_an_experiment_is_four_whole_weeks(day):
    start, end = experiment_days(NOVA.experiments[0], dt.date(2026, 6, 1) + dt.timedelta(days=day))

    assert start.weekday() == 0
    assert end - start == dt.timedelta(days=27)


@pytest.mark.parametrize("day", range(7))
def test_the_demo_has_experiments_over_running_to_come_and_called_off(day):
    end = dt.date(2026, 6, 1) + dt.timedelta(days=day)
    over, running, to_come, off = HARBOUR.experiments

    assert experiment_days(over, end)[1] < end
    assert experiment_days(running, end)[0] < end < experiment_days(running, end)[1]
    assert experiment_days(running, end)[1] < experiment_days(to_come, end)[0]
    assert off.cancelled_because
    assert experiments_that_ran(HARBOUR, end) == (over, running)


def test_a_stream_depends_on_its_name_only():
    assert stream(1, "a").random() == stream(1, "a").random()
    assert len({stream(1, "a").random(), stream(1, "b").random(), stream(2, "a").random()}) == 3


def test_autoregression_has_the_spread_and_persistence_asked_for():
    noise = autoregression(stream(1, "test"), (200, 2000), persistence=0.8, sd=0.5)

    assert noise.std(axis=1) == pytest.approx([0.5] * 200, rel=0.1)
    assert np.corrcoef(noise[:-1].ravel(), noise[1:].ravel())[0, 1] == pytest.approx(0.8, abs=0.01)


def test_baskets_of_two_products_are_these():
    plan = replace(NOVA, products={"a": 10.0, "b": 5.0})
    goods = baskets(plan)

    assert sorted(set(goods.cents.tolist())) == [500, 1000, 1500, 2000, 2500]
    assert goods.quantities.max() == 2


@pytest.mark.parametrize("plan", [HARBOUR, NOVA], ids=lambda plan: plan.slug)
def test_basket_chances_sum_to_one_and_no_product_is_twice_in_one(plan):
    goods = baskets(plan)

    assert goods.chances.sum() == pytest.approx(1)
    for products in goods.products:
        real = products[products >= 0]
        assert len(set(real.tolist())) == len(real)


def test_marketers_tell_which_budgets_follow_demand_and_nothing_of_effects():
    said = told(HARBOUR)

    how = {name: settings.budget_setting for name, settings in said.channels.items()}
    assert how["brand_search"] is BudgetSetting.FOLLOWS_DEMAND
    assert how["tv"] is BudgetSetting.IN_ADVANCE
    assert how["meta"] is BudgetSetting.NOT_SURE
    assert all(settings.roi_around is None for settings in said.channels.values())
