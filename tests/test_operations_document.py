"""What docs/operations.md and deploy/ say is so: settings, metrics, commands, files."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from apportion.cli import app
from apportion.config import Settings
from apportion.telemetry.metrics import REGISTRY
from apportion.workspace.notebooks import NOTEBOOKS

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "operations.md").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yml").read_text("utf-8"))


def _settings():
    return {f"APPORTION_{name.upper()}" for name in Settings.model_fields}


def test_every_setting_that_is_named_exists():
    named = set(re.findall(r"APPORTION_[A-Z_]*[A-Z]", DOCUMENT))
    in_compose = {
        name
        for service in COMPOSE["services"].values()
        for name in service["environment"]
        if name.startswith("APPORTION_")
    }

    assert named <= _settings()
    assert in_compose <= _settings()


def test_the_metrics_are_those_that_there_are():
    named = set(re.findall(r"^\| `(apportion_\w+)", DOCUMENT, re.MULTILINE))
    there = {
        name for family in REGISTRY.collect() for name in (family.name, f"{family.name}_total")
    } | {"apportion_queue_runs", "apportion_claude_tokens_month"}

    assert named <= there
    assert {family.name for family in REGISTRY.collect()} <= {
        name.removesuffix("_total") for name in named
    }


def test_every_file_that_is_named_exists():
    files = re.findall(r"`((?:scheduled|deploy|tests|jobs|workspace|mmm|lib)/[^`]*)`", DOCUMENT)

    notebooks = re.findall(r"`notebooks/(\w+)\.ipynb`", DOCUMENT)

    assert files
    assert set(notebooks) == set(NOTEBOOKS)
    for name in files:
        assert (ROOT / name).exists() or (ROOT / "lib" / "apportion" / name).exists(), name


@pytest.mark.parametrize("name", ["migrate", "server", "worker"])
def test_what_a_container_is_told_is_a_command(name):
    default = re.search(
        r"^CMD (\[.*\])$", (ROOT / "deploy/Containerfile").read_text(), re.MULTILINE
    )
    command = COMPOSE["services"][name].get("command") or yaml.safe_load(default[1])

    done = CliRunner().invoke(app, [*command, "--help"])

    assert done.exit_code == 0, done.output


def test_compose_waits_for_what_each_service_needs():
    services = COMPOSE["services"]

    for name in ("server", "worker"):
        assert services[name]["depends_on"]["migrate"]["condition"] == (
            "service_completed_successfully"
        )
        assert "APPORTION_MIGRATION_URL" not in services[name]["environment"]
    assert services["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert all(port.startswith("127.0.0.1:") for port in services["server"]["ports"])
    assert not [name for name, each in services.items() if name != "server" and "ports" in each]


def test_the_script_that_makes_the_roles_is_a_shell_script():
    subprocess.run(["/bin/sh", "-n", ROOT / "deploy" / "roles.sh"], check=True)


def test_the_commands_of_the_document_exist():
    for line in re.findall(r"`(apportion [a-z][^`]*)`", DOCUMENT):
        words = [word for word in shlex.split(line) if not word.startswith(("-", "…"))][1:2]
        assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0, line
