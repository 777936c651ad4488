"""JupyterLab for a tenant's analysts: bound to the tenant, on this machine, by its token only."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from apportion.cli.lab import lab_command, lab_environment
from apportion.config import Settings
from command import environment_of, run, succeed


@pytest.fixture
def settings(tmp_path):
    made = Settings(_env_file=None, home=tmp_path / "home")
    succeed(made, "migrate")
    succeed(made, "tenant", "add", "acme")
    return made


def test_its_kernels_serve_the_tenant_whatever_the_surroundings_say(settings, monkeypatch):
    monkeypatch.setenv("APPORTION_TENANT", "other")
    monkeypatch.setenv("APPORTION_SECRET_KEY", "secret")
    monkeypatch.setenv("JUPYTER_TOKEN", "guessed")
    found = lab_environment(settings, "acme")

    assert found["APPORTION_TENANT"] == "acme"
    assert found["APPORTION_DATABASE_URL"] == settings.database_url
    assert "APPORTION_SECRET_KEY" not in found
    assert "JUPYTER_TOKEN" not in found
    assert found["PATH"] == os.environ["PATH"]


def test_it_listens_on_this_machine_only(settings):
    command = lab_command(settings, port=8888, opens_browser=False)

    assert "--ServerApp.ip=127.0.0.1" in command
    assert "--ServerApp.open_browser=False" in command
    assert not [part for part in command if "token" in part or "password" in part]


def test_a_tenant_that_does_not_exist_is_refused(settings):
    done = run(settings, "lab", "--tenant", "nobody", "--no-browser")

    assert done.returncode == 1
    assert "There is no tenant 'nobody'" in done.stderr


def test_who_has_not_the_token_gets_nothing(settings, tmp_path):
    log = tmp_path / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [
                *[sys.executable, "-m", "apportion", "lab", "--tenant", "acme"],
                *["--no-browser", "--port", "0"],
            ],
            env=environment_of(settings, HOME=str(tmp_path)),
            stderr=stderr,
            stdout=subprocess.DEVNULL,
        )
    try:
        address = wait_for_address(log)
        base, _, token = address.partition("?token=")
        assert len(token) >= 32
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{base.removesuffix('lab')}api/contents", timeout=30)
        found = urllib.request.urlopen(
            f"{base.removesuffix('lab')}api/contents?token={token}", timeout=30
        )
        assert b"mmm.ipynb" in found.read()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_for_address(log):
    """Give the address that JupyterLab prints."""
    for _ in range(600):
        for line in log.read_text().splitlines():
            if "http://127.0.0.1:" in line and "?token=" in line:
                return line[line.index("http://127.0.0.1:") :].strip()
        time.sleep(0.1)
    raise AssertionError(log.read_text())
