"""The media mix page, without a browser: what it says, and that its charts follow the results."""

import subprocess
import sys
from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
import traitlets

from apportion.results.mmm import HowSure, ModelStatus
from apportion.results.mmm_settings import Grain
from apportion.results.tenants import Tenant
from apportion.views.mmm import MMMDashboard, diagnostics_frame, results_frame
from apportion.views.mmm.decomposition import MOST_WEEKS
from views.example import ROBYN, SHOP, Made, caution, example_results, without_figures

TENANT = Tenant(
    id=UUID(int=1), slug="harbour", name="Harbour", currency="EUR", timezone="Europe/Berlin"
)


def text(dashboard):
    """Give everything that the page shows as markup."""
    shown, found = [dashboard.page], []
    while shown:
        widget = shown.pop()
        shown += getattr(widget, "children", ())
        if widget.layout.display != "none" and hasattr(widget, "value"):
            found.append(widget.value)
    return "\n".join(found)


def rows(dashboard):
    return dashboard.table.value.split("<tbody>")[1].split("</tr>")[:-1]


def test_page_shows_the_figures_of_the_result():
    page = text(MMMDashboard(example_results(), tenant=TENANT))

    for figure in (
        "<em>Email and TikTok</em>",
        "156 weeks to 22 November 2026",
        "Version 14, trained 23 November 2026, 05:32 CET",
        "37% to 50% of all revenue",
        "0.93",
        "unseen weeks: 6.8%",
        "0.88 to 0.93",
        "1.004",
        "9f2c4ab1e07d",
        "pymc 6.0.1",
        "1 min 3 s",
    ):
        assert figure in page


def test_a_version_says_whether_it_was_fitted_by_day():
    made = example_results()
    by_day = made.model_fit.model_copy(update={"grain": Grain.DAY})

    weekly = text(MMMDashboard(made, tenant=TENANT))
    daily = text(MMMDashboard(made.model_copy(update={"model_fit": by_day}), tenant=TENANT))

    assert "156 weeks to 22 November 2026, fitted by day" in daily
    assert "fitted by day" not in weekly


def test_row_holds_estimates_with_intervals_and_the_change():
    (google,) = [row for row in rows(MMMDashboard(example_results())) if ">Google<" in row]

    for figure in ("32.5%", "27.6 to 38.3", "2.2", "1.9 to 2.6", "1.3", "0.9 to 1.8"):
        assert figure in google
    for amount in ("€42k", "€36k to €50k", "€31k", "€37k", "€6,000 more"):
        assert amount in google


def test_channel_that_cannot_be_told_is_hatched_and_gets_no_recommendation():
    (row,) = [row for row in rows(MMMDashboard(example_results())) if ">Affiliate<" in row]

    assert "hatched" in row
    assert "Test first" in row
    assert row.count("not known") == 2
    assert "more" not in row


def test_unsure_channels_come_last_and_do_not_stretch_the_axis():
    dashboard = MMMDashboard(example_results(ROBYN))

    assert [">TV<" in rows(dashboard)[0], ">Search<" in rows(dashboard)[-1]] == [True, True]
    assert "beyond" in rows(dashboard)[-1]
    assert "Bars run from 0 to 5" in dashboard.table.value


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_hostile_channel_name_stays_text(name):
    made = [replace(SHOP[0], name=name), SHOP[1]]

    page = text(MMMDashboard(example_results(made, checks=[caution(f"{name} is odd.", name)])))

    assert "<script" not in page
    assert "<img" not in page


def test_hostile_reason_and_slug_stay_text():
    failed = without_figures(ModelStatus.FAILED, "<img src=x>", 1)

    page = text(MMMDashboard(failed, tenant=TENANT.model_copy(update={"slug": "<b>x</b>"})))

    assert "<img" not in page
    assert "<b>x" not in page


def test_no_model_yet_says_how_to_get_one():
    page = text(MMMDashboard(without_figures(ModelStatus.DRAFT), tenant=TENANT))

    assert "There is no media mix model yet" in page
    assert "apportion run mmm --tenant harbour" in page


def test_failed_version_shows_its_reason():
    page = text(MMMDashboard(without_figures(ModelStatus.FAILED, "The chains disagree.", 1)))

    assert "The chains disagree." in page
    assert "apportion run mmm --tenant TENANT" in page


def test_running_version_offers_no_second_training():
    page = text(MMMDashboard(without_figures(ModelStatus.RUNNING, version=1)))

    assert "Version 1 is training" in page
    assert "apportion run" not in page


@pytest.mark.parametrize(
    ("newest", "said"),
    [
        (without_figures(ModelStatus.RUNNING, version=15), "Version 15 is training"),
        (without_figures(ModelStatus.FAILED, "Too few weeks.", 15), "Too few weeks."),
        (without_figures(ModelStatus.FAILED, "Long ago.", 13), None),
    ],
    ids=["training", "refused", "older"],
)
def test_later_version_is_told_while_this_one_stays(newest, said):
    dashboard = MMMDashboard(example_results(), versions=[newest])

    assert ("version 14, which stays" in text(dashboard)) == (said is not None)
    assert (said or "") in text(dashboard)


def test_checks_stand_in_plain_words_with_the_channels_names():
    check = caution("tv_S and ooh_S can hardly be told apart. Test one of them.", "tv_S", "ooh_S")
    dashboard = MMMDashboard(example_results(ROBYN, checks=[check]))

    assert "<b>TV and OOH can hardly be told apart.</b><p>Test one of them.</p>" in text(dashboard)
    assert "1 caution" in dashboard.head.value
    assert "All checks passed" not in text(dashboard)


def test_outcome_that_is_not_money_carries_no_currency():
    dashboard = MMMDashboard(example_results(outcome="orders"))

    assert "Orders from ads" in text(dashboard)
    assert "the dashed line is 1" not in dashboard.table.value
    assert "€" not in "".join(dashboard.tabs.look_at("weeks").y_axis.tick_labels.values())


def test_assigning_results_redraws_every_part():
    dashboard = MMMDashboard(example_results())
    curve, decomposition = (
        dashboard.tabs.look_at("curves").charts["tv"],
        dashboard.tabs.look_at("weeks"),
    )

    dashboard.results = example_results(
        [replace(SHOP[5], spend=30e3), SHOP[0]], version=15, currency="USD"
    )

    assert "Version 15" in dashboard.head.value
    assert len(rows(dashboard)) == 2
    assert dashboard.tabs.look_at("curves").charts["tv"] is curve
    assert list(dashboard.tabs.look_at("curves").charts) == ["google", "tv"]
    assert list(curve.spend_now.x) == [30e3, 30e3]
    assert "$0" in curve.y_axis.tick_labels.values()
    assert dashboard.tabs.look_at("weeks") is decomposition
    assert list(decomposition.layers) == ["", "google", "tv"]


def test_page_returns_from_empty_to_figures():
    dashboard = MMMDashboard(without_figures(ModelStatus.DRAFT))

    dashboard.results = example_results()

    assert "no media mix model" not in text(dashboard)
    assert len(dashboard.tabs.look_at("curves").charts) == len(SHOP)


def test_curve_shows_band_spend_now_and_saturation_point():
    results = example_results()
    chart = MMMDashboard(results).tabs.look_at("curves").charts["google"]
    curve = results.saturation_curves[0].curve

    assert list(chart.band.x) == [point.spend for point in curve]
    assert list(chart.band.y[0]) == [point.revenue_interval.lower for point in curve]
    assert list(chart.spend_now.x) == [31e3, 31e3]
    assert list(chart.saturation.x) == [42e3]
    assert chart.saturation.y[0] == pytest.approx(SHOP[0].revenue(42e3), rel=1e-3)


def test_curve_is_dashed_beyond_the_highest_week():
    chart = MMMDashboard(example_results()).tabs.look_at("curves").charts["google"]

    assert chart.line.x[-1] == chart.extrapolated.x[0] == pytest.approx(1.6 * 31e3)
    assert chart.extrapolated.line_style == "dashed"


def test_curve_that_cannot_be_told_is_dashed_throughout_and_unmarked():
    chart = MMMDashboard(example_results()).tabs.look_at("curves").charts["affiliate"]

    assert len(chart.line.x) == 0
    assert chart.extrapolated.x[0] == 0
    assert len(chart.saturation.x) == 0


def test_decomposition_stacks_to_the_expected_outcome():
    results = example_results()
    chart = MMMDashboard(results).tabs.look_at("weeks")
    top = list(chart.layers.values())[-1].y[1]

    assert np.allclose(top, results.decomposition.expected[-MOST_WEEKS:])
    assert np.allclose(chart.observed.y, results.decomposition.observed[-MOST_WEEKS:])
    assert "the last 104 of 156 weeks" in chart.heading.value


@pytest.mark.parametrize("weeks", [5, 30, 60, 104, 208])
def test_decomposition_has_few_dates_for_any_length(weeks):
    chart = MMMDashboard(example_results(weeks=weeks)).tabs.look_at("weeks")

    assert 2 <= len(chart.x_axis.tick_values) <= 4


@pytest.mark.parametrize("count", [1, 2, 12])
def test_any_number_of_channels_is_shown(count):
    made = [replace(SHOP[k % 7], name=f"channel {k}") for k in range(count)]
    dashboard = MMMDashboard(example_results(made))

    assert len(rows(dashboard)) == len(dashboard.tabs.look_at("curves").charts) == count
    assert all(f"Channel {k}" in text(dashboard) for k in range(count))


@pytest.mark.parametrize("scale", [1e-5, 1e9])
def test_tiny_and_huge_amounts_are_shown_short(scale):
    made = [Made("tv", 3 * scale, 4 * scale, 2, 3 * scale), Made("meta", scale, scale, 3, scale)]
    chart = MMMDashboard(example_results(made)).tabs.look_at("curves").charts["tv"]

    assert all(len(label) <= 8 for label in chart.x_axis.tick_labels.values())


def test_channel_without_saturation_point_or_spend_is_shown():
    results = example_results([SHOP[0], replace(SHOP[6], best=0.0)])
    effect = results.channels[0].model_copy(
        update={"saturation_point": None, "saturation_point_interval": None}
    )
    silent = results.channels[1].model_copy(
        update={"current_spend": 0.0, "how_sure": HowSure.CANNOT_TELL}
    )

    page = text(MMMDashboard(results.model_copy(update={"channels": (effect, silent)})))

    assert "not reached" in page
    assert "the saturation point is not reached" in page


def test_version_without_heavy_parts_is_shown_without_charts():
    light = example_results().model_copy(
        update={"decomposition": None, "saturation_curves": (), "diagnostics": None}
    )

    dashboard = MMMDashboard(light)

    assert dashboard.tabs.look_at("weeks").layout.display == "none"
    assert "Put the next euro" in text(dashboard)


def test_only_results_can_be_assigned():
    dashboard = MMMDashboard(example_results())

    with pytest.raises(traitlets.TraitError, match="results"):
        dashboard.results = {"version": 1}


def test_frames_hold_the_same_figures():
    results = example_results()

    frame, facts = results_frame(results), diagnostics_frame(results)

    assert list(frame.index) == [made.name for made in SHOP]
    assert frame.loc["google", "marginal ROI"] == results.channels[0].marginal_roi
    assert frame.loc["google", "ROI to"] == results.channels[0].current_roi_interval.upper
    assert facts.loc["r_hat", "value"] == 1.004
    assert facts.loc["bayesian_r2_interval from", "value"] == 0.884
    assert facts.loc["data_hash", "value"] == results.provenance.data_hash


def test_frames_of_a_draft_are_empty():
    draft = without_figures(ModelStatus.DRAFT)

    assert results_frame(draft).empty
    assert diagnostics_frame(draft).loc["status", "value"] == "draft"


def test_showing_a_stored_model_loads_no_sampler_and_no_database():
    program = (
        "import sys; from views.example import example_results;"
        "from apportion.views.mmm import MMMDashboard; MMMDashboard(example_results());"
        "print({'pymc', 'pytensor', 'nutpie', 'arviz', 'sqlalchemy'} & set(sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {program}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.strip() == "set()"
