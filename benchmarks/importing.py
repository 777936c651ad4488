"""Compare an import with the database's own bulk load of the same file, side by side.

Run by hand::

    python benchmarks/importing.py [--rows 1000000] [--postgres URL]

A file of touchpoints is made in a temporary folder. Each load begins with empty tables, in a
process of its own: the database's own (SQLite: ``executemany`` of plain INSERTs in one transaction;
PostgreSQL: COPY into a table with the same columns and indexes, but no row-level security, which
forbids COPY), and Apportion's (every row checked, upserted by key, the whole import or nothing).
``URL`` is of an empty PostgreSQL database, as the role that owns it; it is left empty again.
"""

import argparse
import csv
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pandas as pd
import psycopg
from psycopg import sql

from apportion.importing import ImportRequest, read
from apportion.store import Store
from apportion.store.engine import create_engine
from apportion.store.migrations import downgrade, upgrade

ALLOWED_RATIO = 4.0
TABLE, COPIED = "touchpoints", "copied_touchpoints"


@dataclass(frozen=True)
class Measured:
    """One load: how long it took, and the most memory its process had."""

    seconds: float
    rows: int
    peak_mib: float


def make_file(path: Path, rows: int) -> None:
    random = np.random.default_rng(20260101)
    channels = np.array(["meta", "google", "tiktok", "email", "direct"])
    first = np.datetime64("2024-01-01T00:00:00", "s")
    for start in range(0, rows, 100_000):
        count = min(100_000, rows - start)
        channel = random.choice(channels, count)
        pd.DataFrame(
            {
                "touchpoint_id": [str(UUID(bytes=random.bytes(16))) for _ in range(count)],
                "customer_id": [f"customer {n}" for n in random.integers(0, rows // 5 + 1, count)],
                "timestamp": [
                    f"{moment}+00:00"
                    for moment in first + random.integers(0, 365 * 86_400, count).astype("m8[s]")
                ],
                "channel": channel,
                "platform": channel,
                "campaign": [f"campaign {n}" for n in random.integers(0, 40, count)],
                "ad_set": [f"ad set {n}" for n in random.integers(0, 200, count)],
                "ad": [f"ad {n}" for n in random.integers(0, 800, count)],
                "device": random.choice(["mobile", "desktop", "tablet"], count),
                "browser": random.choice(["chrome", "safari", "firefox"], count),
            }
        ).to_csv(path, mode="a", header=start == 0, index=False)


def own_sqlite(path: Path, url: str) -> int:
    tenant_id = uuid4()
    engine = create_engine(url)
    connection = engine.raw_connection()
    driver = connection.driver_connection
    assert driver is not None
    with path.open(newline="") as file:
        rows = csv.reader(file)
        columns = ["tenant_id", *next(rows)]
        places = ", ".join("?" * len(columns))
        names = ", ".join(f'"{name}"' for name in columns)
        driver.execute("BEGIN")
        driver.execute(
            "INSERT INTO tenants VALUES (?, 'own', 'Own', 'EUR', 'UTC', '2024-01-01T00:00:00Z')",
            [tenant_id.hex],
        )
        insert = f"INSERT INTO {TABLE} ({names}) VALUES ({places})"  # noqa: S608
        written = driver.executemany(insert, ([tenant_id.hex, *row] for row in rows)).rowcount
        driver.execute("COMMIT")
    connection.close()
    return int(written)


def own_postgres(path: Path, url: str) -> int:
    columns = sql.SQL(", ").join(map(sql.Identifier, pd.read_csv(path, nrows=0).columns))
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, HEADER)")
    with psycopg.connect(url) as connection, path.open("rb") as file:
        cursor = connection.cursor()
        with cursor.copy(copy.format(sql.Identifier(COPIED), columns)) as stream:
            while part := file.read(1 << 20):
                stream.write(part)
        return cursor.rowcount


def apportion(path: Path, url: str) -> int:
    store = Store(url)
    imported = read(ImportRequest(TABLE, [path]))
    return store.for_tenant("acme").write(TABLE, imported.batches(TABLE))


def check_only(path: Path, _: str) -> int:
    return read(ImportRequest(TABLE, [path])).check().rows


def measure(load: Callable[[Path, str], int], path: Path, url: str) -> Measured:
    begin = time.perf_counter()
    rows = load(path, url)
    seconds = time.perf_counter() - begin
    return Measured(seconds, rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def in_a_process(load: Callable[[Path, str], int], path: Path, url: str) -> Measured:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, load, path, url).result()


@contextmanager
def empty_sqlite(folder: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=folder) as own_folder:
        url = f"sqlite:///{own_folder}/benchmark.db"
        upgrade(url)
        add_tenant(url)
        yield url


@contextmanager
def empty_postgres(url: str) -> Iterator[str]:
    table = sql.Identifier(COPIED)
    like = sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)")
    default = sql.SQL("ALTER TABLE {} ALTER tenant_id SET DEFAULT {}")
    upgrade(url)
    add_tenant(url)
    with psycopg.connect(url) as connection:
        connection.execute(like.format(table, sql.Identifier(TABLE)))
        connection.execute(default.format(table, sql.Literal(uuid4())))
    yield url
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL("DROP TABLE {}").format(table))
    downgrade(url, "base")


def add_tenant(url: str) -> None:
    store = Store(url)
    store.add_tenant("acme", name="Acme", currency="EUR", timezone="UTC")
    store.close()


def compare(
    name: str,
    own: Callable[[Path, str], int],
    path: Path,
    empty: Callable[[], AbstractContextManager[str]],
    repeats: int,
) -> float:
    loads = {"own bulk load": own, "apportion import": apportion}
    found: dict[str, list[Measured]] = {load: [] for load in loads}
    for _ in range(repeats):
        for load, function in loads.items():
            with empty() as url:
                found[load].append(in_a_process(function, path, url))
    seconds = {}
    for load, runs in found.items():
        seconds[load] = statistics.median(run.seconds for run in runs)
        rows, peak = runs[0].rows, max(run.peak_mib for run in runs)
        print(
            f"{name:11} {load:17} {seconds[load]:7.2f} s {rows / seconds[load]:11,.0f} rows/s "
            f"{peak:6,.0f} MiB at most"
        )
        assert all(run.rows == rows for run in runs)
    ratio = seconds["apportion import"] / seconds["own bulk load"]
    print(f"{name:11} ratio {ratio:.2f} (allowed: {ALLOWED_RATIO:g})")
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3, help="the median is shown")
    parser.add_argument("--postgres", metavar="URL", help="of an empty database, as its owner")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "touchpoints.csv"
        make_file(path, arguments.rows)
        size = path.stat().st_size / 1e6
        print(f"{arguments.rows:,} touchpoints, {size:,.0f} MB, median of {arguments.repeats} runs")
        check = in_a_process(check_only, path, "")
        print(
            f"check only  {check.seconds:25.2f} s {check.rows / check.seconds:11,.0f} rows/s "
            f"{check.peak_mib:6,.0f} MiB at most"
        )
        repeats = arguments.repeats
        ratios = [compare("SQLite", own_sqlite, path, partial(empty_sqlite, folder), repeats)]
        if arguments.postgres:
            empty = partial(empty_postgres, arguments.postgres)
            ratios.append(compare("PostgreSQL", own_postgres, path, empty, repeats))
    return 0 if max(ratios) <= ALLOWED_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
