"""The API behind Tornado gives the answers that it gives by itself."""

import pytest

from api.bridge import XSRF, Served
from api.people import DATA, MMM, OPENAPI, OPTIMIZE
from api.test_problems import assert_is_problem
from apportion.api.problems import MEDIA_TYPE

pytestmark = pytest.mark.parametrize("urls", ["sqlite"], indirect=True)


@pytest.fixture
def served(acme):
    return Served(acme.client.app, acme.client.member)


@pytest.mark.parametrize("path", [MMM, DATA, f"{MMM}?version=3", OPENAPI])
def test_an_answer_is_the_applications_own(acme, served, path):
    through, direct = served.get(path), acme.client.get(path)

    assert (through.status_code, through.content) == (direct.status_code, direct.content)
    for name in ("content-type", "etag", "cache-control", "x-content-type-options"):
        assert through.headers.get_list(name) == direct.headers.get_list(name)


@pytest.mark.parametrize("path", [f"{MMM}?version=99", f"{MMM}?version=x", "/api/nope", "/"])
def test_a_refusal_is_the_applications_own(acme, served, path):
    through, direct = served.get(path), acme.client.get(path)

    assert (through.status_code, through.content) == (direct.status_code, direct.content)
    assert through.headers["content-type"] == MEDIA_TYPE


def test_a_write_reaches_the_application_with_its_body(acme, served):
    body = {"totalBudget": round(sum(acme.current_spend.values()), 2)}

    answer = served.request("POST", OPTIMIZE, json=body, headers=XSRF)

    assert answer.status_code == 200
    assert answer.json()["totalBudget"] == body["totalBudget"]


def test_what_has_not_changed_is_not_sent_again(served):
    etag = served.get(MMM).headers["etag"]

    answer = served.get(MMM, headers={"If-None-Match": etag})

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == etag


def test_head_has_the_headers_of_get_and_no_body(served):
    head = served.request("HEAD", MMM, headers={"Accept-Encoding": "identity"})
    get = served.get(MMM, headers={"Accept-Encoding": "identity"})

    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))
    assert head.headers["etag"] == get.headers["etag"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
def test_a_method_that_the_route_has_not_is_refused_by_the_application(served, method):
    answer = served.request(method, MMM, headers=XSRF)

    assert_is_problem(answer, 405)
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("method", ["FOO", "PROPFIND", "__CLASS__"])
def test_a_method_that_nobody_knows_is_not_implemented(served, method):
    assert_is_problem(served.request(method, MMM), 501)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_who_is_not_known_is_refused_by_the_application(served, method):
    answer = served.request(method, MMM, session="other")

    assert_is_problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_body_that_is_too_long_is_the_applications_to_refuse(served):
    headers = {**XSRF, "Content-Type": "application/json"}

    answer = served.request("POST", OPTIMIZE, content=b" " * 100_000, headers=headers)

    assert_is_problem(answer, 413)


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "multipart/form-data"])
def test_a_form_that_cannot_be_read_is_a_problem(served, kind):
    headers = {**XSRF, "Content-Type": kind}

    answer = served.request("POST", OPTIMIZE, content=b"--y\r\n", headers=headers)

    assert answer.status_code in (400, 415)
    assert answer.headers["content-type"] == MEDIA_TYPE
