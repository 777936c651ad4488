"""How fast the list, the search and one journey answer, and what a snapshot from the store takes.

Run by hand::

    python benchmarks/journey_list.py [--conversions 1000000] [--url URL --owner URL] [--home PATH]

Two tenants with the same order and customer ids, one a tenth of the other, are made in an SQLite
file of their own, or in the empty PostgreSQL database of `--url` (the role that serves) and
`--owner` (the role that owns it); with `--home` they are kept there and found again. Then every
question is asked twenty times, at random places, through the workspace: rows read, credit under
seven models, all that a page or the API needs.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from apportion.config import Settings
from apportion.frames import CONVERSIONS, TOUCHPOINTS, conform
from apportion.results.accounts import ActingMember, Role
from apportion.store import Store
from apportion.store.migrations import migrate
from apportion.workspace import Workspace

BATCH = 100_000
TIMES = 20
ALLOWED_MS = 100.0
ALLOWED_SEARCH_MS = 50.0
CHANNELS = ["meta", "google", "tiktok", "email", "direct", "affiliate", "organic", "display"]
FIRST = pd.Timestamp("2025-01-01", tz="UTC")
ANALYST = ActingMember(id="benchmark", name="benchmark", role=Role.ANALYST)


def conversions(count: int) -> Iterator[pd.DataFrame]:
    """Give orders over a year, half of them of a customer who has bought before."""
    rng = np.random.default_rng(1)
    for start in range(0, count, BATCH):
        number = np.arange(start, min(start + BATCH, count))
        customer = pd.Series(rng.integers(0, count // 2, len(number)))
        yield conform(
            pd.DataFrame(
                {
                    "order_id": pd.Series(number).map("SHOP-{:08d}".format),
                    "customer_id": customer.map("c{}".format),
                    "timestamp": FIRST + pd.to_timedelta(number * (365 * 86_400 / count), unit="s"),
                    "revenue": rng.gamma(2, 40, len(number)).round(2),
                    "email": customer.map(
                        lambda n: f"{'abcdefghij'[n % 10]}.person{n}@mail.example"
                    ),
                    "is_new_customer": rng.random(len(number)) < 0.5,
                }
            ),
            CONVERSIONS,
        )


def touchpoints(count: int) -> Iterator[pd.DataFrame]:
    """Give 3.5 touchpoints per order, up to twenty days before one of its customer's."""
    rng = np.random.default_rng(1)
    of_tenant = np.random.default_rng(2)
    for start in range(0, count, BATCH):
        number = np.arange(start, min(start + BATCH, count))
        customer = rng.integers(0, count // 2, len(number))
        rng.gamma(2, 40, len(number))
        rng.random(len(number))
        lengths = np.minimum(of_tenant.geometric(0.28, len(number)), 20)
        owner = np.repeat(np.arange(len(number)), lengths)
        at = FIRST + pd.to_timedelta(number * (365 * 86_400 / count), unit="s")
        age = pd.to_timedelta(of_tenant.integers(60, 20 * 86_400, len(owner)), unit="s")
        yield conform(
            pd.DataFrame(
                {
                    "touchpoint_id": pd.Series(start * 20 + np.arange(len(owner))).map(
                        "t{}".format
                    ),
                    "customer_id": pd.Series(customer[owner]).map("c{}".format),
                    "timestamp": at[owner] - age,
                    "channel": of_tenant.choice(CHANNELS, len(owner)),
                    "campaign": pd.Series(of_tenant.integers(0, 20, len(owner))).map("c{}".format),
                    "device": of_tenant.choice(["mobile", "desktop"], len(owner)),
                }
            ),
            TOUCHPOINTS,
        )


def questions(workspace: Workspace, count: int) -> dict[str, tuple[float, Callable[[], object]]]:
    """Give each question with the milliseconds that it may take."""
    rng = np.random.default_rng(3)
    journeys = workspace.journeys

    def order() -> str:
        return f"shop-{rng.integers(0, count):08d}"

    def address() -> str:
        number = int(rng.integers(0, count // 2))
        return f"{'abcdefghij'[number % 10].upper()}.Person{number}"

    return {
        "the latest 50": (ALLOWED_MS, journeys.recent),
        "the latest 50 of new customers": (ALLOWED_MS, lambda: journeys.recent(customer="new")),
        "search by order id": (ALLOWED_SEARCH_MS, lambda: journeys.recent(order())),
        "search by e-mail": (ALLOWED_SEARCH_MS, lambda: journeys.recent(address())),
        "search without a match": (ALLOWED_SEARCH_MS, lambda: journeys.recent("zzz")),
        "search that all orders match": (ALLOWED_MS, lambda: journeys.recent("shop-")),
        "search that a tenth match": (ALLOWED_MS, lambda: journeys.recent("c.person")),
        "one journey": (ALLOWED_MS, lambda: journeys.journey(order().upper())),
    }


def measure(settings: Settings, count: int) -> bool:
    """Fill, ask, and tell; give whether every question was answered in time."""
    migrate(settings)
    store = Store(settings.database_url)
    for slug in ("acme", "bolt"):
        if slug in {tenant.slug for tenant in store.tenants()}:
            continue
        store.add_tenant(slug, name=slug, currency="EUR", timezone="Europe/Berlin")
        started = time.perf_counter()
        tenant = store.for_tenant(slug)
        size = count if slug == "acme" else count // 10
        tenant.write("conversions", conversions(size))
        rows = tenant.write("touchpoints", touchpoints(size))
        print(
            f"{slug}: {size:,} orders, {rows:,} touchpoints in {_since(started):.0f} s", flush=True
        )
    workspace = Workspace(store, "acme", settings, ANALYST)
    started = time.perf_counter()
    workspace.journeys.write_snapshot()
    print(f"snapshot from the store: {_since(started):.1f} s")
    started = time.perf_counter()
    workspace.journeys.refresh()
    print(f"run, four windows for three kinds of customers: {_since(started):.1f} s")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    is_in_time = True
    for name, (allowed, ask) in questions(workspace, count).items():
        ask()
        taken = []
        for _ in range(TIMES):
            started = time.perf_counter()
            ask()
            taken.append(1000 * _since(started))
        is_in_time &= statistics.median(taken) < allowed
        print(
            f"{name:32} median {statistics.median(taken):6.1f} ms, "
            f"slowest {max(taken):6.1f} ms, allowed {allowed:.0f} ms"
        )
    return is_in_time


def _since(started: float) -> float:
    return time.perf_counter() - started


def main() -> None:
    """Measure SQLite, or the PostgreSQL database that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversions", type=float, default=1e6)
    parser.add_argument("--url", default="")
    parser.add_argument("--owner", default="")
    parser.add_argument("--home", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None,
            home=Path(asked.home or folder),
            database_url=asked.url,
            migration_url=asked.owner,
        )
        raise SystemExit(0 if measure(settings, round(asked.conversions)) else 1)


if __name__ == "__main__":
    main()
