"""Asking for a run on behalf of a member: checked before anything is stored."""

import json
from uuid import UUID

import pytest

from apportion.config import Settings
from apportion.errors import ForbiddenError, NotFoundError, ParameterError
from apportion.results.accounts import ActingMember, Role
from apportion.results.runs import RunStatus
from apportion.workspace import Workspace
from apportion.workspace.notebooks import NOTEBOOKS, notebook_parameters

PARAMETERS = "weeks: int = 4  # how many\nquick: bool = False\nrefresh: bool = False"


@pytest.fixture
def settings(tmp_path, database_url):
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": [PARAMETERS]}
    (tmp_path / "mmm.ipynb").write_text(json.dumps({"cells": [cell]}))
    return Settings(_env_file=None, database_url=database_url, notebooks=tmp_path)


@pytest.fixture
def open_as(store, two_tenants, settings):
    def open_as(role):
        member = ActingMember(id=str(UUID(int=1)), name="ann@acme.example", role=Role(role))
        return Workspace(store, "acme", settings, member)

    return open_as


def test_a_request_has_the_notebooks_types_and_the_members_name(open_as):
    run = open_as("analyst").runs.request("mmm", {"weeks": "8", "quick": "true"})

    assert run.parameters == {"weeks": 8, "quick": True}
    assert (run.status, run.requested_by) == (RunStatus.QUEUED, "ann@acme.example")


@pytest.mark.parametrize(
    ("notebook", "parameters", "error", "message"),
    [
        ("mmm", {"weks": "4"}, ParameterError, "Did you mean 'weeks'"),
        ("mmm", {"weeks": "four"}, ParameterError, "weeks must be int; found 'four'"),
        ("mmm", {"tenant": "bolt"}, ParameterError, "'tenant' is set by the run itself"),
        ("journeys", {}, NotFoundError, "no notebook 'journeys'; there is mmm"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_stored(
    open_as, notebook, parameters, error, message
):
    runs = open_as("analyst").runs

    with pytest.raises(error, match=message):
        runs.request(notebook, parameters)

    assert runs.list() == []


def test_a_viewer_may_neither_ask_nor_cancel(open_as):
    run = open_as("analyst").runs.request("mmm")

    with pytest.raises(ForbiddenError, match="needs the role analyst"):
        open_as("viewer").runs.request("mmm", {"weeks": "9"})
    with pytest.raises(ForbiddenError, match="needs the role analyst"):
        open_as("viewer").runs.cancel(run.id)

    assert open_as("viewer").runs.list() == [run]


def test_parameters_are_read_as_papermill_reads_them():
    from papermill.inspection import inspect_notebook

    folder = Settings(_env_file=None).notebooks
    some = set()
    for notebook in [folder / f"{name}.ipynb" for name in NOTEBOOKS]:
        if notebook.is_file():
            known = {
                name: parameter["inferred_type_name"]
                for name, parameter in inspect_notebook(str(notebook)).items()
                if name not in ("tenant", "refresh")
            }
            assert notebook_parameters(notebook) == known
            some |= known.keys()
    assert some
