"""Experiments on the command line: a run reads out by itself what has ended, and show says so."""

import datetime as dt
import json

import nbformat
import numpy as np
import pytest

from apportion.cli.experiments import show_experiments
from apportion.config import CHECKOUT, Settings
from apportion.results.incrementality import ExperimentList, ExperimentStatus, NewExperiment
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import open_workspace
from command import succeed
from incrementality.panels import of, outcome_frame

FIRST, DAYS = dt.date(2026, 3, 2), 118
REGIONS = tuple(f"r{number:02d}" for number in range(14))
CHANGED = REGIONS[3:7]
START = FIRST + dt.timedelta(days=104)
END = START + dt.timedelta(days=13)


def revenue(days):
    rng = np.random.default_rng(1)
    size = np.exp(rng.normal(6, 0.5, len(REGIONS)))
    values = size * np.exp(rng.normal(0, 0.02, (DAYS, len(REGIONS))))
    values[104:, 3:7] *= 1.2
    return outcome_frame(of(values[days], FIRST + dt.timedelta(days=days.start)))


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A test of 14 days that is planned, the data of whose last three days are missing."""
    home = tmp_path_factory.mktemp("experiments")
    settings = Settings(_env_file=None, home=home, notebooks=CHECKOUT / "notebooks")
    migrate(settings)
    store = Store(settings.database_url)
    store.add_tenant("acme", name="Acme", currency="EUR", timezone="UTC")
    store.for_tenant("acme").write("outcomes", [revenue(slice(0, DAYS - 3))])
    open_workspace("acme", settings=settings).experiments.create(
        NewExperiment(
            name="Meta up",
            platform="meta",
            test_regions=CHANGED,
            control_regions=tuple(region for region in REGIONS if region not in CHANGED),
            start_date=START,
            end_date=END,
        )
    )
    return settings


def test_a_run_starts_waits_for_the_last_day_and_reads_out_by_itself(installation, capsys):
    workspace = open_workspace("acme", settings=installation)
    experiments = workspace.experiments

    [waiting] = experiments.refresh()
    assert experiments.refresh() == ()
    workspace.data.store_frames({"outcomes": revenue(slice(DAYS - 3, DAYS))}, lambda *_: None)
    path = succeed(installation, "run", "incrementality", "--tenant", "acme").strip()

    assert waiting.status is ExperimentStatus.RUNNING
    [done] = experiments.list()
    assert done.status is ExperimentStatus.COMPLETED
    assert done.results.incremental_lift_percent == pytest.approx(20, abs=2)
    cells = nbformat.read(path, as_version=4).cells
    kinds = {out["output_type"] for cell in cells for out in cell.get("outputs", [])}
    assert "error" not in kinds
    show_experiments(workspace, as_json=False)
    shown = capsys.readouterr()
    assert "completed" in shown.out
    assert f"{done.results.incremental_lift_percent:+.1f}%" in shown.out
    assert done.results.recommendation[:30] in shown.err
    told = succeed(installation, "show", "incrementality", "--tenant", "acme", "--json")
    assert ExperimentList.model_validate(json.loads(told)).experiments == (done,)
