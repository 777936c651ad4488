"""An installation with one tenant and notebooks of a few cells."""

import nbformat
import pytest

from apportion.config import Settings
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import open_workspace

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

    def write(name, *cells):
        parameters = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
        code = [nbformat.v4.new_code_cell(text) for text in cells]
        notebook = nbformat.v4.new_notebook(cells=[parameters, *code])
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(notebook, settings.notebooks / f"{name}.ipynb")

    return write
