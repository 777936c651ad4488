"""A weekly file goes in; a stored model comes out, the same in every place where it is read."""

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from playwright.sync_api import expect

from apportion.results.accounts import Role
from apportion.results.mmm import MMMResults, ModelStatus
from apportion.views.channels import channel_look
from apportion.views.mmm import results_frame
from apportion.views.theme import money, percent, ratio, score, span
from apportion.workspace.accounts import Accounts
from command import environment_of, run, start, succeed

pytestmark = pytest.mark.slow

embedded = pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
"""What is the same on both databases: it ends before, or goes beyond, the database."""

VIEWER, PASSWORD = "vic@robyn.example", "quartz umbrella lagoon"


def _shown(trained):
    return succeed(trained.settings, "show", "mmm", "--tenant", "robyn", "--json")


def test_run_stores_a_completed_version_with_its_diagnostics(trained):
    results = MMMResults.model_validate_json(_shown(trained))

    assert results.status is ModelStatus.COMPLETED
    assert [effect.channel for effect in results.channels] == [
        *("facebook_S", "ooh_S", "print_S", "search_S", "tv_S")
    ]
    assert results.diagnostics.r_hat <= 1.01
    assert results.diagnostics.divergences == 0
    assert results.provenance.seed == 1
    assert len(results.provenance.data_hash) == 64


def test_json_has_the_names_of_the_specification(trained):
    shown = json.loads(_shown(trained))

    assert {"modelId", "status", "lastRunAt", "modelFit", "channels", "saturationCurves"} <= set(
        shown
    )
    assert {"r2", "mape", "bayesianR2"} <= set(shown["modelFit"])
    assert {
        *("channel", "contributionPercent", "currentRoi", "marginalRoi"),
        *("saturationPoint", "optimalSpend", "currentSpend"),
    } <= set(shown["channels"][0])
    assert set(shown["channels"][0]["currentRoiInterval"]) == {"lower", "upper", "level"}
    assert {"spend", "revenue"} <= set(shown["saturationCurves"][0]["curve"][0])


def test_executed_notebook_shows_the_figures_of_the_stored_version(trained):
    cells = nbformat.read(trained.executed, as_version=4).cells
    tables = [
        output["data"]["text/html"]
        for cell in cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]

    expected = results_frame(trained.workspace.mmm.latest())._repr_html_()

    assert expected in tables


@embedded
def test_notebook_runs_clean_for_an_analyst(trained):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--nbval-lax", "-q", "-p", "no:cacheprovider"),
            str(trained.settings.notebooks / "mmm.ipynb"),
        ],
        env=environment_of(trained.settings, APPORTION_TENANT="robyn"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert trained.workspace.mmm.versions()[0].version == 1  # looking trains nothing


@embedded
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--tenant", "robyn", "-p", "chanels", "tv_S"), "Did you mean 'channels'"),
        (("--tenant", "nobody"), "There is no tenant 'nobody'"),
        (("--tenant", "robyn", "-p", "channels", "tv_S,tiktok"), "tiktok"),
        (("--tenant", "robyn", "-p", "start", "2019-09-16"), "9 complete weeks"),
        (("--tenant", "robyn", "-p", "end", "tomorrow"), "end must be a date as YYYY-MM-DD"),
    ],
    ids=["parameter", "tenant", "channel", "weeks", "date"],
)
def test_what_cannot_be_done_is_refused_and_no_version_is_stored(trained, arguments, message):
    before = trained.workspace.mmm.versions()

    done = run(trained.settings, "run", "mmm", *arguments)

    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert trained.workspace.mmm.versions() == before


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "kill"])
def test_killed_training_leaves_the_previous_version_and_marks_its_own_failed(trained, number):
    before = trained.workspace.mmm.latest()
    process = start(trained.settings, "run", "mmm", "--tenant", "robyn")
    _wait_until(lambda: trained.workspace.mmm.versions()[0].status is ModelStatus.RUNNING)

    os.kill(process.pid, number)
    process.communicate(timeout=30)

    newest, *_ = trained.workspace.mmm.versions()
    assert newest.version > before.version
    assert newest.status is ModelStatus.FAILED
    assert newest.reason
    assert trained.workspace.mmm.latest() == before


def _wait_until(is_true):
    deadline = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen within a minute"
        time.sleep(0.2)


@pytest.mark.browser
def test_page_shows_the_figures_of_the_stored_version(trained, open_tab):
    results = trained.workspace.mmm.latest()
    accounts = Accounts(trained.settings)
    added = accounts.administer_as_operator("robyn").add_user(VIEWER, Role.VIEWER)
    process = start(trained.settings, "serve", "--port", "0", "--no-worker")
    try:
        address = _address(process)

        tab = open_tab(address, "/login?next=/admin/attribution/mmm")
        tab.fill("input[name=email]", VIEWER)
        tab.fill("input[name=password]", added.one_time_password)
        tab.get_by_role("button", name="Sign in").click()
        tab.fill("input[name=password]", added.one_time_password)
        tab.fill("input[name=new_password]", PASSWORD)
        tab.fill("input[name=new_password_again]", PASSWORD)
        tab.get_by_role("button", name="Change password").click()
        expect(tab.locator("#loading")).to_have_count(0)

        for effect in results.channels:
            row = tab.locator("table.ap-table tbody tr").filter(
                has_text=channel_look(effect.channel).name
            )
            expect(row).to_contain_text(percent(effect.contribution_percent, 1))
            expect(row).to_contain_text(ratio(effect.current_roi))
            expect(row).to_contain_text(ratio(effect.marginal_roi))
            expect(row).to_contain_text(span(effect.marginal_roi_interval, ratio))
            expect(row).to_contain_text(money(effect.current_spend, results.currency))
        expect(tab.locator(".ap-kpis")).to_contain_text(score(results.model_fit.r2))
        assert tab.errors == []
    finally:
        process.terminate()
        process.communicate(timeout=30)
        accounts.close()


def _address(process):
    for line in process.stderr:
        if "Ready: " in line:
            return line.partition("Ready: ")[2].strip()
    raise AssertionError("the server ended before it was ready")
