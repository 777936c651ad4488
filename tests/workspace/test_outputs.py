"""Executed notebooks: kept per tenant, on disk or elsewhere, for as long as the setting says."""

import datetime as dt
from pathlib import Path

import fsspec
import pytest

from apportion.config import Settings
from apportion.errors import NotFoundError
from apportion.results.runs import RunStatus
from apportion.workspace import Workspace

DAY = dt.timedelta(days=1)


@pytest.fixture(params=["disk", "memory"])
def open_workspace(request, store, two_tenants, tmp_path):
    """Open a tenant's workspace whose outputs are in `home`, or at an fsspec address."""
    url = f"memory://{tmp_path.name}/runs" if request.param == "memory" else ""
    settings = Settings(_env_file=None, home=tmp_path, runs_url=url, runs_keep_days=30)
    yield lambda slug: Workspace(store, slug, settings)
    fsspec.filesystem("memory").store.clear()


def _keep(workspace, text, status=RunStatus.COMPLETED, kind="mmm"):
    """Record a run that ended with its notebook; give the run."""
    run = workspace.runs.start(kind, {})
    folder = workspace.settings.home / "runs" / workspace.tenant.slug / kind
    folder.mkdir(parents=True, exist_ok=True)
    executed = folder / f"{run.id}.ipynb"
    executed.write_text(text)
    address = workspace.outputs.keep(executed)
    if status is RunStatus.COMPLETED:
        return workspace.runs.complete(run.id, address)
    return workspace.runs.fail(run.id, "no", address)


def test_what_is_kept_is_read_again(open_workspace):
    acme = open_workspace("acme")
    run = _keep(acme, "of acme")

    assert acme.outputs.read(run) == "of acme"
    assert Path(run.output_path).exists() is not bool(acme.settings.runs_url)


def test_another_tenants_notebook_is_not_read_or_deleted_even_if_a_row_names_it(open_workspace):
    acme, bolt = open_workspace("acme"), open_workspace("bolt")
    theirs = _keep(bolt, "of bolt")
    for path in (theirs.output_path, theirs.output_path.replace("/bolt/", "/acme/../bolt/")):
        own = _keep(acme, "of acme").model_copy(update={"output_path": path})

        with pytest.raises(NotFoundError, match=f"no executed notebook of run {own.id}"):
            acme.outputs.read(own)
        acme.outputs._delete(own)

    assert bolt.outputs.read(theirs) == "of bolt"


def test_old_notebooks_are_deleted_but_the_newest_of_each_kind_and_the_runs_stay(open_workspace):
    acme, bolt = open_workspace("acme"), open_workspace("bolt")
    old = [_keep(acme, "1"), _keep(acme, "2", RunStatus.FAILED)]
    newest = [_keep(acme, "3"), _keep(acme, "4", kind="journeys")]
    theirs = _keep(bolt, "5", RunStatus.FAILED)
    now = dt.datetime.now(dt.UTC)

    assert acme.outputs.sweep(now + 29 * DAY) == 0
    assert acme.outputs.sweep(now + 31 * DAY) == 2
    assert acme.outputs.sweep(now + 31 * DAY) == 0

    for run in old:
        assert acme.runs.get(run.id).output_path is None
        with pytest.raises(NotFoundError):
            acme.outputs.read(run)
    assert [acme.outputs.read(run) for run in newest] == ["3", "4"]
    assert bolt.outputs.read(theirs) == "5"


def test_without_a_limit_nothing_is_deleted(store, two_tenants, tmp_path):
    settings = Settings(_env_file=None, home=tmp_path, runs_keep_days=0)
    acme = Workspace(store, "acme", settings)
    _keep(acme, "1", RunStatus.FAILED)

    assert acme.outputs.sweep(dt.datetime.now(dt.UTC) + 9999 * DAY) == 0
