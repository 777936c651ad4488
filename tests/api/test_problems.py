"""Whatever is refused is refused as a problem document, and tells nothing it should not."""

import logging

import pytest

from api.people import DATA, MMM, OPENAPI, OPTIMIZE, READS, RUNS, Client, someone
from apportion.api import create_app
from apportion.errors import (
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    NotEnoughDataError,
    NotSignedInError,
    ParameterError,
    TooManyAttemptsError,
)

pytestmark = pytest.mark.parametrize("urls", ["sqlite"], indirect=True)

KEYS = {"type", "title", "status", "detail", "errors", "reference", "runId", "modelId"}


def assert_is_problem(answer, status):
    found = answer.json()
    assert answer.status_code == found["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert found.keys() == KEYS
    assert found["title"]
    assert found["detail"]
    return found


@pytest.fixture
def client(app, tenant):
    return Client(app, someone(tenant.tenant))


def failing(tenant, error):
    """Give a client of an application whose every workspace fails to open."""

    def open_workspace(_):
        raise error

    return Client(create_app(open_workspace), someone(tenant.tenant))


@pytest.mark.parametrize("address", [*READS, f"{RUNS}/x", "/api/nope", "/"])
def test_nobody_gets_anything_without_signing_in(app, address):
    answer = Client(app, None).get(address)

    assert_is_problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_nobody_learns_whether_a_body_would_do_without_signing_in(app):
    answers = [Client(app, None).post(OPTIMIZE, content=body) for body in (b"{", b"{}", b"")]

    assert {answer.text for answer in answers} == {answers[0].text}
    assert_is_problem(answers[0], 401)


def test_a_scope_without_any_member_is_nobody(app):
    assert (
        Client(lambda scope, receive, send: app(_bare(scope), receive, send), None)
        .get(MMM)
        .status_code
        == 401
    )


def _bare(scope):
    return {key: value for key, value in scope.items() if key != "member"}


def test_the_description_is_for_everyone(app):
    assert Client(app, None).get(OPENAPI).json()["info"]["title"] == "Apportion"


@pytest.mark.parametrize("path", ["/api/nope", "/", f"{MMM}/", f"{MMM}//versions", "/api/%00"])
def test_an_unknown_address_is_a_problem(client, path):
    assert_is_problem(client.get(path), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", MMM, "GET, HEAD"),
        ("DELETE", f"{RUNS}/00000000-0000-4000-8000-000000000000", "GET, HEAD"),
        ("PUT", DATA, "GET, HEAD"),
        ("GET", OPTIMIZE, "POST"),
        ("OPTIONS", MMM, "GET, HEAD"),
        ("TRACE", MMM, "GET, HEAD"),
        ("QUERY", MMM, "GET, HEAD"),
        ("FOO", MMM, "GET, HEAD"),
    ],
)
def test_another_method_is_a_problem_that_says_which_are_allowed(client, method, path, allowed):
    answer = client.request(method, path)

    assert_is_problem(answer, 405)
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml, text/*", "application/json;q=0", "*/*; q=0.0", "json"]
)
def test_who_takes_no_json_gets_a_problem(client, accept):
    found = assert_is_problem(client.get(MMM, headers={"Accept": accept}), 406)

    assert accept in found["detail"]


@pytest.mark.parametrize(
    "accept",
    ["application/json", "text/html, */*;q=0.1", "APPLICATION/*", "application/json; q=0.001", ""],
)
def test_who_takes_json_gets_it(client, accept):
    assert client.get(MMM, headers={"Accept": accept}).status_code == 200


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "text/json",
        ";",
        "",
    ],
)
def test_a_body_that_does_not_say_that_it_is_json_is_a_problem(client, kind):
    answer = client.post(OPTIMIZE, content=b'{"totalBudget": 1}', headers={"Content-Type": kind})

    assert_is_problem(answer, 415)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"null",
        b"[]",
        b"1",
        b'"text"',
        b"\xff\xfe{}",
        b"{\"totalBudget\": 1, 'x'}",
        b"[" * 30_000,
        b'{"totalBudget": ' + b"9" * 5_000 + b"}",
    ],
    ids=["cut", "none", "null", "list", "number", "text", "bytes", "quotes", "deep", "long"],
)
def test_a_body_that_cannot_be_read_is_a_problem_with_its_field(client, body):
    found = assert_is_problem(
        client.post(OPTIMIZE, content=body, headers={"Content-Type": "application/json"}), 422
    )

    assert found["errors"][0]["found"]
    assert found["errors"][0]["allowed"]


@pytest.mark.parametrize(
    ("body", "field", "found", "allowed"),
    [
        ('{"totalBudget": -1}', "totalBudget", "-1", "greater than 0"),
        ('{"totalBudget": 0}', "totalBudget", "0", "greater than 0"),
        ('{"totalBudget": NaN}', "totalBudget", "NaN", "a finite number"),
        ('{"totalBudget": -Infinity}', "totalBudget", "-Infinity", "a finite number"),
        ('{"totalBudget": 1e999}', "totalBudget", "Infinity", "a finite number"),
        ('{"totalBudget": "1"}', "totalBudget", '"1"', "a valid number"),
        ('{"totalBudget": true}', "totalBudget", "true", "a valid number"),
        ('{"totalBudget": {"a": {}}}', "totalBudget", "an object", "a valid number"),
        ('{"totalBudget": [[]]}', "totalBudget", "a list of 1", "a valid number"),
        ('{"total_budget": 1}', "total_budget", "1", "no field of this name"),
        ('{"totalBudget": 1, "x": 1}', "x", "1", "no field of this name"),
        ('{"totalBudget": 1, "tenant": "b"}', "tenant", '"b"', "no field of this name"),
        ('{"totalBudget": 1, "bounds": []}', "bounds", "a list of 0", "a valid dictionary"),
        ('{"totalBudget": 1, "bounds": {"a": 1}}', "bounds.a", "1", "a valid dictionary"),
        ('{"totalBudget": 1, "bounds": {"ü": {"min": -1}}}', "bounds.ü.min", "-1", "greater"),
        ('{"totalBudget": 1, "bounds": {"a": {"least": 1}}}', "bounds.a.least", "1", "no field"),
        ('{"totalBudget": "\\ud800"}', "totalBudget", '"\\ud800"', "a valid number"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_found_and_what_is_allowed(
    client, body, field, found, allowed
):
    answer = client.post(
        OPTIMIZE, content=body.encode(), headers={"Content-Type": "application/json"}
    )

    problem = assert_is_problem(answer, 422)
    wrong = {each["field"]: each for each in problem["errors"]}
    assert wrong[field]["found"] == found
    assert allowed in wrong[field]["allowed"]
    assert field in problem["detail"]


def test_what_was_found_is_cut_when_it_is_long(client):
    body = {"totalBudget": "x" * 10_000, "y" * 10_000: 1}

    answer = client.post(OPTIMIZE, json=body)

    assert_is_problem(answer, 422)
    assert len(answer.content) < 1_500


@pytest.mark.parametrize(
    ("address", "field"),
    [
        (f"{MMM}?version=0", "version"),
        (f"{MMM}?version=1e3", "version"),
        (f"{MMM}?version={2**31}", "version"),
        (f"{MMM}?version={10**400}", "version"),
        (f"{MMM}?version=", "version"),
        (f"{MMM}?version=%00", "version"),
        (f"{MMM}?version=%ff%fe", "version"),
        (f"{MMM}/versions?limit=0", "limit"),
        (f"{MMM}/versions?limit=101", "limit"),
        (f"{MMM}/versions?cursor=", "cursor"),
        (f"{MMM}/versions?cursor=x", "cursor"),
        (f"{MMM}/versions?cursor=%C2%B2", "cursor"),
        (f"{MMM}/versions?cursor={10**20}", "cursor"),
        (f"{MMM}/versions?cursor={'1' * 65}", "cursor"),
        (f"{RUNS}?cursor=x%00y", "cursor"),
        (f"{RUNS}?limit=-1", "limit"),
        (f"{RUNS}/x", "id"),
        (f"{RUNS}/%F0%9F%A6%84", "id"),
    ],
)
def test_a_wrong_parameter_is_named(client, address, field):
    problem = assert_is_problem(client.get(address), 422)

    assert [each["field"] for each in problem["errors"]] == [field]


def test_a_body_that_is_too_long_is_not_read_to_its_end(client):
    answer = client.post(
        OPTIMIZE,
        content=b'{"totalBudget": 1, "bounds": {}}' + b" " * (1 << 20),
        headers={"Content-Type": "application/json"},
    )

    problem = assert_is_problem(answer, 413)
    assert "65,536 bytes" in problem["detail"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConflictError("It runs already."), 409),
        (ParameterError("No such channel."), 422),
        (NotEnoughDataError("Nine weeks of spend."), 422),
        (ForbiddenError("This needs the role admin."), 403),
        (NotSignedInError("Sign in again."), 401),
        (TooManyAttemptsError(30), 429),
    ],
    ids=["conflict", "parameter", "data", "forbidden", "not signed in", "too many"],
)
def test_our_own_errors_speak_for_themselves(tenant, error, status):
    found = assert_is_problem(failing(tenant, error).get(MMM), status)

    assert found["detail"] == str(error)


def test_a_database_that_is_not_ready_is_a_problem_that_does_not_name_it(tenant, caplog):
    error = ConfigurationError("The database postgresql://planted@host/x cannot be reached.")

    answer = failing(tenant, error).get(MMM)

    found = assert_is_problem(answer, 503)
    assert "planted" not in answer.text
    assert found["reference"] in caplog.text


def test_a_bug_is_a_reference_that_the_log_has_without_what_people_typed(tenant, caplog):
    client = failing(tenant, RuntimeError("planted: anna@example.com"))

    with caplog.at_level(logging.DEBUG):
        answer = client.get(f"{MMM}?version=4711")

    found = assert_is_problem(answer, 500)
    (written,) = [each.getMessage() for each in caplog.records if each.name == "apportion.api"]
    assert "planted" not in answer.text
    assert f"reference {found['reference']}: GET {MMM}\n" in written
    assert written.endswith("builtins.RuntimeError\n")
    assert "in open_workspace" in written  # where it happened
    assert "anna@example.com" not in written
    assert "4711" not in written


def test_two_failures_have_two_references(tenant):
    client = failing(tenant, RuntimeError())

    first, second = (client.get(MMM).json()["reference"] for _ in range(2))

    assert first != second
