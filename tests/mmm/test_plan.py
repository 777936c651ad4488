"""A budget over a stored model: exactly spent, inside its limits, never worse than what is now."""

import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apportion.errors import FieldError, NotEnoughDataError
from apportion.mmm import response, summary
from apportion.mmm.plan import plan
from apportion.mmm.posterior import FittedMMM
from apportion.results.mmm import Check, CheckLevel, HowSure, MMMResults, ModelStatus, SpendBounds
from mmm.companies import media_mix_data, prior_draws, prior_fit

SURE, CANNOT_TELL = HowSure.FAIRLY_SURE, HowSure.CANNOT_TELL
NO_LIMITS = SpendBounds()
CENT = 0.01


def results_of(fitted, sure=SURE, checks=()):
    """Give the results of a model, every channel as sure as said."""
    levels = (sure,) * len(fitted.data.channels) if isinstance(sure, HowSure) else sure
    channels = summary.effects(fitted).channels
    return MMMResults(
        model_id="m",
        version=7,
        status=ModelStatus.COMPLETED,
        currency="EUR",
        checks=checks,
        channels=tuple(
            each.model_copy(update={"how_sure": level})
            for each, level in zip(channels, levels, strict=True)
        ),
    )


@pytest.fixture(scope="module")
def fitted():
    return prior_fit(3, size=40, weeks=104, channels=3)


@pytest.fixture(scope="module")
def results(fitted):
    return results_of(fitted)


@pytest.fixture(scope="module")
def current(results):
    return np.array([each.current_spend for each in results.channels])


def spends(made):
    return np.array([each.optimal_spend for each in made.allocation])


def cents(split):
    return [round(100 * spend) for spend in split]


def expected_revenue(fitted, current, spend):
    window = summary.Window.of(fitted)
    scales = (np.asarray(spend) / current)[None, :, None]
    return response.curve(fitted, scales, window.start, window.stop).sum(1).mean()


def test_the_current_total_is_split_as_the_model_recommends():
    fixed = {"alpha": 0.3, "half_saturation": [0.4, 1.5, 1.0], "slope": 1.2, "beta": 0.1}
    fitted = prior_fit(3, size=40, channels=3, log_roi=0.4, **fixed)
    channels = summary.effects(fitted).channels
    results = results_of(fitted, tuple(each.how_sure for each in channels))
    total = sum(each.current_spend for each in channels)

    made = plan(fitted, results, total, {})

    assert {each.how_sure for each in channels} == {HowSure.VERY_SURE}
    assert spends(made) == pytest.approx([each.optimal_spend for each in channels], rel=1e-3)
    assert np.any(np.abs(spends(made) / [each.current_spend for each in channels] - 1) > 0.1)
    assert made.checks == ()
    assert (made.model_id, made.version, made.currency) == ("m", 7, "EUR")


def test_the_projection_is_what_the_model_expects_of_the_split(fitted, results, current):
    made = plan(fitted, results, 1.2 * current.sum(), {})

    assert made.current_revenue == pytest.approx(expected_revenue(fitted, current, current))
    assert made.projected_revenue == pytest.approx(expected_revenue(fitted, current, spends(made)))
    assert made.gain == pytest.approx(made.projected_revenue - made.current_revenue)
    parts = [each.projected_revenue for each in made.allocation]
    assert sum(parts) == pytest.approx(made.projected_revenue)


def test_the_gain_is_surer_than_its_two_sides_apart(fitted, results, current):
    made = plan(fitted, results, current.sum(), {})

    apart = made.projected_revenue_interval
    assert made.gain_interval.upper - made.gain_interval.lower < (apart.upper - apart.lower) / 2


def test_no_split_of_a_grid_earns_more(fitted, results, current):
    total = 1.3 * current.sum()
    free = dict.fromkeys(fitted.data.channels, NO_LIMITS)

    made = plan(fitted, results, total, free)

    shares = np.linspace(0, 1, 21)
    grid = [(a, b, 1 - a - b) for a, b in itertools.product(shares, shares) if a + b <= 1]
    splits = [total * np.maximum(share, 0) for share in map(np.array, grid)]
    allowed = [split for split in splits if np.all(split <= 6 * current)]
    best = max(expected_revenue(fitted, current, split) for split in allowed)
    assert len(allowed) > 100
    assert made.projected_revenue >= best * (1 - 1e-6)


@cache
def small_model(seed, *sure):
    """Give a small model and its results, made once for all examples."""
    fitted = prior_fit(seed, size=8, weeks=60, channels=3)
    return fitted, results_of(fitted, *sure)


@settings(deadline=None, max_examples=40)
@given(
    factor=st.floats(1e-5, 6),
    sure=st.tuples(*[st.sampled_from([SURE, CANNOT_TELL])] * 3),
    seed=st.integers(0, 4),
)
def test_any_budget_up_to_six_times_the_current_is_spent_exactly(factor, sure, seed):
    fitted, results = small_model(seed, sure)
    now = np.array([each.current_spend for each in results.channels])
    total = factor * now.sum()

    made = plan(fitted, results, total, {})

    split = spends(made)
    assert sum(cents(split)) == round(100 * made.total_budget)
    assert made.total_budget == pytest.approx(total, abs=0.01)
    assert 100 * split == pytest.approx(cents(split), abs=1e-6)
    for each in made.allocation:
        assert each.lower_bound - CENT <= each.optimal_spend <= each.upper_bound + CENT
    assert np.all(split <= 6 * now + CENT)


@settings(deadline=None, max_examples=20)
@given(factor=st.floats(0.2, 4), more=st.floats(1, 1.5))
def test_more_budget_never_earns_less(factor, more):
    fitted, results = small_model(5)
    total = factor * sum(each.current_spend for each in results.channels)

    small, large = (plan(fitted, results, each, {}) for each in (total, more * total))

    assert large.projected_revenue >= small.projected_revenue * (1 - 1e-4)


def test_a_channel_that_cannot_be_told_keeps_its_spend(fitted, current):
    made = plan(fitted, results_of(fitted, (SURE, CANNOT_TELL, SURE)), 1.5 * current.sum(), {})

    assert spends(made)[1] == pytest.approx(current[1], abs=CENT)
    (check,) = [each for each in made.checks if each.code == "spend_kept"]
    assert check.channels == ("channel 1",)


def test_limits_given_for_it_free_it(fitted, current):
    results = results_of(fitted, (SURE, CANNOT_TELL, SURE))

    made = plan(fitted, results, current.sum(), {"channel 1": SpendBounds(max=0)})

    assert spends(made)[1] == 0
    assert "spend_kept" not in [each.code for each in made.checks]


def test_where_the_others_cannot_make_up_the_difference_its_share_stays(fitted, current):
    results = results_of(fitted, (SURE, CANNOT_TELL, CANNOT_TELL))

    made = plan(fitted, results, 0.5 * current[1:].sum(), {})

    share = 0.5 * current[1:].sum() / current.sum()
    assert spends(made)[1:] == pytest.approx(share * current[1:], abs=CENT)


@pytest.mark.parametrize("factor", [0.4, 1, 2.5])
def test_a_model_that_forecasts_badly_moves_nothing_between_channels(fitted, current, factor):
    bad = Check(code="holdout_worse", level=CheckLevel.CAUTION, message="Planted.")

    made = plan(fitted, results_of(fitted, checks=(bad,)), factor * current.sum(), {})

    assert spends(made) == pytest.approx(factor * current, abs=CENT)
    assert made.checks[0].channels == fitted.data.channels


def test_limits_are_kept_and_shown(fitted, results, current):
    limits = {
        "channel 0": SpendBounds(min=0.9 * current[0], max=current[0]),
        "channel 2": SpendBounds(min=1.2 * current[2]),
    }

    made = plan(fitted, results, current.sum(), limits)

    first, _, last = made.allocation
    assert (first.lower_bound, first.upper_bound) == (0.9 * current[0], current[0])
    assert first.lower_bound - CENT <= first.optimal_spend <= first.upper_bound + CENT
    assert last.optimal_spend >= 1.2 * current[2] - CENT
    assert spends(made).sum() == pytest.approx(current.sum(), abs=CENT)


def test_limits_that_leave_no_choice_are_the_split(fitted, results, current):
    wanted = current[::-1]
    limits = {
        name: SpendBounds(min=spend, max=spend)
        for name, spend in zip(fitted.data.channels, wanted, strict=True)
    }

    made = plan(fitted, results, wanted.sum(), limits)

    assert spends(made) == pytest.approx(wanted, abs=CENT)


def test_what_lies_beyond_the_highest_week_is_said_to(fitted, results, current):
    highest = fitted.data.spend.max(0)

    made = plan(fitted, results, 5 * current.sum(), {})

    beyond = [each.channel for each in made.allocation if each.is_extrapolated]
    assert beyond == [
        name
        for name, spend, most in zip(fitted.data.channels, spends(made), highest, strict=True)
        if spend > most
    ]
    assert [each.channels for each in made.checks if each.code == "extrapolation"] == [
        tuple(beyond)
    ]


@pytest.fixture(scope="module")
def silent():
    """A model whose last channel stopped a year ago, so that its spend still works a while."""
    rng = np.random.default_rng(8)
    spend = rng.lognormal(9, 0.4, (104, 3))
    spend[52:, 2] = 0
    data = media_mix_data(spend, rng.lognormal(12, 0.1, 104))
    return FittedMMM(prior_draws(20, 3, rng), data)


def test_a_channel_without_spend_stays_without_and_loses_nothing(silent):
    results = results_of(silent, (SURE, SURE, CANNOT_TELL))
    total = sum(each.current_spend for each in results.channels)

    last = plan(silent, results, 1.2 * total, {}).allocation[2]

    assert (last.current_spend, last.optimal_spend) == (0, 0)
    assert last.projected_revenue == last.current_revenue > 0


def test_a_channel_without_spend_cannot_be_given_any(silent):
    results = results_of(silent, (SURE, SURE, CANNOT_TELL))

    with pytest.raises(FieldError, match=r"bounds.channel 2.min: found 1.00; allowed: 0 to 0.00"):
        plan(silent, results, 10_000, {"channel 2": SpendBounds(min=1)})


def test_without_any_spend_there_is_nothing_to_split():
    spend = np.ones((104, 2))
    spend[40:] = 0
    fitted = FittedMMM(
        prior_draws(5, 2, np.random.default_rng(1)), media_mix_data(spend, np.ones(104))
    )

    with pytest.raises(NotEnoughDataError, match="No channel has spend in the last year"):
        plan(fitted, results_of(fitted), 1, {})


@pytest.mark.parametrize(
    ("factor", "bounds", "field", "message"),
    [
        (6.01, {}, ["total_budget"], "a week's budget above 0, up to"),
        (0, {}, ["total_budget"], "above 0"),
        (-1, {}, ["total_budget"], "above 0"),
        (float("nan"), {}, ["total_budget"], "found nan"),
        (float("inf"), {}, ["total_budget"], "found inf"),
        (1, {"tv": NO_LIMITS}, ["bounds", "tv"], "one of channel 0, channel 1, channel 2"),
        (1, {"channel 0": SpendBounds(min=-1)}, ["bounds", "channel 0", "min"], "found -1.00"),
        (1, {"channel 0": SpendBounds(min=1e9)}, ["bounds", "channel 0", "min"], "6 times"),
        (
            1,
            {"channel 0": SpendBounds(min=2, max=1)},
            ["bounds", "channel 0", "max"],
            "at least the lower limit, 2.00",
        ),
        (
            1,
            dict.fromkeys(["channel 0", "channel 1", "channel 2"], SpendBounds(max=1)),
            ["total_budget"],
            "0.00 to 3.00, the sums of the channels' limits",
        ),
    ],
    ids=[
        "too much",
        "nothing",
        "negative",
        "nan",
        "infinite",
        "no such channel",
        "negative limit",
        "limit too high",
        "crossed",
        "out of reach",
    ],
)
def test_what_cannot_be_done_is_refused_with_its_field(
    fitted, results, current, factor, bounds, field, message
):
    with pytest.raises(FieldError, match=message) as refused:
        plan(fitted, results, factor * current.sum(), bounds)

    assert list(refused.value.field) == field
