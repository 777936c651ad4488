"""What Tornado hands to the application: a scope that no request can write."""

import asyncio
import json
import time

import pytest
from fastapi import FastAPI

from api.bridge import XSRF, Served
from api.test_problems import assert_is_problem


async def probe(scope, receive, send):
    """Answer with the scope and the body."""
    first, second = await receive(), asyncio.ensure_future(receive())
    await asyncio.sleep(0)
    shown = {
        "body": first["body"].decode("latin-1"),
        "more": first["more_body"],
        "waits": not second.done(),
        "headers": [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]],
        **{key: repr(scope[key]) for key in scope if key != "headers"},
    }
    second.cancel()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(shown).encode()})


@pytest.fixture
def probed():
    return Served(probe, "the member")


@pytest.mark.parametrize("headers", [{}, {"X-XSRFToken": "other"}], ids=["none", "other"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE", "QUERY"])
def test_a_write_by_session_needs_its_xsrf_token(probed, method, headers):
    assert_is_problem(probed.request(method, "/", headers=headers), 403)


def test_a_write_by_session_from_another_origin_is_refused(probed):
    answer = probed.request("POST", "/", headers={**XSRF, "Origin": "http://elsewhere.test"})

    assert_is_problem(answer, 404)


def test_a_write_by_token_needs_none(probed):
    answer = probed.request("POST", "/", session="other", headers={"Authorization": "Bearer known"})

    assert answer.status_code == 200


def test_no_other_origin_may_read_what_a_token_gets(probed):
    answer = probed.get(
        "/", headers={"Authorization": "Bearer known", "Origin": "http://elsewhere.test"}
    )

    assert "access-control-allow-origin" not in answer.headers


def test_nothing_of_a_request_but_what_is_listed_gets_into_the_scope(probed):
    planted = {
        "Member": "other",
        "Scope": "member=other",
        "Authorization": "Bearer known",
        "X-Forwarded-For": "10.0.0.1",
        "Accept": "application/json",
    }

    found = probed.get("/a%20b/%C3%BC/%2e%2e/x?member=other&tenant=%00", headers=planted).json()

    assert found["member"] == "'the member'"
    assert [name for name, _ in found["headers"]] == ["content-length", "accept"]
    assert found["path"] == "'/a b/ü/../x'"
    assert found["query_string"] == "b'member=other&tenant=%00'"
    assert found["client"] == found["server"] == "None"
    assert found.keys() == {
        *("type", "asgi", "http_version", "method", "scheme", "path", "raw_path", "root_path"),
        *("query_string", "headers", "client", "server", "state", "member"),
        *("body", "more", "waits"),
    }


def test_a_body_comes_whole_and_then_nothing(probed):
    async def parts():
        yield b"one, "
        yield b"\xfftwo"

    found = probed.request("POST", "/", content=parts(), headers=XSRF).json()

    assert (found["body"], found["more"], found["waits"]) == ("one, \xfftwo", False, True)
    assert ["content-length", "9"] in found["headers"]


def test_an_application_that_breaks_is_a_reference_and_no_detail(caplog):
    error = RuntimeError("planted: anna@example.com")

    async def broken(scope, receive, send):
        raise error

    answer = Served(broken, "the member").get("/x?planted")

    found = assert_is_problem(answer, 500)
    written = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
    assert f"reference {found['reference']}: GET /x\n" in written[0]
    assert "planted" not in answer.text
    assert "anna@example.com" not in written[0]


def test_slow_answers_do_not_wait_for_one_another():
    app = FastAPI()
    app.get("/")(lambda: time.sleep(0.4))
    begun = time.monotonic()

    answers = Served(app, "the member").many([("GET", "/", {})] * 8)

    assert {answer.status_code for answer in answers} == {200}
    assert time.monotonic() - begun < 8 * 0.4 / 2
