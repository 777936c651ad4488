"""The budget: exact on the grid, never worse than what it started from, always spent in full."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apportion.mmm.budget import best_steps, best_values, optimise, upper_bound

values = st.integers(2, 4).flatmap(
    lambda channels: st.lists(
        st.lists(st.floats(0, 100), min_size=7, max_size=7), min_size=channels, max_size=channels
    )
)


def hill_curve(top, half, slope):
    def curve(spend):
        spend = np.maximum(spend, 1e-9)
        effect = 1 / (1 + (half / spend) ** slope)
        return top * effect, top * slope * effect * (1 - effect) / spend

    return curve


hills = st.lists(
    st.builds(hill_curve, st.floats(1, 100), st.floats(0.5, 20), st.floats(1, 4)),
    min_size=2,
    max_size=5,
)


def revenue(curves, split):
    pairs = zip(curves, split, strict=True)
    return sum(float(curve(np.array([spend]))[0][0]) for curve, spend in pairs)


@given(values=values)
def test_programme_equals_enumeration(values):
    table = np.array(values)
    size = table.shape[1]
    splits = [
        split
        for split in itertools.product(range(size), repeat=len(table))
        if sum(split) == size - 1
    ]

    found = best_steps(table)

    rows = np.arange(len(table))
    assert found.sum() == size - 1
    assert table[rows, found].sum() == pytest.approx(
        max(table[rows, list(split)].sum() for split in splits)
    )


def test_programme_gives_the_best_value_of_every_total():
    table = np.array([[0.0, 3.0, 4.0], [0.0, 2.0, 5.0]])

    assert best_values(table).tolist() == [0, 3, 5]


@pytest.mark.parametrize("seed", range(6))
def test_the_bound_is_met_where_curves_are_concave(seed):
    rng = np.random.default_rng(seed)
    curves = [hill_curve(rng.uniform(5, 20), rng.uniform(3, 15), 1) for _ in range(4)]
    lower, upper = np.zeros(4), np.full(4, 10.0)

    bound = upper_bound(curves, 10.0, lower, upper)

    assert bound == pytest.approx(revenue(curves, optimise(curves, 10.0, lower, upper)), rel=1e-5)


@settings(deadline=None, max_examples=40)
@given(curves=hills, total=st.floats(1, 50), seed=st.integers(0, 99))
def test_no_split_of_any_curves_passes_the_bound(curves, total, seed):
    size = len(curves)
    lower, upper = np.zeros(size), np.full(size, total)
    splits = total * np.random.default_rng(seed).dirichlet(np.ones(size), 50)

    bound = upper_bound(curves, total, lower, upper)

    best = revenue(curves, optimise(curves, total, lower, upper))
    assert max(best, *(revenue(curves, split) for split in splits)) <= bound * (1 + 1e-6)


def test_programme_keeps_out_of_what_is_not_allowed():
    table = np.array([[0.0, 9.0, -np.inf], [0.0, 1.0, 2.0]])

    assert best_steps(table).tolist() == [1, 1]


@settings(deadline=None, max_examples=40)
@given(curves=hills, total=st.floats(1, 50), data=st.data())
def test_split_is_inside_its_bounds_and_sums_to_the_total(curves, total, data):
    shares = np.array(
        data.draw(st.lists(st.floats(0.05, 1), min_size=len(curves), max_size=len(curves)))
    )
    even = total * shares / shares.sum()

    split = optimise(curves, total, 0.5 * even, 1.5 * even, steps=100)

    assert split.sum() == pytest.approx(total, rel=1e-9)
    assert np.all(split >= 0.5 * even - 1e-9 * total)
    assert np.all(split <= 1.5 * even + 1e-9 * total)


@settings(deadline=None, max_examples=40)
@given(curves=hills, total=st.floats(1, 50))
def test_split_earns_at_least_what_the_even_split_earns(curves, total):
    size = len(curves)
    even = np.full(size, total / size)

    split = optimise(curves, total, np.zeros(size), np.full(size, total), steps=60 * size)

    assert revenue(curves, split) >= revenue(curves, even) * (1 - 1e-9)


@settings(deadline=None, max_examples=30)
@given(curves=hills, total=st.floats(1, 50), more=st.floats(1.0, 3.0))
def test_more_budget_never_earns_less(curves, total, more):
    size = len(curves)
    none, all_of_it = np.zeros(size), np.full(size, more * total)

    small = optimise(curves, total, none, all_of_it)
    large = optimise(curves, more * total, none, all_of_it)

    # The polish closes the grid's error but for about a millionth.
    assert revenue(curves, large) >= revenue(curves, small) * (1 - 1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_split_of_two_s_shaped_curves_equals_a_fine_scan(seed):
    rng = np.random.default_rng(seed)
    curves = [hill_curve(rng.uniform(5, 20), rng.uniform(3, 15), rng.uniform(2, 4)) for _ in "ab"]
    first = np.linspace(0, 10, 100_001)
    scan = (curves[0](first)[0] + curves[1](10 - first)[0]).max()

    split = optimise(curves, 10.0, np.zeros(2), np.full(2, 10.0))

    assert revenue(curves, split) == pytest.approx(scan, rel=1e-7)


def test_equal_concave_channels_share_equally():
    split = optimise([hill_curve(10, 5, 1)] * 3, 30.0, np.zeros(3), np.full(3, 30.0))

    assert split == pytest.approx([10, 10, 10], rel=1e-3)


def test_bounds_that_leave_no_choice_are_kept():
    curves = [hill_curve(10, 5, 1)] * 2

    assert optimise(curves, 3.0, np.array([1.0, 2.0]), np.array([1.0, 2.0])).tolist() == [1, 2]
    assert optimise(curves, 7.0, np.zeros(2), np.array([3.0, 4.0])).tolist() == [3, 4]


def test_upper_bounds_between_grid_points_are_used_to_the_full():
    curves = [hill_curve(100, 5, 1), hill_curve(1, 5, 1)]

    split = optimise(curves, 10.0, np.zeros(2), np.array([6.05, 4.05]), steps=7)

    assert split.sum() == pytest.approx(10)
    assert split[0] == pytest.approx(6.05, rel=1e-3)


@pytest.mark.parametrize(
    ("total", "lower", "upper", "message"),
    [
        (1.0, [2, 2], [3, 3], r"between the bounds' sums 4 and 6, got 1"),
        (9.0, [2, 2], [3, 3], r"between the bounds' sums 4 and 6, got 9"),
        (5.0, [3, 2], [2, 4], r"bounds must be 0 <= lower <= upper"),
        (5.0, [-1, 2], [2, 4], r"bounds must be 0 <= lower <= upper"),
    ],
    ids=["too small", "too large", "crossed", "negative"],
)
def test_impossible_budgets_are_refused(total, lower, upper, message):
    with pytest.raises(ValueError, match=message):
        optimise([hill_curve(1, 1, 1)] * 2, total, np.array(lower, float), np.array(upper, float))
