"""Insights over HTTP: the stored ones word by word, other days found now, a run asked for."""

import datetime as dt

import pytest

from apportion.results.mmm import DateRange
from store.examples import insights

ADDRESS = "/api/admin/attribution/ai-insights"
GENERATE = f"{ADDRESS}/generate"
END = dt.date(2024, 3, 1)
START = END - dt.timedelta(days=29)


@pytest.fixture
def stored(acme):
    days = DateRange(start=START, end=END)
    found = insights().model_copy(update={"date_range": days})
    acme.store.store_insights(found)
    return found


def test_the_insights_are_the_stored_result_word_by_word(acme, stored):
    answer = acme.client.get(ADDRESS)

    assert answer.status_code == 200
    assert answer.text == stored.model_dump_json()
    assert answer.json()["executiveSummary"] == "text 1"
    assert {"healthScore", "anomalies", "trends", "recommendations"} <= answer.json().keys()


def test_the_days_can_be_named(acme, stored):
    asked = {"start": str(START), "end": str(END)}

    assert acme.client.get(ADDRESS, params=asked).json()["healthScore"] == 50


def test_another_tenants_insights_are_not_there(bolt, stored):
    answer = bolt.client.get(ADDRESS)

    assert answer.status_code == 404
    assert "text 1" not in answer.text


def test_too_little_data_are_not_there_and_it_is_said_why(acme):
    answer = acme.client.get(ADDRESS)

    assert answer.status_code == 404
    assert "insights need at least 28" in answer.json()["detail"]


@pytest.mark.parametrize(
    "asked",
    [{"end": "2030-01-01"}, {"start": "2024-02-29"}, {"start": "soon"}],
    ids=["no data yet", "too short", "no date"],
)
def test_days_that_cannot_be_are_refused(acme, asked):
    answer = acme.client.get(ADDRESS, params=asked)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_new_insights_are_asked_for_and_not_waited_for(acme):
    answer = acme.client.as_role("analyst").post(
        GENERATE, json={"start": str(START), "end": str(END)}
    )

    assert answer.status_code == 202
    run = acme.store.run(answer.json()["runId"])
    assert (run.kind, run.status.value) == ("ai_insights", "queued")
    assert run.parameters == {"start": str(START), "end": str(END), "force": True}


def test_a_viewer_may_not_ask_for_new_ones(acme):
    assert acme.client.as_role("viewer").post(GENERATE, json={}).status_code == 403
