"""Removal effects: published examples, another library, the definition, a simulation."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apportion.journeys import markov
from journeys.walks import removal_effects, transitions

RECORDED = json.loads((Path(__file__).parent / "channel_attribution.json").read_text())

written_paths = st.lists(
    st.tuples(
        st.lists(st.integers(0, 3), min_size=1, max_size=5), st.integers(0, 5), st.integers(0, 5)
    ).filter(lambda path: path[1] + path[2] > 0),
    min_size=1,
    max_size=12,
)
orders = pytest.mark.parametrize("order", [1, 2])


def effects_by_definition(paths, *, channels, order):
    """Remove each channel from the chain and solve what is left, state by state."""
    counts = {}
    for sequence, conversions, losses in paths:
        states = [("start",)] + [
            tuple(sequence[max(0, place - order + 1) : place + 1])
            if place >= order - 1
            else (None, *sequence[: place + 1])
            for place in range(len(sequence))
        ]
        for source, target in zip(states, [*states[1:], None], strict=True):
            row = counts.setdefault(source, {})
            if target is None:
                row["won"] = row.get("won", 0) + conversions
                row["lost"] = row.get("lost", 0) + losses
            else:
                row[target] = row.get(target, 0) + conversions + losses

    def chance(removed):
        states = list(counts)
        matrix, won = np.eye(len(states)), np.zeros(len(states))
        for place, state in enumerate(states):
            total = sum(counts[state].values())
            won[place] = counts[state].get("won", 0) / total
            for other, target in enumerate(states):
                if target[-1] != removed:
                    matrix[place, other] -= counts[state].get(target, 0) / total
        return np.linalg.solve(matrix, won)[states.index(("start",))]

    whole = chance(None)
    if whole == 0:
        return np.zeros(channels)
    return np.array([1 - chance(channel) / whole for channel in range(channels)])


def test_effects_are_those_of_bryls_example():
    # Bryl, S. (2016). Marketing multi-channel attribution model with R, part 1. analyzecore.com:
    # C1 > C2 > C3 converts, C1 and C2 > C3 do not. Removal effects 0.5, 1 and 1.
    paths = [((0, 1, 2), 1, 0), ((0,), 0, 1), ((1, 2), 0, 1)]

    assert removal_effects(paths, channels=3) == pytest.approx([0.5, 1, 1])


def test_effects_are_those_of_puzyrovs_example():
    # Puzyrov, S. (2019). Markov chain attribution: simple explanation of removal effect. His
    # chain: start to ads 0.8 and to mailing 0.2; ads convert 0.5, to mailing 0.25, end 0.25;
    # mailing converts. So P = 0.8, without ads 0.2, without mailing 0.4.
    paths = [((0,), 2, 1), ((1,), 1, 0), ((0, 1), 1, 0)]

    assert removal_effects(paths, channels=2) == pytest.approx([0.75, 0.5])


def test_chain_of_order_two_remembers_what_came_before():
    # By hand: after A, B always converts; after the start, B never does. A, B | B.
    paths = [((0, 1), 4, 0), ((1,), 0, 4)]

    assert removal_effects(paths, channels=2, order=2) == pytest.approx([1, 1])
    # The chain of order 1 cannot tell the two: P = 1/2, without A 1/4.
    assert removal_effects(paths, channels=2, order=1) == pytest.approx([0.5, 1])


@orders
def test_effects_are_channel_attributions_within_its_simulation_error(order):
    names = sorted(RECORDED["removal_effects"]["1"])
    paths = [
        ([names.index(name) for name in path.split(" > ")], won, lost)
        for path, won, lost in RECORDED["paths"]
    ]

    effects = removal_effects(paths, channels=len(names), order=order)

    expected = [RECORDED["removal_effects"][str(order)][name] for name in names]
    # It stops when its estimate moves by less than 0.5 % of itself.
    assert effects == pytest.approx(expected, rel=0.01)


@orders
@settings(deadline=None, max_examples=40)
@given(paths=written_paths)
def test_effects_are_what_is_lost_when_the_chain_is_solved_without_the_channel(order, paths):
    expected = effects_by_definition(paths, channels=4, order=order)

    assert removal_effects(paths, channels=4, order=order) == pytest.approx(expected, abs=1e-9)


def test_effects_are_those_of_simulated_walks():
    paths = [((0, 1, 2), 5, 3), ((0, 2), 2, 6), ((1,), 1, 9), ((2, 1, 0, 1), 4, 1)]
    rng, walks = np.random.default_rng(1), 40_000
    frame = transitions(paths, order=1)
    counted = markov.moves(frame, channels=3, order=1, groups=np.array([0]))
    matrix = np.zeros((4, 5))
    matrix[counted.source, counted.target] = counted.counts[0]
    reach = (matrix / matrix.sum(1, keepdims=True)).cumsum(1)
    state, visited = np.full(walks, 3), np.zeros((walks, 5), dtype=bool)
    moving = np.ones(walks, dtype=bool)
    while moving.any():
        step = (rng.random((moving.sum(), 1)) > reach[state[moving]]).sum(1)
        # Target 3 is the conversion and 4 the other end; as a source, 3 is the start.
        visited[np.flatnonzero(moving), step] = True
        state[moving] = step
        moving[moving] = step < 3

    won = visited[:, 3]
    simulated = (visited[:, :3] & won[:, None]).sum(0) / won.sum()

    # A share of n conversions has a standard error of at most 1 / (2 sqrt n); five of them.
    assert removal_effects(paths, channels=3) == pytest.approx(
        simulated, abs=2.5 / np.sqrt(won.sum())
    )


@orders
@settings(deadline=None, max_examples=40)
@given(paths=written_paths, names=st.permutations(range(4)))
def test_renaming_channels_changes_nothing(order, paths, names):
    renamed = [([names[channel] for channel in path], *ends) for path, *ends in paths]

    effects = removal_effects(renamed, channels=4, order=order)

    expected = removal_effects(paths, channels=4, order=order)
    assert effects[list(names)] == pytest.approx(expected, abs=1e-9)


@orders
@settings(deadline=None, max_examples=40)
@given(paths=written_paths)
def test_channel_that_is_in_no_path_has_no_effect(order, paths):
    effects = removal_effects(paths, channels=5, order=order)

    assert effects[4] == 0


def test_channels_in_the_same_role_have_the_same_effect():
    paths = [((0, 2), 3, 5), ((1, 2), 3, 5), ((2,), 1, 4)]

    effects = removal_effects(paths, channels=3)

    assert effects[0] == pytest.approx(effects[1])


@orders
def test_only_channel_has_all_the_effect(order):
    assert removal_effects([((0, 0, 0), 3, 4)], channels=1, order=order) == pytest.approx([1])


def test_nothing_converted_means_no_effect():
    assert removal_effects([((0, 1), 0, 4)], channels=2).tolist() == [0, 0]


def test_repeats_of_a_channel_do_not_change_the_chain_of_order_one():
    once = [((0, 1), 3, 2), ((1,), 1, 4)]
    often = [((0, 0, 0, 1, 1), 3, 2), ((1, 1), 1, 4)]

    assert removal_effects(often, channels=2) == pytest.approx(removal_effects(once, channels=2))


def test_weights_count_groups_as_often_as_they_are_drawn():
    first, second = [((0, 1), 3, 2)], [((1,), 1, 4), ((0,), 2, 2)]
    frame = [
        transitions(first, order=1, group=10),
        transitions(second, order=1, group=243),
    ]
    counted = markov.moves(pd.concat(frame), channels=2, order=1, groups=np.array([10, 243]))

    effects = markov.removal_effects(counted, np.array([[1.0, 1.0], [2.0, 0.0]]))

    assert effects[0] == pytest.approx(removal_effects([*first, *second], channels=2))
    assert effects[1] == pytest.approx(removal_effects(first, channels=2))


def test_bad_order_is_refused_with_the_value():
    with pytest.raises(ValueError, match="order must be 1 or 2, got 3"):
        removal_effects([((0,), 1, 0)], channels=1, order=3)
