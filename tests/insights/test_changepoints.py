"""The partition is the optimum, by trying every other one."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apportion.insights.changepoints import partition


def cost(values: np.ndarray, starts: tuple[int, ...], penalty: float) -> float:
    bounds = [0, *starts, values.size]
    parts = [values[a:b] for a, b in pairwise(bounds)]
    return sum(((part - part.mean()) ** 2).sum() for part in parts) + penalty * len(starts)


def best_of_all(values: np.ndarray, penalty: float, shortest: int) -> float:
    places = range(shortest, values.size - shortest + 1)
    candidates = [()]
    for many in range(1, values.size // shortest):
        candidates += [
            starts
            for starts in combinations(places, many)
            if all(b - a >= shortest for a, b in pairwise(starts))
        ]
    return min(cost(values, starts, penalty) for starts in candidates)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    size=st.integers(6, 14),
    penalty=st.floats(0.1, 20),
    shortest=st.integers(2, 3),
)
def test_no_other_partition_costs_less(seed, size, penalty, shortest):
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, size) + np.repeat(rng.normal(0, 3, 2), [size // 2, size - size // 2])

    starts = tuple(partition(values[None], penalty, shortest)[0])

    assert cost(values, starts, penalty) == pytest.approx(best_of_all(values, penalty, shortest))


def test_all_series_at_once_are_as_each_alone():
    rng = np.random.default_rng(1)
    values = rng.normal(0, 0.3, (5, 90))
    values[:, 50:] += np.arange(5)[:, None]

    together = partition(values, 20.0)

    assert together == [partition(row[None], 20.0)[0] for row in values]
    assert together[4] == [50]
    assert together[0] == []
