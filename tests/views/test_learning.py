"""Fit, carry-over, prior against posterior, and every figure as CSV."""

import io

import numpy as np
import pandas as pd
import pytest

from apportion.views.mmm import MMMDashboard
from apportion.views.mmm.frames import curves_frame, decay_frame, learned_frame, weeks_frame
from apportion.views.parts.download import Download, csv_of
from views.example import ROBYN, SHOP, example_results, without_figures


def inside(widget, kind):
    """Give every widget of a kind inside of another."""
    found = [widget] if isinstance(widget, kind) else []
    for child in getattr(widget, "children", ()):
        found += inside(child, kind)
    return found


def text(widget):
    parts = [getattr(widget, "value", "")] if hasattr(widget, "value") else []
    return "\n".join([*parts, *(text(child) for child in getattr(widget, "children", ()))])


def figures(widget):
    import bqplot

    return inside(widget, bqplot.Figure)


@pytest.fixture
def dashboard():
    return MMMDashboard(example_results())


def test_fit_shows_measured_expected_and_band(dashboard):
    parts = dashboard.results.decomposition

    card = dashboard.tabs.look_at("fit")

    (figure,) = figures(card)
    band, observed, expected = figure.marks
    assert np.allclose(observed.y, parts.observed)
    assert np.allclose(expected.y, parts.expected)
    assert np.allclose(band.y, [parts.expected_lower, parts.expected_upper])
    assert "misses a week by 6.1% on average" in text(card)


def test_each_channel_has_its_decay_and_its_densities(dashboard):
    card = dashboard.tabs.look_at("learned")

    drawn = figures(card)
    assert len(drawn) == 2 * len(SHOP)
    learned = {each.channel: each for each in dashboard.results.learned}
    first = dashboard.reading.channels[0].channel
    assert np.allclose(drawn[len(SHOP)].marks[1].y, learned[first].decay[:9])
    assert np.allclose(drawn[0].marks[1].y, learned[first].posterior_density)
    assert np.allclose(drawn[0].marks[2].y, learned[first].prior_density)


def test_what_is_mostly_the_prior_is_said_to_be():
    card = MMMDashboard(example_results(ROBYN)).tabs.look_at("learned")

    assert "taught the return of TV and OOH; the other 3 are mostly what was assumed" in text(card)


def test_a_version_of_an_earlier_program_says_that_it_has_none():
    old = example_results().model_copy(update={"learned": ()})

    card = MMMDashboard(old).tabs.look_at("learned")

    assert "not stored with this version" in text(card)
    assert figures(card) == []


def test_a_version_without_weeks_says_so_in_place_of_the_fit():
    bare = example_results().model_copy(update={"decomposition": None})
    dashboard = MMMDashboard(bare)

    dashboard.tabs.selected = "fit"

    assert "The weeks of this version are not stored." in text(dashboard.tabs.panel)


FRAMES = {
    "curves": (curves_frame, "curves", 41 * len(SHOP)),
    "weeks": (weeks_frame, "weeks", 156),
    "fit": (weeks_frame, "fit", 156),
}


@pytest.mark.parametrize(("frame", "name", "rows"), FRAMES.values(), ids=FRAMES)
def test_every_card_gives_its_figures_as_csv(dashboard, frame, name, rows):
    tab = name if name in ("curves", "weeks", "fit") else "learned"
    (download,) = inside(dashboard.tabs.look_at(tab), Download)
    sent = []
    download.send = lambda content, buffers=None: sent.append(content)

    download._on_message(download, {"kind": "csv"}, [])

    [message] = sent
    read = pd.read_csv(io.StringIO(message["text"]), index_col=0)
    assert message["name"] == f"apportion-{name}.csv"
    assert len(read) == rows
    expected = frame(dashboard.results)
    assert read.columns.tolist() == expected.columns.tolist()
    assert np.allclose(read.to_numpy(float), expected.to_numpy(float))


def test_decay_and_densities_are_given_as_csv_too(dashboard):
    downloads = inside(dashboard.tabs.look_at("learned"), Download)

    texts = [csv_of(download._frame()) for download in downloads]

    assert texts == [
        csv_of(learned_frame(dashboard.results)),
        csv_of(decay_frame(dashboard.results)),
    ]
    assert len(texts[1].splitlines()) == 13 * len(SHOP) + 1
    assert len(texts[0].splitlines()) == 61 * len(SHOP) + 1


def test_a_name_that_a_spreadsheet_would_run_is_quoted():
    frame = pd.DataFrame({"x": [-1.5]}, index=pd.Index(["=cmd|calc"], name="channel"))

    assert csv_of(frame) == "channel,x\r\n'=cmd|calc,-1.5\r\n"


@pytest.mark.parametrize("frame", [curves_frame, weeks_frame, decay_frame, learned_frame])
def test_results_without_figures_give_empty_tables(frame):
    assert frame(without_figures("draft")).empty
