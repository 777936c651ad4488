"""The building blocks: what they show, and that a tenant's text never becomes markup."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apportion.results.base import Interval
from apportion.results.mmm import HowSure
from apportion.views.parts import cards, charts
from apportion.views.parts.download import Download
from apportion.views.parts.intervals import Track, axis_labels, interval_bar, nice_ceiling
from apportion.views.parts.tables import Cell, Column, table

HOSTILE = '"><script>alert(1)</script>'


@pytest.mark.parametrize(
    "part",
    [
        cards.title(HOSTILE, HOSTILE),
        cards.head(HOSTILE),
        cards.note("warn", HOSTILE, HOSTILE),
        cards.figure_tile(HOSTILE, HOSTILE, [HOSTILE]),
        cards.chip(HOSTILE),
        cards.change(HOSTILE, "up"),
        cards.key((HOSTILE, "line", "tv")),
        cards.facts_list([(HOSTILE, HOSTILE)]),
        cards.empty("mmm", HOSTILE, HOSTILE, HOSTILE),
        cards.foot(HOSTILE),
        table([Column(HOSTILE, HOSTILE)], [[Cell(HOSTILE, HOSTILE)]], HOSTILE),
        interval_bar(1, Interval(lower=0, upper=2), Track(0, 2), label=HOSTILE),
        axis_labels((0, HOSTILE)),
    ],
    ids=lambda part: part[:30],
)
def test_text_is_escaped(part):
    assert "<script" not in part
    assert 'label=""' not in part
    assert "&lt;script&gt;" in part


@pytest.mark.parametrize(
    ("level", "bars", "words"),
    [
        (HowSure.CANNOT_TELL, 0, "Cannot tell"),
        (HowSure.NOT_SURE, 1, "Not sure"),
        (HowSure.FAIRLY_SURE, 2, "Fairly sure"),
        (HowSure.VERY_SURE, 3, "Very sure"),
    ],
)
def test_how_sure_is_bars_and_words(level, bars, words):
    shown = cards.how_sure(level)

    assert shown.count('class="on"') == bars
    assert shown.striptags() == words


def test_interval_bar_places_its_ends_on_the_track():
    bar = interval_bar(2, Interval(lower=1, upper=3), Track(0, 4, reference=1), label="two")

    assert "--lo:25.0;--x:50.0;--hi:75.0" in bar
    assert '<u style="--ref:25.0">' in bar
    assert "hatched" not in bar


def test_interval_beyond_the_track_is_cut_and_marked():
    bar = interval_bar(
        2, Interval(lower=1, upper=30), Track(0, 4), label="wide", is_hatched=True, colour="tv"
    )

    assert "--hi:100.0" in bar
    assert 'class="ap-iv ap-c-tv hatched beyond"' in bar


@given(value=st.floats(1e-9, 1e12))
def test_track_ends_at_a_round_number_not_far_above(value):
    assert value <= nice_ceiling(value) * (1 + 1e-8) <= 2.01 * value


@given(low=st.floats(-1e6, 0), size=st.floats(1e-3, 1e9), most=st.integers(2, 6))
def test_ticks_are_few_evenly_spaced_and_in_range(low, size, most):
    values = charts.ticks(low, low + size, most)

    assert 1 <= len(values) <= most
    rounding = 1e-9 * (size - low)
    assert values[0] >= low - rounding - 1e-6 * size
    assert values[-1] <= low + size * (1 + 1e-6) + rounding
    assert np.diff(values) == pytest.approx(
        np.diff(values)[:1].repeat(len(values) - 1), abs=rounding
    )


def test_tick_labels_are_keyed_as_javascript_writes_numbers():
    labels = charts.tick_labels([0.0, 2500.0, 0.5], lambda value: f"€{value:g}")

    assert labels == {"0": "€0", "2500": "€2500", "0.5": "€0.5"}


def test_download_button_brings_its_module():
    button = Download()

    assert "aria-label" in str(button._esm)
    assert "http" not in str(button._esm).replace("http://www.w3.org/2000/svg", "")
