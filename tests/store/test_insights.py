"""The insights cache, what people said, Claude's budget and the log of questions."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from apportion.errors import ForbiddenError, NotFoundError
from apportion.results.accounts import Role
from apportion.results.insights import Verdict
from apportion.store import Store
from store.examples import feedback, insights

START, END = dt.date(2024, 3, 1), dt.date(2024, 3, 7)
MARCH, APRIL = dt.date(2024, 3, 1), dt.date(2024, 4, 1)
QUESTION = {"is_answered": False, "reason": "no_key", "input_tokens": 3, "output_tokens": 4}


def test_a_range_has_one_row_which_the_next_replaces(tenant):
    tenant.store_insights(insights(1))
    tenant.store_insights(insights(2, day=2))

    assert tenant.insights(START, END) == insights(2, day=2)


def test_insights_that_are_not_there_are_not_found(tenant):
    with pytest.raises(NotFoundError, match="There is no insight of 2024-03-01 to 2024-03-07"):
        tenant.insights(START, END)


def test_identical_insights_of_two_tenants_share_no_row(two_tenants):
    acme, bolt = two_tenants
    acme.store_insights(insights(1))
    bolt.store_insights(insights(1))

    acme.store_insights(insights(5))

    assert bolt.insights(START, END) == insights(1)


def test_the_last_word_on_an_anomaly_counts(tenant):
    tenant.give_feedback(feedback())
    tenant.give_feedback(feedback().model_copy(update={"verdict": Verdict.MUTE}))
    tenant.give_feedback(feedback(3, anomaly="a2"))

    assert [(said.anomaly, said.verdict) for said in tenant.feedback()] == [
        ("a1", Verdict.MUTE),
        ("a2", Verdict.EXPECTED),
    ]
    tenant.withdraw_feedback("a1")
    assert [said.anomaly for said in tenant.feedback()] == ["a2"]


def test_tokens_are_counted_by_month_up_to_the_limit(tenant):
    assert tenant.reserve_tokens(MARCH, 60, 100)
    assert not tenant.reserve_tokens(MARCH, 41, 100)
    assert tenant.reserve_tokens(APRIL, 100, 100)

    tenant.settle_tokens(MARCH, 60, 10, 5)

    assert tenant.token_use(MARCH, 100).input_tokens == 10
    assert tenant.token_use(MARCH, 100).output_tokens == 5
    assert tenant.reserve_tokens(MARCH, 85, 100)
    assert not tenant.reserve_tokens(MARCH, 1, 100)


def test_a_budget_of_one_tenant_is_not_anothers(two_tenants):
    acme, bolt = two_tenants

    assert acme.reserve_tokens(MARCH, 100, 100)
    assert bolt.reserve_tokens(MARCH, 100, 100)


def test_two_at_once_cannot_overdraw_the_budget(tenant):
    with ThreadPoolExecutor(4) as pool:
        granted = list(pool.map(lambda _: tenant.reserve_tokens(MARCH, 30, 100), range(8)))

    assert sum(granted) == 3


def test_questions_are_counted_and_nothing_of_them_is_kept(tenant):
    before = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)

    tenant.log_question(["metrics"], **QUESTION)

    assert tenant.questions_since(before) == 1
    assert tenant.questions_since(before + dt.timedelta(minutes=2)) == 0


def test_a_viewer_may_read_and_not_write(database_url, two_tenants):
    two_tenants[0].store_insights(insights())
    store = Store(database_url)
    viewer = store.for_tenant("acme", Role.VIEWER)

    assert viewer.insights(START, END).executive_summary == "text 1"
    with pytest.raises(ForbiddenError, match="needs the role analyst"):
        viewer.store_insights(insights(2))
    with pytest.raises(ForbiddenError, match="needs the role analyst"):
        viewer.give_feedback(feedback())
    store.close()
