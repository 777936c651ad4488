"""The commands that neither import nor train: tenants, migration, doctor, show."""

import importlib
import pkgutil

import pytest

from apportion import cli
from apportion.cli.app import MODULES, app
from apportion.config import Settings
from command import run, succeed


@pytest.fixture
def settings(tmp_path):
    return Settings(_env_file=None, home=tmp_path / "home")


@pytest.fixture
def ready(settings):
    succeed(settings, "migrate")
    return settings


@pytest.mark.parametrize(
    "command",
    ["", "demo", "serve", "lab", "migrate", "tenant add", "import", "run", "show", "doctor"],
)
def test_every_command_explains_itself(settings, command):
    assert "Usage: " in succeed(settings, *command.split(), "--help")


def test_every_module_with_a_command_is_known():
    for module in pkgutil.iter_modules(cli.__path__):
        importlib.import_module(f"apportion.cli.{module.name}")

    found = {name: command.callback.__module__ for name, command in app.commands.items()}

    assert found == {name: f"apportion.cli.{module}" for name, module in MODULES.items()}


def test_database_that_is_not_there_is_refused_with_the_way_out(settings):
    done = run(settings, "tenant", "list")

    assert done.returncode == 1
    assert done.stderr.startswith("Error:")


def test_doctor_is_content_with_a_migrated_database(ready):
    assert "MEND" not in succeed(ready, "doctor")


def test_doctor_says_what_to_mend(settings):
    done = run(settings, "doctor")

    assert done.returncode == 1
    assert "MEND" in done.stdout
    assert "apportion migrate" in done.stdout


def test_tenants_come_and_go(ready):
    succeed(ready, "tenant", "add", "acme", "--name", "Acme Ltd", "--currency", "GBP")
    assert "Acme Ltd" in succeed(ready, "tenant", "list")

    succeed(ready, "tenant", "delete", "acme", "--yes")
    assert "acme" not in succeed(ready, "tenant", "list")


def test_show_without_a_model_says_how_to_make_one(ready):
    succeed(ready, "tenant", "add", "acme")

    done = run(ready, "show", "mmm", "--tenant", "acme")

    assert done.returncode == 1
    assert "apportion run mmm --tenant acme" in done.stderr


def test_serve_refuses_to_send_passwords_unencrypted_over_a_network(ready):
    done = run(ready, "serve", "--host", "0.0.0.0")

    assert done.returncode == 1
    assert "Put a proxy with TLS in front" in done.stderr


def test_demo_refuses_a_database_server(ready):
    more = {"APPORTION_DATABASE_URL": "postgresql://serving@127.0.0.1:1/apportion"}

    done = run(ready, "demo", "--prepare", more=more)

    assert done.returncode == 1
    assert "SQLite" in done.stderr
