"""Behind a proxy its signed statement says who asks, and nothing else does."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from accounts.examples import ADDRESS, ANN, CAT, PASSWORD, CountingHasher
from apportion.errors import ConfigurationError, NotSignedInError
from apportion.results.accounts import Role, Via
from apportion.workspace.accounts import Accounts, assertions
from apportion.workspace.accounts.passwords import Passwords

ISSUER, AUDIENCE = "https://proxy.company.example", "apportion"
KEY, OTHER_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))


@dataclass
class KeyServer:
    """What a proxy publishes, over HTTP on this machine."""

    url: str = ""
    answer: bytes = b""
    asked: int = 0
    status: int = 200

    def publish(self, **keys) -> None:
        published = [
            {**jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)}
            | {"kid": kid, "alg": algorithm, "use": "sig"}
            for kid, (key, algorithm) in keys.items()
        ]
        self.answer = json.dumps({"keys": published}).encode()


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    state = KeyServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            self.send_response(state.status)
            self.end_headers()
            self.wfile.write(state.answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/keys"
    state.publish(first=(KEY, "RS256"))
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_behind(settings, clock, acme, bolt) -> Iterator:
    """Open the accounts as an installation behind a proxy has them."""
    opened = []

    def open_behind(**more: object) -> Accounts:
        values = {"proxy_issuer": ISSUER, "proxy_audience": AUDIENCE, **more}
        behind = settings.model_copy(update=values)
        opened.append(Accounts(behind, clock=clock, passwords=Passwords(CountingHasher())))
        return opened[-1]

    yield open_behind
    for each in opened:
        each.close()


@pytest.fixture
def behind(open_behind, key_server) -> Accounts:
    return open_behind(proxy_jwks_url=key_server.url)


def state(key=KEY, algorithm="RS256", kid="first", **claims: object) -> str:
    """Make a statement, as the proxy would but for what is given."""
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": AUDIENCE, "exp": now + 60, "email": ANN}
    payload = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode(payload, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def test_the_statement_says_who_it_is(behind):
    member = behind.identify(assertion=state(email="Ann@ACME.example"))

    assert (member.email, member.tenant.slug) == (ANN, "acme")
    assert (member.role, member.via) == (Role.ADMIN, Via.PROXY)
    assert member.needs_xsrf_token


def test_who_has_two_companies_chooses_one_of_theirs(behind):
    assertion = state(email=CAT)

    assert behind.identify(assertion=assertion) is None
    assert {m.tenant.slug for m in behind.members_of_proxy(assertion)} == {"acme", "bolt"}
    assert behind.identify(assertion=assertion, tenant="bolt").role is Role.VIEWER
    assert behind.identify(assertion=assertion, tenant="none") is None


def test_the_tenant_that_is_asked_for_opens_none_but_the_own(behind):
    assert behind.identify(assertion=state(), tenant="bolt").tenant.slug == "acme"


REFUSED = {
    "expired": lambda: state(exp=int(time.time()) - 3600),
    "not valid yet": lambda: state(nbf=int(time.time()) + 3600),
    "without an expiry": lambda: state(exp=None),
    "expiry is no number": lambda: state(exp="tomorrow"),
    "of another issuer": lambda: state(iss="https://evil.example"),
    "of no issuer": lambda: state(iss=None),
    "for another audience": lambda: state(aud="another"),
    "for no audience": lambda: state(aud=None),
    "by another key": lambda: state(OTHER_KEY),
    "by another key under its own id": lambda: state(OTHER_KEY, kid="unknown"),
    "without a key id": lambda: state(kid=None),
    "by another algorithm": lambda: state(algorithm="PS256"),
    "by no algorithm": lambda: _unsigned("none"),
    "by no algorithm in capitals": lambda: _unsigned("NONE"),
    "by the public key as a secret": lambda: _signed_with_public_key(),
    "without an address": lambda: state(email=None),
    "with an empty address": lambda: state(email=""),
    "with several addresses": lambda: state(email=[ANN]),
    "of an address that is not verified": lambda: state(email_verified=False),
    "of nobody here": lambda: state(email="nobody@acme.example"),
    "of a pattern": lambda: state(email="%"),
    "with its claims changed": lambda: _changed(state(email="nobody@acme.example")),
    "cut off": lambda: state()[:-10],
    "empty": lambda: "",
    "no statement": lambda: "a.b.c",
    "no text": lambda: "\udcff.\udcff.\udcff",
    "very long": lambda: "a" * 1_000_000,
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_statement_that_is_not_the_proxys_is_nobodys(behind, name):
    assert behind.identify(assertion=REFUSED[name]()) is None
    assert behind.members_of_proxy(REFUSED[name]()) == ()


def test_a_statement_may_be_half_a_minute_late(behind):
    assert behind.identify(assertion=state(exp=int(time.time()) - 20)) is not None


def test_without_a_statement_nothing_else_signs_in(behind, accounts, sign_in):
    session = sign_in(ANN).session

    assert behind.identify(session=session) is None
    assert behind.resume(session) is None
    assert behind.choices(session) == ()
    for refused in (
        lambda: behind.sign_in(ANN, PASSWORD, address=ADDRESS),
        lambda: behind.sign_in_verified(ANN),
        lambda: behind.choose_tenant(session, "acme"),
        lambda: behind.change_password(session, PASSWORD, "seven violet tractors", address=""),
    ):
        with pytest.raises(NotSignedInError, match="The proxy in front"):
            refused()


def test_programs_go_on_using_their_tokens(behind, acme):
    text = acme.create_token("sheet", Role.VIEWER).text

    assert behind.identify(authorization=f"Bearer {text}").tenant.slug == "acme"


def test_a_removed_user_is_refused_at_once(behind, acme):
    acme.set_role(acme.user_with_email(CAT).id, Role.ADMIN)
    acme.remove_user(acme.user_with_email(ANN).id)

    assert behind.identify(assertion=state()) is None


def test_a_claim_of_another_name_can_hold_the_address(open_behind, key_server):
    behind = open_behind(proxy_jwks_url=key_server.url, proxy_email_claim="mail")

    assert behind.identify(assertion=state(mail=CAT), tenant="acme").email == CAT


def test_keys_are_asked_for_once(behind, key_server):
    for _ in range(5):
        behind.identify(assertion=state())

    assert key_server.asked == 1


def test_a_new_key_is_asked_for(open_behind, key_server, monkeypatch):
    monkeypatch.setattr(assertions, "_COOLDOWN_SECONDS", 0)
    behind = open_behind(proxy_jwks_url=key_server.url)
    behind.identify(assertion=state())
    key_server.publish(second=(OTHER_KEY, "RS256"))

    assert behind.identify(assertion=state(OTHER_KEY, kid="second")).email == ANN
    assert behind.identify(assertion=state()) is None


def test_unknown_keys_are_no_way_to_make_us_ask_all_the_time(behind, key_server):
    behind.identify(assertion=state())

    for number in range(20):
        assert behind.identify(assertion=state(OTHER_KEY, kid=f"unknown {number}")) is None

    assert key_server.asked == 1


def test_keys_that_cannot_be_read_are_told_apart_from_a_statement_that_is_wrong(behind, key_server):
    key_server.status = 500
    with pytest.raises(ConfigurationError, match="cannot be read"):
        behind.identify(assertion=state())

    key_server.status, key_server.answer = 200, b"<html>"
    with pytest.raises(ConfigurationError, match="cannot be read"):
        behind.identify(assertion=state())


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (KEY, "RS256"),
        (KEY, "PS512"),
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (ec.generate_private_key(ec.SECP384R1()), "ES384"),
        (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
    ],
    ids=["RSA", "RSA-PSS", "P-256", "P-384", "Ed25519"],
)
def test_a_key_may_lie_in_a_file(open_behind, tmp_path, key, algorithm):
    file = tmp_path / "proxy.pem"
    file.write_bytes(_pem(key))
    behind = open_behind(proxy_key_file=file)

    assert behind.identify(assertion=state(key, algorithm)).email == ANN
    assert behind.identify(assertion=state(OTHER_KEY)) is None
    assert behind.identify(assertion=_signed_with_public_key(key)) is None
    assert behind.identify(assertion=_unsigned("none")) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a key",
        KEY.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    ],
    ids=["empty", "no key", "a private key"],
)
def test_a_file_without_a_public_key_is_refused(open_behind, tmp_path, content):
    file = tmp_path / "proxy.pem"
    file.write_bytes(content)

    with pytest.raises(ConfigurationError, match="no public key"):
        open_behind(proxy_key_file=file)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"proxy_audience": None, "proxy_jwks_url": "https://proxy.company.example/keys"},
        {"proxy_issuer": None, "proxy_jwks_url": "https://proxy.company.example/keys"},
        {"proxy_audience": "", "proxy_jwks_url": "https://proxy.company.example/keys"},
        {"proxy_jwks_url": "https://proxy.company.example/keys", "proxy_key_file": "key.pem"},
        {"proxy_jwks_url": "http://proxy.company.example/keys"},
        {"proxy_jwks_url": "file:///etc/passwd"},
    ],
    ids=["no keys", "no audience", "no issuer", "empty", "two sources", "no TLS", "a file"],
)
def test_half_a_proxy_is_refused(open_behind, more):
    with pytest.raises(ConfigurationError, match=r"APPORTION_PROXY|https"):
        open_behind(**more)


def test_without_a_proxy_a_statement_says_nothing(accounts, acme):
    assert not accounts.uses_proxy
    assert accounts.identify(assertion=state()) is None
    assert accounts.members_of_proxy(state()) == ()


def _pem(key) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _payload(**claims: object) -> str:
    usual = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 60, "email": ANN}
    return _encode(json.dumps({**usual, **claims}).encode())


def _unsigned(algorithm: str) -> str:
    header = _encode(json.dumps({"alg": algorithm, "kid": "first", "typ": "JWT"}).encode())
    return f"{header}.{_payload()}."


def _signed_with_public_key(key=KEY) -> str:
    """Make a statement whose secret is what everybody knows: the public key."""
    header = _encode(json.dumps({"alg": "HS256", "kid": "first", "typ": "JWT"}).encode())
    signed = f"{header}.{_payload()}"
    algorithm = jwt.get_algorithm_by_name("HS256")
    return f"{signed}.{_encode(algorithm.sign(signed.encode(), _pem(key)))}"


def _changed(statement: str) -> str:
    header, _, signature = statement.split(".")
    return f"{header}.{_payload()}.{signature}"
