"""Settings of the media mix model on the command line: kept, shown, and each tenant's own."""

import pandas as pd
import pytest

from apportion.config import Settings
from apportion.frames import OUTCOMES, SPEND, conform
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import open_workspace
from command import run, succeed

DAYS = pd.date_range("2025-01-01", periods=210)
TEST = (
    *("--channel", "tv", "--start", "2025-03-03", "--end", "2025-03-30", "--share", "0.25"),
    *("--lift", "0.05", "--lower", "0.01", "--upper", "0.09"),
)


@pytest.fixture
def ready(tmp_path) -> Settings:
    settings = Settings(_env_file=None, home=tmp_path / "home")
    migrate(settings)
    store = Store(settings.database_url)
    for slug in ("acme", "bolt"):
        store.add_tenant(slug, name=slug, currency="EUR", timezone="UTC")
        rows = pd.DataFrame({"date": DAYS, "channel": "tv", "spend": 1.0 + DAYS.day_of_year % 40})
        store.for_tenant(slug).write("spend", [conform(rows, SPEND)])
        outcome = 100.0 + DAYS.day_of_year % 11
        rows = pd.DataFrame({"date": DAYS, "metric": "revenue", "value": outcome})
        store.for_tenant(slug).write("outcomes", [conform(rows, OUTCOMES)])
    store.close()
    return settings


def test_what_is_told_is_implied_before_any_training(ready):
    told = ("--roi-around", "2", "--roi-hardly-above", "6", "--budget", "follows_demand")
    succeed(ready, "mmm", "tell", "tv", "--tenant", "acme", *told)

    shown = succeed(ready, "mmm", "prior", "--tenant", "acme")

    assert "follows demand" in shown
    assert "2.00 (" in shown
    [other] = open_workspace("bolt", settings=ready).mmm.settings.implications()
    assert other.budget_setting == "not_sure"


def test_a_tenant_chooses_days(ready):
    done = run(ready, "mmm", "grain", "day", "--tenant", "acme")

    assert (done.returncode, done.stdout) == (0, "")
    assert "fitted by day" in done.stderr
    grains = [open_workspace(slug, settings=ready).mmm.prepare().grain for slug in ("acme", "bolt")]
    assert grains == ["day", "week"]


def test_words_that_contradict_each_other_are_refused(ready):
    done = run(ready, "mmm", "tell", "tv", "--tenant", "acme", "--roi-hardly-above", "3")

    assert (done.returncode, done.stdout) == (1, "")
    assert "say around what the return lies" in done.stderr


def test_a_lift_test_comes_is_switched_off_and_goes(ready):
    added = succeed(ready, "lift-test", "add", "Pause", "--tenant", "acme", *TEST).strip()
    acme, bolt = (open_workspace(slug, settings=ready) for slug in ("acme", "bolt"))

    assert "yes" in succeed(ready, "lift-test", "list", "--tenant", "acme")
    assert bolt.mmm.settings.lift_tests() == []
    succeed(ready, "lift-test", "switch", added, "off", "--tenant", "acme")
    assert acme.mmm.settings.get().experiments_off == (added,)
    elsewhere = run(ready, "lift-test", "remove", added, "--tenant", "bolt")
    assert "There is no lift test" in elsewhere.stderr
    succeed(ready, "lift-test", "remove", added, "--tenant", "acme")
    assert acme.mmm.settings.lift_tests() == []
