"""An ASGI application behind Tornado: the same answers, and a scope that no request can write."""

import asyncio
import json
import time
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI
from jupyter_server.auth import IdentityProvider, User
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from api.people import DATA, MMM, OPENAPI, OPTIMIZE
from api.test_problems import assert_is_problem
from apportion.api.problems import MEDIA_TYPE
from apportion.server.asgi import ASGIHandler

pytestmark = pytest.mark.parametrize("urls", ["sqlite"], indirect=True)


@dataclass
class SignedIn(User):
    """A user of Jupyter's who carries the member."""

    member: object = None


class ByHeader(IdentityProvider):
    """Whoever sends `Cookie: session=known`, or a token, is the member."""

    member: object = None

    def get_user(self, handler):
        known = handler.get_cookie("session") == "known" or self.is_token_authenticated(handler)
        return SignedIn(username="anna", member=self.member) if known else None

    def is_token_authenticated(self, handler):
        return handler.request.headers.get("Authorization") == "Bearer known"


class Served:
    """An application behind the bridge, on a port of its own for each request."""

    def __init__(self, app, member):
        self.app = app
        self.provider = ByHeader()
        self.provider.member = member

    def request(self, method, path, *, session="known", **options):
        return self.many([(method, path, options)], session)[0]

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def many(self, requests, session="known"):
        return asyncio.run(self._many(requests, session))

    async def _many(self, requests, session):
        arguments = {"app": self.app, "member_of": lambda handler: _member(handler.current_user)}
        application = Application(
            [(r"/.*", ASGIHandler, arguments)],
            identity_provider=self.provider,
            xsrf_cookies=True,
            base_url="/",
            compress_response=True,
        )
        sockets = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(application, max_body_size=1 << 20)
        server.add_sockets(sockets)
        url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        cookies = {"session": session, "_xsrf": "planted"}
        async with httpx.AsyncClient(base_url=url, cookies=cookies, timeout=30) as client:
            asked = [client.request(method, path, **rest) for method, path, rest in requests]
            answers = await asyncio.gather(*asked)
        server.stop()
        await server.close_all_connections()
        return answers


def _member(user):
    return user.member if user else None


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
def served(acme):
    return Served(acme.client.app, acme.client.member)


@pytest.fixture
def probed():
    return Served(probe, "the member")


XSRF = {"X-XSRFToken": "planted"}


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
    body = {"totalBudget": sum(acme.current_spend.values())}

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
    assert answer.headers["allow"] == "HEAD, GET"


@pytest.mark.parametrize("method", ["FOO", "PROPFIND", "__CLASS__"])
def test_a_method_that_nobody_knows_is_not_implemented(served, method):
    assert_is_problem(served.request(method, MMM), 501)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_who_is_not_known_is_refused_by_the_application(served, method):
    answer = served.request(method, MMM, session="other")

    assert_is_problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


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
