"""Back-up and restore as docs/operations.md has them, with the databases' own programs."""

import re
import shutil
import subprocess
import threading
from pathlib import Path

import psycopg
import pytest

from apportion.store import Store
from apportion.store.migrations import upgrade
from postgres import OWNER, SERVING
from store.examples import results, rows

DOCUMENT = Path("docs/operations.md")


def _fill(store):
    for slug, factor in {"acme": 1, "bolt": 2}.items():
        store.add_tenant(slug, name=slug, currency="EUR", timezone="UTC")
        tenant = store.for_tenant(slug)
        tenant.write_all((name, [row]) for name, row in rows(factor).items())
        model = tenant.start_model(channels=["meta"], start=None, end=None)
        tenant.complete_model(model.model_id, results(factor), b"draws %d" % factor)


def _shown(store):
    found = {}
    for slug in ("acme", "bolt"):
        tenant = store.for_tenant(slug)
        model = tenant.model()
        found[slug] = (tenant.spend().to_dict(), model, tenant.posterior(model.model_id))
    return found


def _command(start, **values):
    """Give the command of the document that begins so, with its example values replaced."""
    [line] = re.findall(rf"^{re.escape(start)}.*$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    for example, value in values.items():
        assert example in line
        line = line.replace(example, str(value))
    return line


def test_an_sqlite_database_is_backed_up_while_it_is_written_to(tmp_path):
    path, copy = tmp_path / "apportion.db", tmp_path / "copy.db"
    upgrade(f"sqlite:///{path}")
    store = Store(f"sqlite:///{path}")
    _fill(store)
    before = _shown(store)
    done = threading.Event()

    def write():
        while not done.is_set():
            store.for_tenant("acme").start_run("mmm", {})

    writer = threading.Thread(target=write)
    writer.start()
    command = _command("sqlite3 ", **{
        "/var/lib/apportion/apportion.db": path, "/backup/apportion.db": copy
    })  # fmt: skip
    subprocess.run(command, shell=True, check=True)
    done.set()
    writer.join()
    store.close()
    path.unlink()
    shutil.copy(copy, path)

    restored = Store(f"sqlite:///{path}")
    restored.check_ready()
    assert _shown(restored) == before
    assert restored.for_tenant("bolt").runs() == []
    restored.close()


@pytest.mark.postgres
def test_a_postgresql_database_is_restored_with_its_locks(postgres_server, tmp_path):
    dump = tmp_path / "apportion.dump"
    with postgres_server.database("before") as old, postgres_server.database("after") as new:
        upgrade(postgres_server.url(OWNER, old), SERVING)
        store = Store(postgres_server.url(SERVING, old))
        _fill(store)
        before = _shown(store)
        store.close()

        _run("pg_dump ", postgres_server.administrator_url(old), dump)
        refused = _run("pg_dump ", postgres_server.url(OWNER, old), tmp_path / "x", check=False)
        _run("pg_restore ", postgres_server.administrator_url(new), dump)

        assert "row-level security" in refused.stderr
        restored = Store(postgres_server.url(SERVING, new))
        restored.check_ready()
        assert _shown(restored) == before
        restored.close()
        with psycopg.connect(postgres_server.url(SERVING, new)) as connection:
            assert connection.execute("SELECT count(*) FROM daily_spend").fetchone() == (0,)
        with psycopg.connect(postgres_server.administrator_url(new)) as connection:
            assert connection.execute("SELECT count(*) FROM daily_spend").fetchone() == (2,)


def _run(start, url, file, *, check=True):
    command = _command(start, **{"$ADMINISTRATOR_URL": url, "/backup/apportion.dump": file})
    done = subprocess.run(command, shell=True, check=False, capture_output=True, text=True)
    assert done.returncode == 0 or not check, done.stderr
    return done
