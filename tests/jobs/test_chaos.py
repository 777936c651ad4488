"""A few of the kills of ``benchmarks/jobs_chaos.py``, on both databases."""

import random

import pytest

from jobs.chaos import Chaos, leftovers, short_runs
from jobs.fleet import STORING, write_notebook

KILLS = 4
SEED = 20_261_123


@pytest.fixture
def chaos(fleet_settings, tmp_path):
    """Two workers, two tenants, and a notebook that stores a version as a training does."""
    write_notebook(fleet_settings.notebooks, "mmm", STORING)
    commands = {"worker a": ("worker", "--name", "a"), "worker b": ("worker", "--name", "b")}
    return Chaos(fleet_settings, random.Random(SEED), tmp_path / "log", commands, waiting=3)


def _all_is_well(chaos, found):
    assert found["ended"]
    assert found["statuses"] == {"completed": found["runs"]}
    assert found["versions"] == {"completed": found["runs"]}
    assert found["runs without their version"] == found["versions of no run"] == 0
    assert leftovers(chaos.settings.home) == 0


@pytest.mark.slow
def test_no_run_is_lost_or_done_twice_whatever_is_killed(chaos):
    found = short_runs(chaos.settings, chaos, KILLS)
    chaos.end()

    _all_is_well(chaos, found)
    assert sum(chaos.killed.values()) == KILLS


@pytest.mark.slow
@pytest.mark.parametrize(
    "urls", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_workers_and_runs_go_on_when_postgresql_is_restarted(chaos, postgres_server):
    found = short_runs(chaos.settings, chaos, 2, restarts=1, server=postgres_server)
    chaos.end()

    _all_is_well(chaos, found)
    assert chaos.killed["PostgreSQL restarted"] == 1
