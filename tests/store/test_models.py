"""Model versions: numbered without gaps, one in training at a time, never changed afterwards."""

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import IntegrityError

from apportion.errors import ConflictError, NotFoundError
from apportion.results.mmm import DateRange, ModelStatus
from apportion.store.engine import create_engine
from store.examples import results

DAY = dt.date(2024, 3, 1)


def _start(tenant, run_id=None):
    return tenant.start_model(channels=["meta", "google"], start=DAY, end=DAY, run_id=run_id)


def _complete(tenant, factor=1.0):
    return tenant.complete_model(_start(tenant).model_id, results(factor), b"draws")


def test_a_started_model_is_the_next_version_and_running(tenant):
    first = _complete(tenant)
    second = _start(tenant)

    assert (first.version, second.version) == (1, 2)
    assert second.status is ModelStatus.RUNNING
    assert second.date_range == DateRange(start=DAY, end=DAY)
    assert second.currency == "EUR"


def test_a_completed_model_comes_back_as_it_was_stored(tenant):
    stored = _complete(tenant)

    assert tenant.model() == stored
    assert tenant.model(1) == stored
    assert stored == results().model_copy(
        update={
            "model_id": stored.model_id,
            "version": 1,
            "status": ModelStatus.COMPLETED,
            "last_run_at": stored.last_run_at,
            "is_current": True,
        }
    )
    assert tenant.posterior(stored.model_id) == b"draws"


def test_the_current_model_is_the_newest_that_completed(tenant):
    _complete(tenant, 1)
    current = _complete(tenant, 2)
    tenant.fail_model(_start(tenant).model_id, "the chains disagree")
    _start(tenant)

    assert tenant.model() == current
    assert tenant.latest_model() == current


def test_without_a_completed_model_the_latest_is_the_newest(tenant):
    failed = tenant.fail_model(_start(tenant).model_id, "the chains disagree")

    assert tenant.latest_model() == failed
    assert failed.reason == "the chains disagree"
    with pytest.raises(NotFoundError, match="no model version that is completed"):
        tenant.model()


def test_without_any_model_there_is_no_latest(tenant):
    with pytest.raises(NotFoundError, match="no model version yet"):
        tenant.latest_model()


def test_the_list_is_newest_first_and_light(tenant):
    completed = _complete(tenant)
    failed = tenant.fail_model(_start(tenant).model_id, "the chains disagree")

    listed = tenant.models()

    assert [each.version for each in listed] == [2, 1]
    assert listed[0] == failed
    assert listed[1].model_fit == completed.model_fit
    assert listed[1].provenance is None


def test_the_list_can_be_had_in_pages(tenant):
    for _ in range(5):
        tenant.fail_model(_start(tenant).model_id, "the chains disagree")

    pages = [tenant.models(limit=2), tenant.models(limit=2, before=4), tenant.models(before=2)]

    assert [[each.version for each in page] for page in pages] == [[5, 4], [3, 2], [1]]
    assert tenant.models(before=1) == []


def test_what_is_being_trained_is_told_with_its_runs_progress(tenant):
    run = tenant.start_run("mmm", {}, host="here", pid=1, process_started=1.0)
    model = tenant.start_model(channels=["meta"], start=None, end=None, run_id=run.id)
    tenant.report_progress(run.id, 0.25, "sampling")

    found = tenant.training()

    assert (found.model_id, found.version, found.progress) == (model.model_id, 1, 0.25)


def test_a_training_without_a_run_has_no_progress(tenant):
    _start(tenant)

    assert tenant.training().progress == 0


def test_nothing_is_being_trained_before_and_after(tenant):
    assert tenant.training() is None

    tenant.fail_model(_start(tenant).model_id, "the chains disagree")

    assert tenant.training() is None


def test_a_second_training_is_refused_while_one_runs(tenant):
    running = _start(tenant)

    with pytest.raises(ConflictError, match=rf"version 1 \({running.model_id}\) is being trained"):
        _start(tenant)


def test_of_many_that_start_at_once_one_does(tenant):
    def start(_):
        try:
            return _start(tenant).version
        except ConflictError:
            return None

    with ThreadPoolExecutor(8) as threads:
        started = list(threads.map(start, range(8)))

    assert sorted(started, key=str) == [1] + [None] * 7


def test_versions_have_no_gap_and_no_double_when_many_train(tenant):
    def train(_):
        for _attempt in range(1000):
            try:
                return tenant.fail_model(_start(tenant).model_id, "enough").version
            except ConflictError:
                time.sleep(0.005)
        return None

    with ThreadPoolExecutor(4) as threads:
        versions = list(threads.map(train, range(12)))

    assert sorted(versions) == list(range(1, 13))


@pytest.mark.parametrize("end", ["complete", "fail"])
def test_an_ended_version_cannot_end_again(tenant, end):
    model_id = _start(tenant).model_id
    ends = {
        "complete": lambda: tenant.complete_model(model_id, results(), b"draws"),
        "fail": lambda: tenant.fail_model(model_id, "the chains disagree"),
    }
    ends[end]()
    before = tenant.latest_model()

    with pytest.raises(ConflictError, match="only a version that is being trained"):
        tenant.complete_model(model_id, results(2), b"other")
    with pytest.raises(ConflictError, match="only a version that is being trained"):
        tenant.fail_model(model_id, "other")

    assert tenant.latest_model() == before


@pytest.mark.parametrize("end", ["complete", "fail"])
def test_the_database_itself_refuses_to_change_an_ended_version(tenant, urls, end):
    if end == "complete":
        _complete(tenant)
    else:
        tenant.fail_model(_start(tenant).model_id, "the chains disagree")
    before = tenant.latest_model()
    engine = create_engine(urls.administrator)

    with (
        pytest.raises(IntegrityError, match="cannot change once it has ended"),
        engine.begin() as connection,
    ):
        connection.exec_driver_sql("UPDATE mmm_models SET reason = 'other'")

    engine.dispose()
    assert tenant.latest_model() == before


@pytest.mark.parametrize("model_id", ["", "1", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_id_is_not_found(tenant, model_id):
    for ask in (
        lambda: tenant.posterior(model_id),
        lambda: tenant.fail_model(model_id, "other"),
        lambda: tenant.complete_model(model_id, results(), b""),
        lambda: _start(tenant, run_id=model_id),
    ):
        with pytest.raises(NotFoundError, match=r"There is no .*"):
            ask()


def test_a_model_in_training_has_no_posterior(tenant):
    with pytest.raises(NotFoundError, match="no posterior"):
        tenant.posterior(_start(tenant).model_id)
