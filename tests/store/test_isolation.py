"""Two tenants hold records with the same ids; no method of one shows or changes the other's."""

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from apportion.errors import NotFoundError
from apportion.results.accounts import COMMAND_LINE, Actor, AuditAction, Role, Via
from apportion.results.alerts import AlertEvent, TargetKind
from apportion.results.backtest import BackTest
from apportion.results.base import Interval
from apportion.results.incrementality import ExperimentStatus
from apportion.results.mmm import DateRange
from apportion.results.runs import RunStatus
from apportion.results.scenarios import SpendPlan
from apportion.store import (
    Store,
    TenantStore,
    alerts,
    audit,
    backtests,
    experiments,
    imports,
    mmm_settings,
    models,
    run_log,
    run_requests,
    runs,
    scenarios,
    successions,
    tokens,
    users,
)
from apportion.store.engine import create_engine
from apportion.store.schema import TENANT_TABLES
from conftest import add_two_tenants
from store.examples import (
    certificate,
    experiment,
    feedback,
    insights,
    journey_results,
    lift_test,
    results,
    rows,
    settings,
)

RUNNING, DONE, QUEUED, WAITING = (str(UUID(int=number)) for number in (1, 2, 3, 4))
DAY = dt.date(2024, 3, 1)
WEEKS = dt.timedelta(days=30)
ADDRESSES = ("conversions", ["email"])

RUNNING, DONE, QUEUED = (str(UUID(int=number)) for number in (1, 2, 3))
DAY = dt.date(2024, 3, 1)
WEEK_END = dt.date(2024, 3, 7)
QUESTION = {"is_answered": True, "reason": "", "input_tokens": 1, "output_tokens": 1}
ME = {"host": "here", "pid": 1, "process_started": 1.0}
AT = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
NOTED = {"at": AT, "by": COMMAND_LINE}
ANN, BEA = (str(UUID(int=number)) for number in (1, 2))
TOKEN = str(UUID(int=1))
TARGET, DELIVERY = str(UUID(int=1)), str(UUID(int=3))
TEST = str(UUID(int=1))
NEW_USER = {"name": "text 9", "role": Role.VIEWER, "must_change_password": False, **NOTED}
NEW_PASSWORD = {
    "action": AuditAction.PASSWORD_RESET,
    "must_change_password": True,
    **NOTED,
}
NEW_SESSION = {"is_chosen": True, "via": Via.PASSWORD, "at": AT, "expires_at": AT}
NEW_TOKEN = {"role": Role.VIEWER, "expires_at": None, "at": AT}
CHANGED = {
    "was": ExperimentStatus.DRAFT,
    "action": AuditAction.EXPERIMENT_CHANGED,
    "by": COMMAND_LINE,
}


def measured(model_id: str, factor: float) -> BackTest:
    """Give a back-test whose figures are `factor`."""
    return BackTest(
        model_id=model_id,
        version=1,
        period=DateRange(start=DAY, end=DAY),
        weeks=1,
        mape=factor,
        promised_mape=factor,
        promised_mape_interval=Interval(lower=factor, upper=factor),
        last_year_mape=None,
        bias=factor,
        coverage90=factor,
        measured_at=AT,
    )


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
    "parts": lambda tenant: [part["email"].tolist() for part in tenant.parts(*ADDRESSES)],
    "orders": lambda tenant: [row["email"] for row in tenant.orders()],
    "find_orders": lambda tenant: [row["email"] for row in tenant.find_orders("")],
    "order": lambda tenant: tenant.order("o1")["email"],
    "before_orders": lambda tenant: tenant.before_orders([tenant.order("o1")], WEEKS),
    "dataset_changes": lambda tenant: (
        tenant.dataset_changes(["touchpoints", "none"]),
        tenant.order("o1")["email"],
    ),
    "journey_version": lambda tenant: (
        tenant.journey_version(),
        tenant.journey_results(30).fingerprint,
    ),
    "journey_results": lambda tenant: tenant.journey_results(30).fingerprint,
    "setting": lambda tenant: tenant.setting("attribution"),
    "model": lambda tenant: tenant.model().outcome,
    "latest_model": lambda tenant: tenant.latest_model().outcome,
    "models": lambda tenant: [(found.reason, found.model_fit) for found in tenant.models()],
    "training": lambda tenant: tenant.training(),
    "posterior": lambda tenant: tenant.posterior(DONE),
    "mmm_settings": lambda tenant: tenant.mmm_settings().channels,
    "lift_tests": lambda tenant: [test.name for test in tenant.lift_tests()],
    "backtests": lambda tenant: tenant.backtests(),
    "alert_target": lambda tenant: tenant.alert_target(TARGET).address,
    "alert_targets": lambda tenant: [each.address for each in tenant.alert_targets()],
    "alerts": lambda tenant: tenant.alerts(),
    "due_deliveries": lambda tenant: tenant.due_deliveries(dt.datetime.now(dt.UTC)),
    "log_lines": lambda tenant: tenant.log_lines(RUNNING),
    "scenarios": lambda tenant: [found.name for found in tenant.scenarios()],
    "scenario": lambda tenant: tenant.scenario(DONE).plan.spend,
    "experiments": lambda tenant: [found.name for found in tenant.experiments()],
    "experiment": lambda tenant: tenant.experiment(DONE).name,
    "certificate": lambda tenant: tenant.certificate(DONE).experiment.name,
    "run": lambda tenant: tenant.run(RUNNING).message,
    "runs": lambda tenant: [run.message for run in tenant.runs()],
    "schedules": lambda tenant: tenant.schedules()["nightly"].parameters,
    "model_of_run": lambda tenant: (
        tenant.complete_model(RUNNING, tenant.model(1), b""),
        tenant.model_of_run(RUNNING).outcome,
    )[1],
    "is_admitted_run": lambda tenant: (
        tenant.is_admitted_run(RUNNING, 1),
        tenant.run(RUNNING).message,
    ),
    "imports": lambda tenant: [record.file_name for record in tenant.imports()],
    "insights": lambda tenant: tenant.insights(DAY, WEEK_END).executive_summary,
    "feedback": lambda tenant: tenant.feedback(),
    "token_use": lambda tenant: f"text {tenant.token_use(DAY, 100).input_tokens}",
    "questions_since": lambda tenant: f"text {tenant.questions_since(AT)}",
    "user": lambda tenant: tenant.user(ANN),
    "user_with_email": lambda tenant: tenant.user_with_email("Ann@both.example"),
    "users": lambda tenant: tenant.users(),
    "password_hash": lambda tenant: tenant.password_hash(ANN),
    "token": lambda tenant: tenant.token(TOKEN),
    "token_with_hash": lambda tenant: tenant.token_with_hash("t1"),
    "tokens": lambda tenant: tenant.tokens(),
    "events_page": lambda tenant: [event.details for event in tenant.events_page().events],
    "old_outputs": lambda tenant: (
        tenant.finish_run(RUNNING, RunStatus.FAILED, tenant.run(RUNNING).message, "there"),
        [run.message for run in tenant.old_outputs(dt.datetime.now(dt.UTC))],
    )[1],
}
WRITES: Mapping[str, Case] = {
    "write": lambda tenant: tenant.write("spend", [rows(9)["spend"]]),
    "write_all": lambda tenant: tenant.write_all((name, [row]) for name, row in rows(9).items()),
    "add_journey_results": lambda tenant: tenant.add_journey_results([journey_results(9)]),
    "change_setting": lambda tenant: tenant.change_setting("attribution", "other"),
    "start_model": lambda tenant: (
        _ids(models, 9),
        tenant.fail_model(RUNNING, "other"),
        tenant.start_model(channels=["meta"], start=DAY, end=DAY),
    ),
    "complete_model": lambda tenant: tenant.complete_model(RUNNING, results(9), b"9"),
    "fail_model": lambda tenant: tenant.fail_model(RUNNING, "other"),
    "save_mmm_settings": lambda tenant: tenant.save_mmm_settings(settings(9)),
    "add_lift_test": lambda tenant: (_ids(mmm_settings, 9), tenant.add_lift_test(lift_test(9))),
    "remove_lift_test": lambda tenant: tenant.remove_lift_test(TEST),
    "request_run": lambda tenant: (
        _ids(run_requests, 9),
        tenant.request_run("ai_insights", {}, by=COMMAND_LINE),
    ),
    "cancel_run": lambda tenant: tenant.cancel_run(QUEUED, by=COMMAND_LINE),
    "change_schedule": lambda tenant: tenant.change_schedule(
        "nightly", enabled=False, cadence=None, parameters=None, **NOTED
    ),
    "see_to_schedule": lambda tenant: (
        _ids(run_requests, 9),
        tenant.see_to_schedule("nightly", AT, before=None, kind="ai_insights", parameters={}),
    ),
    "admit_run": lambda tenant: tenant.admit_run(WAITING),
    "take_run": lambda tenant: tenant.take_run(WAITING, worker="w", **ME),
    "holds_run": lambda tenant: tenant.holds_run(RUNNING, 0),
    "end_attempt": lambda tenant: tenant.end_attempt(RUNNING, 0, RunStatus.COMPLETED),
    "give_back_run": lambda tenant: tenant.give_back_run(RUNNING, message="other"),
    "make_current": lambda tenant: (
        _ids(successions, 8, 9),
        tenant.complete_model(RUNNING, results(9), b"9", held_back="other"),
        tenant.make_current(2, reason="other", **NOTED),
    ),
    "record_backtest": lambda tenant: tenant.record_backtest(measured(DONE, 9)),
    "add_alert_target": lambda tenant: (
        _ids(alerts, 9),
        tenant.add_alert_target(TargetKind.EMAIL, "other", [AlertEvent.RUN_FAILED], **NOTED),
    ),
    "remove_alert_target": lambda tenant: tenant.remove_alert_target(TARGET, **NOTED),
    "record_alert": lambda tenant: (
        _ids(alerts, 8, 9),
        tenant.record_alert(AlertEvent.RUN_FAILED, "other", "other", "", to=[TARGET]),
    ),
    "claim_delivery": lambda tenant: tenant.claim_delivery(DELIVERY, attempts=0, until=AT),
    "finish_delivery": lambda tenant: tenant.finish_delivery(DELIVERY, delivered_at=AT),
    "forget_output": lambda tenant: (
        tenant.finish_run(RUNNING, RunStatus.FAILED, "other", "there"),
        tenant.forget_output(RUNNING),
    ),
    "add_log_line": lambda tenant: (_ids(run_log, 9), tenant.add_log_line(RUNNING, "other")),
    "add_scenario": lambda tenant: (
        _ids(scenarios, 9),
        tenant.add_scenario("other", SpendPlan(), created_by="other"),
    ),
    "remove_scenario": lambda tenant: tenant.remove_scenario(DONE),
    "add_experiment": lambda tenant: (
        _ids(experiments, 9),
        tenant.add_experiment(experiment("other"), by=COMMAND_LINE),
    ),
    "save_experiment": lambda tenant: tenant.save_experiment(
        experiment("other", RUNNING), **CHANGED
    ),
    "delete_experiment": lambda tenant: tenant.delete_experiment(RUNNING, at=AT, by=COMMAND_LINE),
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
    "store_insights": lambda tenant: tenant.store_insights(insights(9)),
    "give_feedback": lambda tenant: tenant.give_feedback(feedback(9)),
    "withdraw_feedback": lambda tenant: tenant.withdraw_feedback("a1"),
    "reserve_tokens": lambda tenant: tenant.reserve_tokens(DAY, 5, 1000),
    "settle_tokens": lambda tenant: tenant.settle_tokens(DAY, 5, 9, 9),
    "log_question": lambda tenant: tenant.log_question(["metrics"], **QUESTION),
    "add_user": lambda tenant: (
        _ids(users, 9),
        tenant.add_user("new@both.example", password_hash=None, **NEW_USER),
    ),
    "set_role": lambda tenant: tenant.set_role(ANN, Role.VIEWER, **NOTED),
    "disable_user": lambda tenant: tenant.disable_user(ANN, **NOTED),
    "enable_user": lambda tenant: (
        tenant.disable_user(ANN, **NOTED),
        tenant.enable_user(ANN, **NOTED),
    ),
    "remove_user": lambda tenant: tenant.remove_user(ANN, **NOTED),
    "set_password": lambda tenant: tenant.set_password(ANN, "other", **NEW_PASSWORD),
    "replace_hash": lambda tenant: tenant.replace_hash(ANN, tenant.password_hash(ANN), "other"),
    "start_session": lambda tenant: tenant.start_session("s9", ANN, browser="", **NEW_SESSION),
    "rotate_session": lambda tenant: tenant.rotate_session("s1", "s9", is_chosen=False),
    "see_session": lambda tenant: tenant.see_session("s1", AT + dt.timedelta(hours=1)),
    "end_session": lambda tenant: tenant.end_session("s1", at=AT),
    "end_sessions_of": lambda tenant: tenant.end_sessions_of(ANN, at=AT),
    "add_token": lambda tenant: (
        _ids(tokens, 9),
        tenant.add_token("t9", name="other", by=COMMAND_LINE, **NEW_TOKEN),
    ),
    "see_token": lambda tenant: tenant.see_token(TOKEN, AT),
    "revoke_token": lambda tenant: tenant.revoke_token(TOKEN, **NOTED),
    "record_event": lambda tenant: tenant.record_event("other", **NOTED),
    "change_tenant": lambda tenant: tenant.change_tenant(
        name="other", currency="CHF", timezone="UTC", **NOTED
    ),
}
BY_ID: Mapping[str, Callable[[TenantStore, str], object]] = {
    "model": lambda tenant, _: tenant.model(1),
    "posterior": lambda tenant, key: tenant.posterior(key),
    "scenario": lambda tenant, key: tenant.scenario(key),
    "remove_scenario": lambda tenant, key: tenant.remove_scenario(key),
    "experiment": lambda tenant, key: tenant.experiment(key),
    "certificate": lambda tenant, key: tenant.certificate(key),
    "save_experiment": lambda tenant, key: tenant.save_experiment(
        experiment("other", key), **CHANGED
    ),
    "delete_experiment": lambda tenant, key: tenant.delete_experiment(key, at=AT, by=COMMAND_LINE),
    "run": lambda tenant, key: tenant.run(key),
    "runs": lambda tenant, key: tenant.runs(after=key),
    "start_model": lambda tenant, key: tenant.start_model(
        channels=[], start=DAY, end=DAY, run_id=key
    ),
    "add_journey_results (run)": lambda tenant, key: tenant.add_journey_results(
        [journey_results()], run_id=key
    ),
    "complete_model": lambda tenant, key: tenant.complete_model(key, results(), b""),
    "fail_model": lambda tenant, key: tenant.fail_model(key, "other"),
    "remove_lift_test": lambda tenant, key: tenant.remove_lift_test(key),
    "make_current": lambda tenant, _: tenant.make_current(1, reason="other", **NOTED),
    "record_backtest": lambda tenant, key: tenant.record_backtest(measured(key, 9)),
    "add_log_line_of_run": lambda tenant, key: tenant.add_log_line(key, "other"),
    "alert_target": lambda tenant, key: tenant.alert_target(key),
    "remove_alert_target": lambda tenant, key: tenant.remove_alert_target(key, **NOTED),
    "record_alert": lambda tenant, key: tenant.record_alert(
        AlertEvent.RUN_FAILED, "other", "other", "", to=[key]
    ),
    "finish_delivery": lambda tenant, key: tenant.finish_delivery(key, delivered_at=AT),
    "forget_output_of_run": lambda tenant, key: tenant.forget_output(key),
    "log_lines_of_run": lambda tenant, key: tenant.log_lines(key),
    "claim_run": lambda tenant, key: tenant.claim_run(key, **ME),
    "heartbeat": lambda tenant, key: tenant.heartbeat(key),
    "report_progress": lambda tenant, key: tenant.report_progress(key, 0.5, "other"),
    "finish_run": lambda tenant, key: tenant.finish_run(key, RunStatus.COMPLETED),
    "cancel_run": lambda tenant, key: tenant.cancel_run(key, by=COMMAND_LINE),
    "take_run": lambda tenant, key: tenant.take_run(key, worker="w", **ME),
    "withdraw_feedback": lambda tenant, key: tenant.withdraw_feedback(key),
    "user": lambda tenant, key: tenant.user(key),
    "password_hash": lambda tenant, key: tenant.password_hash(key),
    "set_role": lambda tenant, key: tenant.set_role(key, Role.ADMIN, **NOTED),
    "disable_user": lambda tenant, key: tenant.disable_user(key, **NOTED),
    "enable_user": lambda tenant, key: tenant.enable_user(key, **NOTED),
    "remove_user": lambda tenant, key: tenant.remove_user(key, **NOTED),
    "set_password": lambda tenant, key: tenant.set_password(key, "other", **NEW_PASSWORD),
    "start_session": lambda tenant, key: tenant.start_session("s9", key, browser="", **NEW_SESSION),
    "token": lambda tenant, key: tenant.token(key),
    "revoke_token": lambda tenant, key: tenant.revoke_token(key, **NOTED),
    "add_token": lambda tenant, key: tenant.add_token(
        "t9", name="other", by=Actor(name="ann", user_id=key), **NEW_TOKEN
    ),
    "events_page": lambda tenant, key: tenant.events_page(before=key),
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
    _ids(models, 7, 8)
    _ids(runs, 5)
    theirs, never = str(UUID(int=5)), str(UUID(int=4))
    bolt.start_model(
        channels=["meta"], start=DAY, end=DAY, run_id=bolt.start_run("mmm", {}, **ME).id
    )
    _ids(mmm_settings, 5)
    bolt.add_lift_test(lift_test())
    _ids(users, 5)
    _ids(tokens, 5, 8, 9)
    _ids(audit, 5, 7)
    bolt.give_feedback(feedback(2, anomaly=theirs))
    bolt.add_user("ann@both.example", password_hash=None, **NEW_USER)
    bolt.add_token("t1", name="theirs", by=COMMAND_LINE, **NEW_TOKEN)
    _ids(scenarios, 5)
    bolt.add_scenario("theirs", SpendPlan(), created_by="bea")
    _ids(experiments, 5)
    _ids(audit, 6)
    bolt.add_experiment(experiment("theirs"), by=COMMAND_LINE)
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


@pytest.fixture(scope="module")
def filled_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database of :func:`filled`, to be copied: filling takes longer than the tests."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("filled") / "apportion.db")
    store = Store(f"sqlite:///{path}")
    _fill(store)
    store.close()
    return path


@pytest.fixture
def filled(urls, store, request) -> tuple[TenantStore, TenantStore]:
    """Both tenants with a record of everything, under the same ids."""
    if urls.is_postgresql:
        return _fill(store)
    shutil.copy(request.getfixturevalue("filled_file"), urls.serving.removeprefix("sqlite:///"))
    return store.for_tenant("acme"), store.for_tenant("bolt")


def _fill(store: Store) -> tuple[TenantStore, TenantStore]:
    two_tenants = add_two_tenants(store)
    for factor, tenant in enumerate(two_tenants, start=1):
        tenant.write_all((name, [row]) for name, row in rows(factor).items())
        _ids(imports, 1)
        tenant.record_import("spend", f"text {factor}.csv", 1, "00")
        _ids(runs, 1, 3)
        tenant.start_run("mmm", {}, **ME)
        tenant.report_progress(RUNNING, factor / 10, f"text {factor}")
        tenant.start_run("mmm", {})
        said = {"who": f"text {factor}"}
        tenant.change_schedule("nightly", enabled=None, cadence=None, parameters=said, **NOTED)
        _ids(run_requests, 4)
        tenant.request_run("journeys", {}, by=COMMAND_LINE)
        _ids(models, 2, 1)
        tenant.start_model(channels=["meta"], start=DAY, end=DAY)
        tenant.complete_model(DONE, results(factor), f"text {factor}".encode())
        _ids(backtests, 1)
        tenant.record_backtest(measured(DONE, factor))
        _ids(alerts, 1, 2, 3)
        tenant.add_alert_target(
            TargetKind.EMAIL, f"text {factor}", [AlertEvent.RUN_FAILED], **NOTED
        )
        tenant.record_alert(AlertEvent.RUN_FAILED, f"text {factor}", "", "", to=[TARGET])
        _ids(run_log, 1)
        tenant.add_log_line(RUNNING, f"text {factor}")
        tenant.start_model(channels=["meta"], start=DAY, end=DAY, run_id=RUNNING)
        tenant.save_mmm_settings(settings(factor))
        _ids(mmm_settings, 1)
        tenant.add_lift_test(lift_test(factor))
        tenant.add_journey_results([journey_results(factor)], run_id=RUNNING)
        tenant.change_setting("attribution", f"text {factor}")
        tenant.store_insights(insights(factor))
        tenant.give_feedback(feedback(factor))
        tenant.settle_tokens(DAY, 0, factor, 0)
        for _ in range(factor):
            tenant.log_question([], **QUESTION)
        _fill_accounts(tenant, f"text {factor}")
        _ids(scenarios, 2)
        spend = SpendPlan(spend={"meta": float(factor)})
        tenant.add_scenario(f"text {factor}", spend, created_by=f"text {factor}")
        _ids(experiments, 1, 2)
        tenant.add_experiment(experiment(f"text {factor}"), by=COMMAND_LINE)
        own = tenant.add_experiment(experiment(f"text {factor}"), by=COMMAND_LINE)
        tenant.save_experiment(own, certificate=certificate(own), **CHANGED)
    return two_tenants


def _fill_accounts(tenant: TenantStore, text: str) -> None:
    user = {**NEW_USER, "name": text, "role": Role.ADMIN, "password_hash": text}
    _ids(users, 1, 2)
    tenant.add_user("ann@both.example", **user)
    tenant.add_user("bea@both.example", **user)
    tenant.start_session("s1", ANN, browser=text, **NEW_SESSION)
    _ids(tokens, 1)
    tenant.add_token("t1", name=text, by=COMMAND_LINE, **NEW_TOKEN)


_REPLACED = {}


@pytest.fixture(autouse=True)
def _own_ids():
    """Undo at the end of a test what `_ids` did to modules."""
    yield
    while _REPLACED:
        module, uuid4 = _REPLACED.popitem()
        module.uuid4 = uuid4


def _ids(module, *numbers: int) -> None:
    """Let a module choose these ids next."""
    following = iter(UUID(int=number) for number in numbers)
    _REPLACED.setdefault(module, module.uuid4)
    module.uuid4 = lambda: next(following)


def _shown(read: Case, tenant: TenantStore, factor: int) -> bool:
    """Tell whether what `read` gives is this tenant's and not the other's."""
    shown = str(read(tenant))
    marks = {
        1: ("1.0", "text 1", "r2=0.1", "progress=0.1", "2024-03-01"),
        2: ("2.0", "text 2", "r2=0.2", "progress=0.2", "2024-03-02"),
    }
    own, others = marks[factor], marks[3 - factor]
    return any(mark in shown for mark in own) and not any(mark in shown for mark in others)


_COMPILED: dict = {}


def _everything(urls, tenant: TenantStore) -> dict[str, list[str]]:
    """Give all rows of a tenant, read past the store: as superuser, so that no policy hides any."""
    engine = create_engine(urls.administrator)
    with engine.connect() as connection:
        connection = connection.execution_options(compiled_cache=_COMPILED)
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


def test_a_run_of_another_tenant_is_neither_admitted_nor_held_nor_ended(two_tenants, urls):
    acme, bolt = two_tenants
    theirs = bolt.request_run("mmm", {}, by=COMMAND_LINE).id
    before = _everything(urls, bolt)

    assert acme.admit_run(theirs) is None
    assert not acme.is_admitted_run(theirs, 0)
    assert not acme.holds_run(theirs, 0)
    assert not acme.end_attempt(theirs, 0, RunStatus.FAILED, "other")
    assert not acme.give_back_run(theirs, message="other")
    assert acme.model_of_run(theirs) is None

    assert _everything(urls, bolt) == before


def test_a_key_opens_the_queue_and_no_other_kind(store, two_tenants):
    acme, bolt = two_tenants
    acme.request_run("mmm", {"channels": "meta"}, by=COMMAND_LINE)
    bolt.request_run("mmm", {}, by=COMMAND_LINE)
    bolt.request_run("journeys", {}, by=COMMAND_LINE)

    entries = store.fleet.queue("mmm")

    assert {entry.tenant_id for entry in entries} == {acme.tenant.id, bolt.tenant.id}
    assert {entry.kind for entry in entries} == {"mmm"}
    assert "meta" not in str(entries)
