"""Theil-Sen: the truth inside the interval, and no trend where days only resemble each other."""

import numpy as np
import pytest

from apportion.insights.trends import theil_sen

WEEKDAYS = np.arange(60) % 7


def resembling(rng: np.random.Generator, n_days: int, phi: float, sd: float = 0.12) -> np.ndarray:
    shocks = rng.normal(0, sd * np.sqrt(1 - phi**2), n_days + 50)
    values = np.zeros(n_days + 50)
    for day in range(1, values.size):
        values[day] = phi * values[day - 1] + shocks[day]
    return values[50:]


@pytest.mark.slow
def test_false_trends_are_rare_though_days_resemble_each_other():
    rng = np.random.default_rng(11)
    week = rng.normal(0, 0.2, 7)[WEEKDAYS]

    found = [theil_sen(resembling(rng, 60, 0.6) + week, WEEKDAYS).is_reliable for _ in range(600)]

    assert np.mean(found) <= 0.085  # 5 % and three standard errors


@pytest.mark.slow
def test_the_interval_holds_the_slope_as_often_as_it_says():
    rng = np.random.default_rng(12)
    true = 0.004

    inside = []
    for _ in range(400):
        values = resembling(rng, 60, 0.3) + true * np.arange(60)
        found = theil_sen(values, WEEKDAYS)
        inside.append(found.lower <= true <= found.upper)

    assert np.mean(inside) >= 0.85


def test_a_straight_line_is_found_exactly_and_wild_days_do_not_move_it():
    values = 0.01 * np.arange(60.0)
    wild = values.copy()
    wild[[5, 20, 40]] += 3

    assert theil_sen(values, WEEKDAYS).slope == pytest.approx(0.01)
    assert theil_sen(wild, WEEKDAYS).slope == pytest.approx(0.01, rel=0.1)
    assert theil_sen(values, WEEKDAYS).is_reliable


def test_days_without_record_are_left_out():
    values = 0.01 * np.arange(60.0)
    values[10:20] = np.nan

    assert theil_sen(values, WEEKDAYS).slope == pytest.approx(0.01)
    assert theil_sen(values, WEEKDAYS).n_days == 50


def test_too_few_days_are_refused():
    with pytest.raises(ValueError, match="at least 14 known days, got 10"):
        theil_sen(np.arange(10.0), np.arange(10) % 7)
