"""Stock Voilà in this checkout: as strict as our server, and no way around the tenant."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat

from apportion.config import CHECKOUT
from apportion.server.application import VOILA_SETTINGS
from apportion.server.environment import bare_environment

SETTINGS = json.loads((CHECKOUT / "voila.json").read_text())
PAGE = """\
from apportion.workspace import open_workspace
open_workspace(None).tenant.name
"""


def test_voila_json_says_what_our_server_says():
    assert SETTINGS["VoilaConfiguration"] == VOILA_SETTINGS
    assert SETTINGS["Voila"]["ip"] == "127.0.0.1"


def test_stock_voila_shows_no_tenant_to_whom_it_does_not_know(installation, tmp_path):
    cell = nbformat.v4.new_code_cell(PAGE)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "mmm.ipynb")
    (tmp_path / "voila.json").write_text(json.dumps(SETTINGS))

    refused = stock_voila(tmp_path, installation, tenant=None)
    shown = stock_voila(tmp_path, installation, tenant="acme")

    assert "Acme" not in refused
    assert "There was an error when executing cell" in refused
    assert "Traceback" not in refused
    assert "Acme" in shown


def stock_voila(folder: Path, settings, tenant: str | None) -> str:
    """Serve the folder with stock Voilà; give the page of its notebook."""
    surroundings = {**bare_environment(), **settings.environment(tenant=tenant or "")}
    if tenant is None:
        del surroundings["APPORTION_TENANT"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = (folder / "log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "voila", str(folder), "--no-browser", f"--port={port}"],
        cwd=folder,
        env={**surroundings, "JUPYTER_CONFIG_DIR": os.devnull},
        stdout=log,
        stderr=log,
    )
    try:
        return read(f"http://127.0.0.1:{port}/voila/render/mmm.ipynb")
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def read(url: str) -> str:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return str(answer.read().decode())
        except urllib.error.URLError:
            time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")
