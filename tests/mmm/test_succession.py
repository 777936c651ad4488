"""When a new version may follow the current one, and when a person must look first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apportion.mmm.succession import JUMP_FACTOR, JUMP_POINTS, compare, why_held_back
from apportion.results.base import Interval
from apportion.results.mmm_settings import Grain
from views.example import example_results

BEFORE = example_results(version=3)


def _with(effect, **changes):
    return effect.model_copy(update=changes)


def _after(**roi):
    """Give a later version in which channels return (mean, lower, upper)."""
    channels = tuple(
        _with(
            effect,
            current_roi=roi[effect.channel][0],
            current_roi_interval=Interval(
                lower=roi[effect.channel][1], upper=roi[effect.channel][2]
            ),
        )
        if effect.channel in roi
        else effect
        for effect in BEFORE.channels
    )
    return BEFORE.model_copy(update={"version": 4, "channels": channels})


META = next(effect for effect in BEFORE.channels if effect.channel == "meta")
ROI, SPAN = META.current_roi, META.current_roi_interval


def test_the_same_figures_are_no_jump():
    found = compare(BEFORE, _after())

    assert found.jumps == ()
    assert why_held_back(found) is None
    assert {change.roi_factor for change in found.channels} == {1.0}


@pytest.mark.parametrize(
    "after",
    [
        (2 * ROI, SPAN.upper * 1.01, 3 * ROI),
        (ROI / 2, ROI / 3, SPAN.lower * 0.99),
    ],
    ids=["up", "down"],
)
def test_a_return_that_moves_far_and_beyond_both_intervals_is_a_jump(after):
    found = compare(BEFORE, _after(meta=after))

    assert [change.channel for change in found.channels if change.is_wild] == ["meta"]
    assert f"the return of meta went from {ROI:.2f}" in why_held_back(found)
    assert "version 3" in why_held_back(found)
    assert "fitted to weeks, the other to days" not in why_held_back(found)


def test_a_jump_between_a_weekly_and_a_daily_version_says_so():
    after = _after(meta=(2 * ROI, SPAN.upper * 1.01, 3 * ROI))
    by_day = after.model_fit.model_copy(update={"grain": Grain.DAY})

    found = compare(BEFORE, after.model_copy(update={"model_fit": by_day}))

    assert "One is fitted to weeks, the other to days" in why_held_back(found)


@pytest.mark.parametrize(
    "after",
    [
        (ROI * (JUMP_FACTOR - 0.01), SPAN.upper * 1.01, 3 * ROI),
        (3 * ROI, SPAN.upper * 0.99, 5 * ROI),
    ],
    ids=["beyond the intervals but little", "far but the intervals meet"],
)
def test_half_of_the_rule_alone_is_no_jump(after):
    assert why_held_back(compare(BEFORE, _after(meta=after))) is None


@pytest.mark.parametrize(
    ("points", "width", "is_jump"),
    [(JUMP_POINTS + 1, 2, True), (JUMP_POINTS - 1, 2, False), (JUMP_POINTS + 1, 30, False)],
)
def test_the_share_of_media_may_not_leap(points, width, is_jump):
    share = BEFORE.media_percent
    before = BEFORE.model_copy(
        update={"media_percent_interval": Interval(lower=share - width, upper=share + width)}
    )
    moved = share + points
    after = before.model_copy(
        update={
            "media_percent": moved,
            "media_percent_interval": Interval(lower=moved - width, upper=moved + width),
        }
    )

    reason = why_held_back(compare(before, after))

    assert (reason is not None) is is_jump
    assert not is_jump or "the share of media in revenue went from 44% to 55%" in reason


def test_another_outcome_cannot_be_compared():
    after = BEFORE.model_copy(update={"outcome": "orders"})

    assert "explains orders and the current one revenue" in why_held_back(compare(BEFORE, after))


def test_channels_that_come_or_go_are_shown_and_are_no_jump():
    without = BEFORE.model_copy(update={"channels": BEFORE.channels[1:]})
    name = BEFORE.channels[0].channel

    gone, come = compare(BEFORE, without), compare(without, BEFORE)

    assert (gone.channels[-1].channel, gone.channels[-1].roi_after) == (name, None)
    assert (come.channels[0].channel, come.channels[0].roi_before) == (name, None)
    assert why_held_back(gone) is why_held_back(come) is None


positive = st.floats(0.05, 20)


@given(mean=positive, lower=positive, upper=positive)
def test_a_jump_is_one_in_both_directions(mean, lower, upper):
    low, _, high = sorted((lower, mean, upper))
    after = _after(meta=(sorted((lower, mean, upper))[1], low, high))

    there, back = compare(BEFORE, after), compare(after, BEFORE)

    assert bool(there.jumps) == bool(back.jumps)
    assert (low <= SPAN.upper and high >= SPAN.lower) <= (not there.jumps)
