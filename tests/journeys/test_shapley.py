"""Shapley values: textbook games, brute force over orders, a closed form, axioms, conventions."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from apportion.journeys.shapley import (
    conversion_rates,
    dividends,
    shapley_values,
    shares_within,
    subset_sums,
    values_within,
)


def games(players, low=-1.0, high=1.0):
    worth = arrays(np.float64, 1 << players, elements=st.floats(low, high, width=32))
    return worth.map(lambda values: np.concatenate([[0.0], values[1:]]))


def counted(players):
    """Paths and conversions of every set, some of them never seen."""
    size = (1 << players) - 1
    pairs = st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=size, max_size=size
    )
    return pairs.map(
        lambda rows: np.array([(0, 0), *((lost + won, won) for lost, won in rows)], dtype=float).T
    )


def by_brute_force(worth, players, within=None):
    """Average each player's gain over all orders in which the members could have joined."""
    members = [player for player in range(players) if within is None or within >> player & 1]
    values = np.zeros(players)
    orders = list(permutations(members))
    for order in orders:
        joined = 0
        for player in order:
            values[player] += worth[joined | 1 << player] - worth[joined]
            joined |= 1 << player
    return values / len(orders)


def test_values_are_those_of_the_glove_game():
    # Textbook: player 0 has a left glove, 1 and 2 a right one; a pair is worth 1.
    worth = [float(bool(members & 1 and members & 6)) for members in range(8)]

    assert shapley_values(worth) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_values_are_those_of_the_airport_game():
    # Littlechild and Owen (1973): a runway costs what its largest user needs, here 1, 2 and 4.
    needs = np.array([1.0, 2.0, 4.0])
    worth = [
        max((needs[player] for player in range(3) if members >> player & 1), default=0.0)
        for members in range(8)
    ]

    assert shapley_values(worth) == pytest.approx([1 / 3, 1 / 3 + 1 / 2, 1 / 3 + 1 / 2 + 2])


@pytest.mark.parametrize("players", [1, 2, 3, 4])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_values_are_the_average_gain_over_all_orders(players, data):
    worth = data.draw(games(players))

    assert shapley_values(worth) == pytest.approx(by_brute_force(worth, players), abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(worth=games(4))
def test_values_within_a_set_are_those_of_the_game_without_the_others(worth):
    within = values_within(worth)

    expected = [by_brute_force(worth, 4, members) for members in range(16)]
    assert within == pytest.approx(np.array(expected), abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(conversions=arrays(np.float64, 32, elements=st.integers(0, 50).map(float)))
def test_values_of_conversions_within_a_set_are_an_even_split(conversions):
    # Zhao et al. (2018): if v(S) counts the conversions of paths within S, each conversion is
    # split evenly over the channels in its path.
    conversions[0] = 0
    sizes = np.array([max(1, members.bit_count()) for members in range(32)])
    even = [
        sum(conversions[members] / sizes[members] for members in range(32) if members >> player & 1)
        for player in range(5)
    ]

    assert shapley_values(subset_sums(conversions)) == pytest.approx(even)


@settings(deadline=None, max_examples=40)
@given(worth=games(4))
def test_dividends_undo_subset_sums(worth):
    assert dividends(subset_sums(worth)) == pytest.approx(worth, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(worth=games(4))
def test_values_sum_to_the_worth_of_all(worth):
    assert shapley_values(worth).sum() == pytest.approx(worth[-1], abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(worth=games(3))
def test_player_that_changes_nothing_gets_nothing(worth):
    with_null_player = np.concatenate([worth, worth])

    assert shapley_values(with_null_player)[3] == pytest.approx(0, abs=1e-12)
    assert values_within(with_null_player)[..., 3] == pytest.approx(0, abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(worth=games(4), names=st.permutations(range(4)))
def test_renaming_players_changes_nothing(worth, names):
    renamed = np.zeros(16)
    for members in range(16):
        other = sum(1 << names[player] for player in range(4) if members >> player & 1)
        renamed[other] = worth[members]

    assert shapley_values(renamed)[list(names)] == pytest.approx(shapley_values(worth), abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(paths_and_conversions=counted(4))
def test_credit_of_all_paths_is_the_value_of_the_game_over_customers(paths_and_conversions):
    paths, conversions = paths_and_conversions
    rates = conversion_rates(paths, conversions, prior_paths=0.0)
    worth = np.array([(paths * rates[np.arange(16) & members]).sum() for members in range(16)])

    credit = (paths[:, None] * values_within(rates)).sum(0)

    assert credit == pytest.approx(by_brute_force(worth, 4), abs=1e-8)
    assert credit.sum() == pytest.approx(conversions.sum(), abs=1e-8)


@settings(deadline=None, max_examples=40)
@given(paths_and_conversions=counted(4))
def test_shares_are_non_negative_and_sum_to_one_over_the_members(paths_and_conversions):
    shares = shares_within(conversion_rates(*paths_and_conversions))

    belongs = np.arange(16)[:, None] >> np.arange(4) & 1 == 1
    assert np.all(shares >= 0)
    assert np.all(shares[~belongs] == 0)
    assert shares[1:].sum(1) == pytest.approx(np.ones(15))


def test_channels_in_the_same_role_have_the_same_share():
    paths = np.array([0, 100, 100, 50, 80, 20, 20, 10.0])
    conversions = np.array([0, 5, 5, 10, 8, 4, 4, 3.0])

    shares = shares_within(conversion_rates(paths, conversions))

    assert shares[:, 0] == pytest.approx(shares[[0, 2, 1, 3, 4, 6, 5, 7], 1])


def test_channel_that_does_not_change_the_rate_has_no_share_beside_one_that_does():
    # Channel 1 converts nobody and adds nothing to channel 0.
    paths = np.array([0, 1000, 1000, 1000.0])
    conversions = np.array([0, 100, 0, 100.0])

    assert shares_within(conversion_rates(paths, conversions, prior_paths=0.0))[3] == pytest.approx(
        [1, 0]
    )


def test_channel_that_lowers_the_rate_has_no_share():
    paths = np.array([0, 1000, 1000, 1000.0])
    conversions = np.array([0, 200, 10, 100.0])

    assert shares_within(conversion_rates(paths, conversions))[3] == pytest.approx([1, 0])


def test_set_never_seen_has_the_rate_of_independent_channels():
    paths = np.array([0, 1000, 1000, 0.0])
    conversions = np.array([0, 100, 200, 0.0])

    rates = conversion_rates(paths, conversions, prior_paths=0.0)

    assert rates == pytest.approx([0, 0.1, 0.2, 1 - 0.9 * 0.8])


def test_set_seen_seldom_is_drawn_to_independent_channels():
    paths = np.array([0, 1000, 1000, 1.0])
    conversions = np.array([0, 100, 200, 1.0])

    rates = conversion_rates(paths, conversions, prior_paths=20.0)

    # Singles are drawn to the overall rate first: (100 + 20 * 301 / 2001) / 1020, and so on.
    single = [(100 + 20 * 301 / 2001) / 1020, (200 + 20 * 301 / 2001) / 1020]
    prior = 1 - (1 - single[0]) * (1 - single[1])
    assert rates == pytest.approx([0, *single, (1 + 20 * prior) / 21])


def test_replicates_are_solved_side_by_side():
    rng = np.random.default_rng(3)
    paths = rng.integers(1, 50, (5, 8)).astype(float)
    conversions = np.floor(paths * rng.random((5, 8)))

    together = shares_within(conversion_rates(paths, conversions))

    apart = [
        shares_within(conversion_rates(*pair)) for pair in zip(paths, conversions, strict=True)
    ]
    assert together == pytest.approx(np.array(apart))


def test_game_of_a_wrong_size_is_refused():
    with pytest.raises(ValueError, match=r"2\*\*n sets, got 6"):
        shapley_values(np.zeros(6))
