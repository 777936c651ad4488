"""An installation of its own: a database, tenants, short notebooks, workers as processes."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # the private PostgreSQL server of the tests

from apportion.config import Settings  # noqa: E402
from apportion.jobs import queue_database  # noqa: E402
from apportion.store import Store  # noqa: E402
from apportion.store.migrations import migrate  # noqa: E402
from jobs.fleet import STORING, write_notebook  # noqa: E402
from postgres import OWNER, SERVING, Server, private_server  # noqa: E402

SHORT = "import time\ntime.sleep(seconds)"


@contextmanager
def installation(
    database: str, home: Path, *, tenants: int, training: bool = False
) -> Iterator[tuple[Settings, Server | None]]:
    """Give an installation with so many tenants; the notebooks are short, or the product's."""
    notebooks = home / "notebooks"
    notebooks.mkdir(parents=True)
    if training:
        shutil.copy(ROOT / "notebooks" / "mmm.ipynb", notebooks)
    else:
        write_notebook(notebooks, "mmm", STORING)
        for name in ("journeys", "incrementality", "ai_insights"):
            write_notebook(notebooks, name, SHORT)
    values = {"home": home, "notebooks": notebooks, "run_retry_seconds": 0.2}
    values["schedules"] = home / "none.toml"
    if database == "sqlite":
        settings = Settings(_env_file=None, **values)
        _fill(settings, tenants)
        yield settings, None
        return
    with private_server() as server, server.database("jobs") as name:
        settings = Settings(
            _env_file=None,
            database_url=server.url(SERVING, name),
            migration_url=server.url(OWNER, name),
            **values,
        )
        _fill(settings, tenants)
        yield settings, server


def _fill(settings: Settings, tenants: int) -> None:
    migrate(settings)
    queue_database.prepare(settings)
    store = Store(settings.database_url)
    for number in range(tenants):
        slug = f"tenant-{number:02}"
        store.add_tenant(slug, name=slug, currency="EUR", timezone="UTC")
    store.close()
