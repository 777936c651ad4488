"""Journeys on the command line: a run by papermill, and what it and the list show."""

import json
from pathlib import Path

import nbformat
import pytest

from apportion.cli.journeys import show_journeys, show_paths
from apportion.config import CHECKOUT, Settings
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import Workspace
from command import run, succeed
from journeys.tables import random_world


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """An installation with orders of acme."""
    home = tmp_path_factory.mktemp("home")
    settings = Settings(_env_file=None, home=home, notebooks=CHECKOUT / "notebooks")
    migrate(settings)
    store = Store(settings.database_url)
    store.add_tenant("acme", name="Acme", currency="EUR", timezone="Europe/Berlin")
    touched, bought = random_world(1, size=150, orders=60, customers=20)
    store.for_tenant("acme").write("touchpoints", [touched])
    store.for_tenant("acme").write("conversions", [bought])
    store.close()
    return settings


@pytest.fixture(scope="module")
def workspace(settings):
    store = Store(settings.database_url)
    yield Workspace(store, "acme", settings)
    store.close()


@pytest.fixture(scope="module")
def executed(settings):
    """The address of the notebook of a run in the foreground."""
    return succeed(settings, "run", "journeys", "--tenant", "acme").strip()


def test_before_a_run_its_paths_are_refused_with_the_way_to_them(settings):
    Store(settings.database_url).add_tenant("bolt", name="B", currency="EUR", timezone="UTC")

    done = run(settings, "show", "paths", "--tenant", "bolt")

    assert done.returncode == 1
    assert "apportion run journeys --tenant bolt" in done.stderr


def test_a_run_executes_the_notebook_and_stores_the_analysis(executed, workspace):
    notebook = nbformat.reads(Path(executed).read_text(), as_version=4)

    assert notebook.metadata["papermill"]["exception"] is None
    assert notebook.metadata["papermill"]["parameters"]["refresh"] is True
    assert workspace.journeys.analysis().version == 1
    assert "@example.com" not in json.dumps(notebook)


def test_journeys_are_shown_as_a_table_and_as_the_apis_json(settings, executed, workspace, capsys):
    show_journeys(workspace, as_json=False)
    table = capsys.readouterr().out
    shown = json.loads(succeed(settings, "show", "journeys", "--tenant", "acme", "--json"))

    latest = workspace.journeys.for_operator().recent()
    assert [each["orderId"] for each in shown["journeys"]] == [each.order_id for each in latest]
    assert shown["journeys"][0] == latest[0].model_dump(mode="json", by_alias=True)
    assert len(shown["journeys"][0]["touchpoints"][0]["creditByModel"]) == 7
    assert latest[0].order_id in table


def test_paths_are_shown_as_a_table_and_as_the_apis_json(settings, executed, workspace, capsys):
    show_paths(workspace, as_json=False)
    table = capsys.readouterr().out
    shown = succeed(settings, "show", "paths", "--tenant", "acme", "--json")

    paths = workspace.journeys.analysis().paths
    assert json.loads(shown) == paths.model_dump(mode="json", by_alias=True)
    assert len(shown) > len(table) > 0
    assert " > ".join(paths.common_paths[0].path) in table
