"""A real worker: its numbers at its port, its log as lines of JSON, neither with a tenant name."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from apportion.config import Settings
from apportion.results.accounts import COMMAND_LINE
from apportion.store import Store
from apportion.store.migrations import migrate


def _free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.mark.slow
def test_a_worker_serves_its_numbers_and_logs_json(tmp_path):
    settings = Settings(_env_file=None, home=tmp_path)
    migrate(settings)
    store = Store(settings.database_url)
    tenant = store.add_tenant("acme", name="Acme", currency="EUR", timezone="UTC")
    store.for_tenant("acme").request_run("journeys", {}, by=COMMAND_LINE)
    port = _free_port()
    environment = {
        **os.environ,
        "APPORTION_HOME": str(tmp_path),
        "APPORTION_NOTEBOOKS": str(tmp_path),  # none there: the run fails at once
        "APPORTION_METRICS_PORT": str(port),
        "APPORTION_LOG_FORMAT": "json",
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "apportion", "worker"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        text = _when(port, 'apportion_run_seconds_count{kind="journeys",status="failed"} 1.0')
    finally:
        worker.send_signal(signal.SIGTERM)
        _, said = worker.communicate(timeout=90)
    store.close()

    assert 'apportion_queue_runs{kind="journeys",state="waiting"} 0.0' in text
    assert 'apportion_claude_tokens_month{direction="input"} 0.0' in text
    assert "acme" not in text.lower()
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    of_run = [line for line in lines if line["run_id"]]
    assert {line["tenant_id"] for line in of_run} == {str(tenant.id)}
    assert any("There is no notebook" in line["message"] for line in of_run)
    assert worker.returncode == 0


def _when(port, expected, seconds=90):
    """Read the numbers until the expected line is among them."""
    end = time.monotonic() + seconds
    text = ""
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                text = answer.read().decode()
        except urllib.error.URLError:
            text = ""
        if expected in text:
            return text
        time.sleep(0.5)
    raise AssertionError(text)
