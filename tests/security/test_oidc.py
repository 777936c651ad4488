"""Sign-in at an identity provider, through the server, against a real one on this machine."""

import socket
import threading
from urllib.parse import parse_qsl, urlsplit

import oidc_provider_mock
import pytest
import requests
from werkzeug.serving import make_server

from server.process import MMM, running

PEOPLE = {
    "ann": {"email": "ann@acme.example", "email_verified": True},
    "dan": {"email": "dan@both.example", "email_verified": True},
    "unverified": {"email": "ann@acme.example", "email_verified": False},
    "stranger": {"email": "stranger@elsewhere.example", "email_verified": True},
}


@pytest.fixture(scope="module")
def provider():
    """The address of an identity provider."""
    users = [oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in PEOPLE.items()]
    server = make_server("127.0.0.1", 0, oidc_provider_mock.app(user_claims=users), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def company(settings, provider, tmp_path_factory):
    """A server whose people sign in there; it stands for nobody."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    chosen = settings.model_copy(
        update={
            "oidc_issuer": provider,
            "oidc_client_id": "apportion",
            "public_url": f"http://127.0.0.1:{port}",
        }
    )
    log = tmp_path_factory.mktemp("oidc") / "log"
    with running(chosen, log, who=None, port=port) as server:
        yield server


def go_to_the_provider(visitor, wanted="/"):
    """Follow the link of the sign-in page; give the provider's address."""
    begun = visitor.get(f"/login/oidc/begin?next={wanted}")
    assert begun.status == 302, begun.text
    return begun.headers["location"]


def consent(address, who):
    """Sign in there; give the path with which the browser comes back."""
    answer = requests.post(address, data={"sub": who}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def test_who_signs_in_there_is_signed_in_here(company):
    visitor = company.anonymous()
    assert "/login/oidc/begin" in visitor.get("/login").text

    answer = visitor.get(consent(go_to_the_provider(visitor, MMM), "ann"))

    assert (answer.status, answer.headers["location"]) == (303, MMM)
    page = visitor.get("/").text
    assert "ann@acme.example" in page
    assert "Change password" not in page
    assert "apportion_oidc" not in visitor.cookies


def test_somebody_with_two_companies_chooses_one(company):
    visitor = company.anonymous()

    answer = visitor.get(consent(go_to_the_provider(visitor), "dan"))

    assert answer.headers["location"] == "/tenant?next=%2F"
    assert "Clay" not in visitor.get("/tenant").text
    visitor.post("/tenant", tenant="birch", next="/")
    assert "Birch" in visitor.get("/").text


@pytest.mark.parametrize(
    ("who", "message"),
    [("unverified", "not verified"), ("stranger", "There is no account for you here")],
)
def test_who_is_not_known_or_not_verified_is_refused(company, who, message):
    visitor = company.anonymous()

    answer = visitor.get(consent(go_to_the_provider(visitor), who))

    assert answer.status == 401
    assert message in answer.text
    assert visitor.get("/").status == 302


def test_a_link_that_somebody_else_began_signs_nobody_in(company):
    attacker, victim = company.anonymous(), company.anonymous()
    link = consent(go_to_the_provider(attacker), "ann")

    assert victim.get(link).status == 401
    go_to_the_provider(victim)
    assert victim.get(link).status == 401
    assert victim.get("/").status == 302


def test_an_answer_is_good_once(company):
    visitor = company.anonymous()
    link = consent(go_to_the_provider(visitor), "ann")
    state = visitor.cookies["apportion_oidc"]
    assert visitor.get(link).status == 303

    again = company.anonymous()
    again.cookies["apportion_oidc"] = state

    assert again.get(link).status == 401


@pytest.mark.parametrize("change", ["state", "code"])
def test_an_answer_that_was_changed_is_refused(company, change):
    visitor = company.anonymous()
    path, _, query = consent(go_to_the_provider(visitor), "ann").partition("?")
    changed = {**dict(parse_qsl(query)), change: "other"}

    answer = visitor.get(f"{path}?" + "&".join(f"{k}={v}" for k, v in changed.items()))

    assert answer.status == 401
    assert "apportion_session" not in visitor.cookies


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_after_the_provider_nobody_is_sent_elsewhere(company, wanted):
    visitor = company.anonymous()

    answer = visitor.get(consent(go_to_the_provider(visitor, wanted), "ann"))

    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("path", ["/login/oidc", "/login/oidc/begin", "/login/oidc?code=x&state=y"])
def test_without_a_provider_there_is_no_such_address(house, path):
    assert house.anybody().get(path).status == 404
    assert "/login/oidc" not in house.anybody().get("/login").text
