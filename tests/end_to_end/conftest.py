"""A company's weekly file, imported and trained once per database by the command line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from apportion.config import Settings
from apportion.workspace import Workspace, open_workspace
from command import succeed
from conftest import BOTH

FILE = Path(__file__).parents[1] / "reference" / "robyn_weekly.csv"
COLUMNS = (
    *("--date", "DATE", "--outcome", "revenue"),
    *("--spend", "tv_S,ooh_S,print_S,facebook_S,search_S"),
    *("--control", "competitor_sales_B"),
)


@dataclass(frozen=True)
class Trained:
    """An installation in which `robyn` has a model, and the run's executed notebook."""

    settings: Settings
    executed: Path

    @property
    def workspace(self) -> Workspace:
        return open_workspace("robyn", settings=self.settings)


@pytest.fixture(scope="module", params=BOTH)
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """An installation with nothing in it."""
    home = tmp_path_factory.mktemp("home")
    if request.param == "sqlite":
        settings = Settings(_env_file=None, home=home)
    else:
        urls = request.getfixturevalue("postgres_urls")
        settings = Settings(
            _env_file=None, home=home, database_url=urls.serving, migration_url=urls.owner
        )
    succeed(settings, "migrate")
    yield settings
    succeed(settings, "tenant", "delete", "robyn", "--yes")


@pytest.fixture(scope="module")
def trained(installation: Settings) -> Trained:
    succeed(installation, "tenant", "add", "robyn")
    succeed(installation, "import", "robyn", "mmm", FILE, *COLUMNS)
    executed = succeed(installation, "run", "mmm", "--tenant", "robyn").strip()
    return Trained(installation, Path(executed))
