"""A few of the kills of ``benchmarks/jobs_chaos.py``, on both databases."""

import random

import pytest

from apportion.config import Settings
from apportion.jobs import queue_database
from jobs.chaos import Chaos, leftovers, short_runs
from jobs.fleet import STORING, write_notebook

KILLS = 4
SEED = 20_261_123


@pytest.mark.slow
def test_no_run_is_lost_or_done_twice_whatever_is_killed(tmp_path, urls, store, request):
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    write_notebook(notebooks, "mmm", STORING)
    settings = Settings(
        _env_file=None,
        home=tmp_path / "home",
        database_url=urls.serving,
        migration_url=urls.owner,
        notebooks=notebooks,
        run_retry_seconds=0.1,
        schedules=tmp_path / "none.toml",
    )
    queue_database.prepare(settings)
    for slug in ("acme", "bolt"):
        store.add_tenant(slug, name=slug, currency="EUR", timezone="UTC")
    commands = {"worker a": ("worker", "--name", "a"), "worker b": ("worker", "--name", "b")}
    chaos = Chaos(settings, random.Random(SEED), tmp_path / "log", commands, waiting=3)

    found = short_runs(settings, chaos, KILLS)
    chaos.end()

    assert found["ended"]
    assert found["statuses"] == {"completed": found["runs"]}
    assert found["versions"] == {"completed": found["runs"]}
    assert found["runs without their version"] == found["versions of no run"] == 0
    assert sum(chaos.killed.values()) == KILLS
    assert leftovers(settings.home) == 0
