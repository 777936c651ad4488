"""Two tenants hold records with the same ids; no method of one shows or changes the other's."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from uuid import UUID

import pytest
from sqlalchemy import select

from apportion.errors import NotFoundError
from apportion.results.runs import RunStatus
from apportion.store import TenantStore, imports, models, runs
from apportion.store.engine import create_engine
from apportion.store.schema import TENANT_TABLES
from store.examples import results, rows

RUNNING, DONE, QUEUED = (str(UUID(int=number)) for number in (1, 2, 3))
DAY = dt.date(2024, 3, 1)
ME = {"host": "here", "pid": 1, "process_started": 1.0}

Case = Callable[[TenantStore], object]

READS: Mapping[str, Case] = {
    "spend": lambda tenant: tenant.spend()["spend"].tolist(),
    "outcomes": lambda tenant: tenant.outcomes()["value"].tolist(),
    "controls": lambda tenant: tenant.controls()["value"].tolist(),
    "events": lambda tenant: tenant.events()["expected_effect"].tolist(),
    "touchpoints": lambda tenant: tenant.touchpoints()["customer_id"].tolist(),
    "conversions": lambda tenant: tenant.conversions(DAY, DAY)["email"].tolist(),
    "order_items": lambda tenant: tenant.order_items(DAY, DAY)["unit_price"].tolist(),
    "covers": lambda tenant: tenant.covers("touchpoints").first,
    "model": lambda tenant: tenant.model().outcome,
    "latest_model": lambda tenant: tenant.latest_model().outcome,
    "models": lambda tenant: [(found.reason, found.model_fit) for found in tenant.models()],
    "posterior": lambda tenant: tenant.posterior(DONE),
    "run": lambda tenant: tenant.run(RUNNING).message,
    "runs": lambda tenant: [run.message for run in tenant.runs()],
    "imports": lambda tenant: [record.file_name for record in tenant.imports()],
}
WRITES: Mapping[str, Case] = {
    "write": lambda tenant: tenant.write("spend", [rows(9)["spend"]]),
    "write_all": lambda tenant: tenant.write_all((name, [row]) for name, row in rows(9).items()),
    "start_model": lambda tenant: (
        _ids(models, 9),
        tenant.fail_model(RUNNING, "other"),
        tenant.start_model(channels=["meta"], start=DAY, end=DAY),
    ),
    "complete_model": lambda tenant: tenant.complete_model(RUNNING, results(9), b"9"),
    "fail_model": lambda tenant: tenant.fail_model(RUNNING, "other"),
    "start_run": lambda tenant: (_ids(runs, 9), tenant.start_run("mmm", {}, **ME)),
    "claim_run": lambda tenant: tenant.claim_run(QUEUED, **ME),
    "heartbeat": lambda tenant: tenant.heartbeat(RUNNING),
    "report_progress": lambda tenant: tenant.report_progress(RUNNING, 0.9, "other"),
    "finish_run": lambda tenant: tenant.finish_run(RUNNING, RunStatus.COMPLETED, "other", "there"),
    "fail_abandoned_runs": lambda tenant: tenant.fail_abandoned_runs(
        host="here", is_alive=lambda pid, started: False
    ),
    "record_import": lambda tenant: (
        _ids(imports, 9),
        tenant.record_import("spend", "other.csv", 9, "99"),
    ),
}
BY_ID: Mapping[str, Callable[[TenantStore, str], object]] = {
    "model": lambda tenant, _: tenant.model(1),
    "posterior": lambda tenant, key: tenant.posterior(key),
    "run": lambda tenant, key: tenant.run(key),
    "start_model": lambda tenant, key: tenant.start_model(
        channels=[], start=DAY, end=DAY, run_id=key
    ),
    "complete_model": lambda tenant, key: tenant.complete_model(key, results(), b""),
    "fail_model": lambda tenant, key: tenant.fail_model(key, "other"),
    "claim_run": lambda tenant, key: tenant.claim_run(key, **ME),
    "heartbeat": lambda tenant, key: tenant.heartbeat(key),
    "report_progress": lambda tenant, key: tenant.report_progress(key, 0.5, "other"),
    "finish_run": lambda tenant, key: tenant.finish_run(key, RunStatus.COMPLETED),
}


def test_every_public_method_has_a_case():
    methods = {
        name
        for name in dir(TenantStore)
        if not name.startswith("_") and callable(getattr(TenantStore, name))
    }

    assert methods == READS.keys() | WRITES.keys()


def test_every_read_gives_the_own_rows_only(filled):
    shown = {
        name: [_shown(read, tenant, factor) for factor, tenant in enumerate(filled, start=1)]
        for name, read in READS.items()
    }

    assert shown == {name: [True, True] for name in READS}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_changes_the_own_rows_only(filled, urls, name):
    acme, bolt = filled
    before, own_before = _everything(urls, bolt), _everything(urls, acme)

    WRITES[name](acme)

    assert _everything(urls, bolt) == before
    assert _everything(urls, acme) != own_before


@pytest.mark.parametrize("name", BY_ID)
def test_a_record_of_another_tenant_is_like_one_that_does_not_exist(two_tenants, urls, name):
    acme, bolt = two_tenants
    _ids(models, 5, 7, 8)
    _ids(runs, 6)
    theirs, never = str(UUID(int=5)), str(UUID(int=4))
    bolt.start_model(
        channels=["meta"], start=DAY, end=DAY, run_id=bolt.start_run("mmm", {}, **ME).id
    )
    theirs = str(UUID(int=6)) if "run" in name or name == "heartbeat" else theirs
    before = _everything(urls, bolt)

    with pytest.raises(NotFoundError) as of_theirs:
        BY_ID[name](acme, theirs)
    with pytest.raises(NotFoundError) as of_none:
        BY_ID[name](acme, never)

    assert str(of_theirs.value).replace(theirs, never) == str(of_none.value)
    assert _everything(urls, bolt) == before


def test_deleting_a_tenant_takes_its_rows_and_no_others(filled, store, urls):
    acme, bolt = filled
    before = _everything(urls, bolt)

    store.delete_tenant("acme")

    assert not any(_everything(urls, acme).values())
    assert _everything(urls, bolt) == before


@pytest.fixture
def filled(two_tenants) -> Iterator[tuple[TenantStore, TenantStore]]:
    """Both tenants with a record of everything, under the same ids."""
    for factor, tenant in enumerate(two_tenants, start=1):
        tenant.write_all((name, [row]) for name, row in rows(factor).items())
        _ids(imports, 1)
        tenant.record_import("spend", f"text {factor}.csv", 1, "00")
        _ids(runs, 1, 3)
        tenant.start_run("mmm", {}, **ME)
        tenant.report_progress(RUNNING, 0.5, f"text {factor}")
        tenant.start_run("mmm", {})
        _ids(models, 2, 1)
        tenant.start_model(channels=["meta"], start=DAY, end=DAY)
        tenant.complete_model(DONE, results(factor), f"text {factor}".encode())
        tenant.start_model(channels=["meta"], start=DAY, end=DAY, run_id=RUNNING)
    return two_tenants


@pytest.fixture(autouse=True)
def _own_ids(monkeypatch):
    """Let `_ids` choose the next ids of a module; undone at the end of the test."""
    for module in (models, runs, imports):
        monkeypatch.setattr(module, "uuid4", module.uuid4)


def _ids(module, *numbers: int) -> None:
    following = iter(UUID(int=number) for number in numbers)
    module.uuid4 = lambda: next(following)


def _shown(read: Case, tenant: TenantStore, factor: int) -> bool:
    """Tell whether what `read` gives is this tenant's and not the other's."""
    shown = str(read(tenant))
    marks = {
        1: ("1.0", "text 1", "r2=0.1", "2024-03-01"),
        2: ("2.0", "text 2", "r2=0.2", "2024-03-02"),
    }
    own, others = marks[factor], marks[3 - factor]
    return any(mark in shown for mark in own) and not any(mark in shown for mark in others)


def _everything(urls, tenant: TenantStore) -> dict[str, list[str]]:
    """Give all rows of a tenant, read past the store: as superuser, so that no policy hides any."""
    engine = create_engine(urls.administrator)
    with engine.connect() as connection:
        found = {
            table.name: sorted(
                str(row)
                for row in connection.execute(
                    select(table).where(table.c.tenant_id == tenant.tenant.id)
                )
            )
            for table in TENANT_TABLES
        }
    engine.dispose()
    return found
