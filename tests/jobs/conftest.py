"""An installation with one tenant and notebooks of a few cells."""

from functools import partial

import pytest

from apportion.config import Settings
from apportion.jobs import queue_database
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import open_workspace
from jobs import fleet

PARAMETERS = """\
tenant: str = None  # whose data
weeks: int = 4  # how many
share: float = 0.5  # of what
quick: bool = False  # leave something out
refresh: bool = False  # make it anew
"""


@pytest.fixture
def settings(tmp_path):
    """An embedded database with the tenant `acme`, and a folder for notebooks."""
    settings = Settings(_env_file=None, home=tmp_path / "home", notebooks=tmp_path / "notebooks")
    settings.notebooks.mkdir()
    migrate(settings)
    Store(settings.database_url).add_tenant("acme", name="Acme", currency="EUR", timezone="UTC")
    return settings


@pytest.fixture
def workspace(settings):
    return open_workspace("acme", settings=settings)


@pytest.fixture
def write_notebook(settings):
    """Write a notebook of the given cells behind a cell of parameters."""
    return partial(fleet.write_notebook, settings.notebooks, parameters=PARAMETERS)


@pytest.fixture
def fleet_settings(tmp_path, urls, store):
    """Two tenants on either database, for workers in processes of their own."""
    settings = Settings(
        _env_file=None,
        home=tmp_path / "home",
        database_url=urls.serving,
        migration_url=urls.owner,
        notebooks=tmp_path / "notebooks",
        run_retry_seconds=0.1,
        schedules=tmp_path / "none.toml",
    )
    settings.notebooks.mkdir()
    queue_database.prepare(settings)
    for slug in ("acme", "bolt"):
        store.add_tenant(slug, name=slug, currency="EUR", timezone="UTC")
    return settings
