"""How a server starts, what it refuses, and that it leaves nothing behind."""

import asyncio
import re
import signal
import socket
import sqlite3
import subprocess
import sys

import psutil
import pytest

from apportion.config import Settings
from apportion.errors import ConfigurationError
from apportion.results.accounts import Role
from apportion.server import serve
from apportion.server.environment import bare_environment
from apportion.server.forking import PRELOAD as EVERYTHING
from apportion.server.forking import TRUSTED_FAILURES, Zygote, ZygoteError
from apportion.server.sockets import bind
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace.accounts import Accounts
from server.conftest import IMPORTS, WIDGETS
from server.process import PASSWORD, PRELOAD, running, wait_until


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.0.7", "example.org", "127.0.0.2"])
def test_other_machines_need_https_in_front(installation, host):
    with pytest.raises(
        ConfigurationError, match=r"unencrypted.*APPORTION_PUBLIC_URL.*--behind-pro"
    ):
        serve(installation, host=host, port=0, on_ready=pytest.fail)


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1"), ("localhost", "http://127.0.0.1")]
)
def test_loopback_is_bound(host, url):
    address = bind(host, 0)

    assert address.url == f"{url}:{address.port}/"
    assert [bound.getsockname()[0] for bound in address.sockets] == ["127.0.0.1"]
    address.close()


def test_a_port_that_is_taken_is_refused_with_a_way_out():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"Port {port} .* taken.*--port {port + 1}"):
            bind("127.0.0.1", port)


def test_a_database_that_is_not_migrated_is_refused(installation, tmp_path):
    bare = installation.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'bare.db'}"})

    with pytest.raises(ConfigurationError, match="apportion migrate"):
        serve(bare, port=0, on_ready=pytest.fail)


@pytest.fixture
def own(installation, tmp_path):
    """Settings of a database of its own, which a test may break."""
    own = Settings(
        _env_file=None,
        home=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'own.db'}",
        notebooks=installation.notebooks,
    )
    migrate(own)
    Store(own.database_url).add_tenant("acme", name="Acme", currency="EUR", timezone="UTC")
    administration = Accounts(own).administer_as_operator("acme")
    administration.add_user("ann@acme.example", Role.ANALYST, password=PASSWORD)
    return own


def change(settings, statement):
    """Change the database behind the server's back."""
    with sqlite3.connect(settings.database_url.removeprefix("sqlite:///")) as database:
        database.execute(statement)


def test_an_unready_database_is_told_without_its_address(own, tmp_path):
    with running(own, tmp_path / "log", preload=None) as server:
        assert server.get("/readyz").status == 200
        change(own, "DROP TABLE alembic_version")
        answer = server.get("/readyz")

        assert answer.status == 503
        assert "own.db" not in answer.text
        assert server.get("/healthz").status == 200


def test_a_bug_is_told_with_a_reference_whose_traceback_is_in_the_log(own, tmp_path):
    with running(own, tmp_path / "log", preload=None) as server:
        change(own, "ALTER TABLE mmm_models RENAME TO gone")
        answer = server.get("/?email=ann@example.org")
        reference = re.search(r"<code>(\w{8})</code>", answer.text).group(1)
        log = server.log.read_text()

    assert answer.status == 500
    assert "Something went wrong" in answer.text
    assert "mmm_models" not in answer.text
    assert f"reference {reference}: 500 GET /\nTraceback" in log
    assert "ann@example.org" not in log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("preload", [PRELOAD, None], ids=["forked", "ordinary"])
def test_a_signal_ends_the_server_and_every_kernel(serve_page, number, preload):
    with serve_page(IMPORTS, WIDGETS, preload=preload) as server:
        server.open_page()
        server.open_page()
        children = server.children()
        assert len(children) == (3 if preload else 2)

        assert server.stop(number) == 0

    assert wait_until(lambda: not any(map(psutil.Process.is_running, children)), 5)


def test_a_server_that_is_killed_takes_its_kernels_along(serve_page):
    with serve_page(IMPORTS, WIDGETS) as server:
        server.open_page()
        children = server.children()
        server.stop(signal.SIGKILL)

    assert wait_until(lambda: not any(map(psutil.Process.is_running, children)), 10)


def test_when_the_zygote_dies_pages_still_open_and_a_new_one_is_started(serve_page):
    with serve_page(IMPORTS, WIDGETS) as server:
        lost = server.open_page()
        first = server.zygote()
        first.kill()
        assert wait_until(lambda: first.status() == psutil.STATUS_ZOMBIE)

        kernel = server.open_page()

        assert server.environment(kernel)["APPORTION_TENANT"] == "acme"
        assert server.zygote().pid != first.pid
        assert "starting an ordinary kernel" in server.log.read_text()
        assert wait_until(lambda: server.kernel_status(lost) == 404)


def test_a_zygote_that_cannot_start_is_given_up(tmp_path):
    zygote = Zygote(bare_environment(), tmp_path, ["apportion.nothing"])

    async def ask_often():
        for _ in range(TRUSTED_FAILURES + 1):
            with pytest.raises(ZygoteError):
                await zygote.fork("connection.json", {}, str(tmp_path))

    zygote.start()
    asyncio.run(ask_often())

    assert zygote.pid is None


def test_where_a_process_cannot_be_watched_there_is_no_zygote(tmp_path, monkeypatch):
    monkeypatch.delattr("os.pidfd_open")
    zygote = Zygote(bare_environment(), tmp_path)

    zygote.start()

    assert zygote.pid is None


@pytest.mark.parametrize(
    ("modules", "reason"),
    [
        (["pymc"], "a view imports the sampler"),
        (["server.threads"], "only one survives a fork"),
    ],
    ids=["sampler", "thread"],
)
def test_a_zygote_that_must_not_fork_ends(modules, reason, tmp_path):
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "threads.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=[60], daemon=True).start()\n"
    )
    (tmp_path / "pymc.py").touch()
    ended = subprocess.run(
        [sys.executable, "-m", "apportion.server.zygote", "0", *modules],
        env={**bare_environment(), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert reason in ended.stderr


def test_what_the_zygote_imports_can_be_forked(tmp_path):
    zygote = Zygote(bare_environment(), tmp_path, EVERYTHING)
    zygote.start()

    async def fork():
        file = str(tmp_path / "kernel-x.json")
        return await zygote.fork(file, {**bare_environment(), "HOME": str(tmp_path)}, str(tmp_path))

    process = asyncio.run(fork())

    assert process.poll() is None
    process.kill()
    assert process.wait() == 0
    zygote.stop()
