"""Behind a proxy that signs people in: its signed word counts, and nothing else does."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from server.process import MMM, running

KEY, OTHER_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))
ISSUER, AUDIENCE = "https://proxy.company.example", "apportion"
MODEL = "/api/admin/attribution/mmm"


def public_pem(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


def word(email="ann@acme.example", key=KEY, algorithm="RS256", **changed):
    """Give what the proxy says of somebody."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": time.time() + 300,
        "email": email,
        **changed,
    }
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, key, algorithm=algorithm)


def unsigned(email="ann@acme.example"):
    """Give a word with ``alg: none``."""
    claims = {"iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 300, "email": email}
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    text = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    return b".".join([*text, b""]).decode()


def confused():
    """Give a word that is signed with the public key as if it were a shared secret."""
    import hashlib
    import hmac

    parts = (
        {"alg": "HS256", "typ": "JWT"},
        {"iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 300, "email": "ann@acme.example"},
    )
    text = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signed = b".".join(text)
    mac = base64.urlsafe_b64encode(hmac.digest(public_pem(KEY), signed, hashlib.sha256))
    return (signed + b"." + mac.rstrip(b"=")).decode()


BAD = {
    "another key": lambda: word(key=OTHER_KEY),
    "expired": lambda: word(exp=time.time() - 3600),
    "another audience": lambda: word(aud="other"),
    "another issuer": lambda: word(iss="https://evil.example"),
    "without an end": lambda: word(exp=None),
    "nobody": lambda: word(email=None),
    "no account": lambda: word(email="nobody@acme.example"),
    "not verified": lambda: word(email_verified=False),
    "alg none": unsigned,
    "the public key as a secret": confused,
    "no JWT": lambda: "ann@acme.example",
    "empty": lambda: "",
}


@pytest.fixture(scope="module")
def proxied(settings, tmp_path_factory):
    """A server behind a proxy; it stands for nobody."""
    folder = tmp_path_factory.mktemp("proxied")
    (folder / "key.pem").write_bytes(public_pem(KEY))
    behind = settings.model_copy(
        update={
            "proxy_issuer": ISSUER,
            "proxy_audience": AUDIENCE,
            "proxy_key_file": folder / "key.pem",
        }
    )
    with running(behind, folder / "log", who=None) as server:
        yield server


def test_whom_the_proxy_names_is_let_in(proxied):
    page = proxied.anonymous().get("/", Cf_Access_Jwt_Assertion=word())

    assert page.status == 200
    assert "ann@acme.example" in page.text
    assert "Sign out" not in page.text


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize(("path", "refused"), [("/", 302), (MODEL, 401), ("/login", 403)])
def test_a_word_that_is_not_the_proxys_is_not_believed(proxied, what, path, refused):
    assert proxied.anonymous().get(path, Cf_Access_Jwt_Assertion=BAD[what]()).status == refused


def test_a_session_does_not_count_behind_a_proxy(house, people, proxied):
    session = people("ada@acme.example").cookie

    assert proxied.anonymous().get("/", Cookie=session).status == 302
    assert proxied.anonymous().get(MODEL, Cookie=session).status == 401


def test_nobody_signs_in_by_password_behind_a_proxy(proxied):
    visitor = proxied.anonymous()
    visitor.get("/login")

    assert visitor.sign_in("ann@acme.example").status == 401
    assert "apportion_session" not in visitor.cookies


@pytest.mark.parametrize("header", ["Authorization", "X_Forwarded_User", "X_Jwt_Assertion"])
def test_the_word_counts_in_its_own_header_only(proxied, header):
    assert proxied.anonymous().get("/", **{header: word()}).status == 302


def test_a_write_needs_the_pages_own_token_behind_a_proxy_too(proxied):
    address, body = f"{MODEL}/optimize", '{"totalBudget": 100}'
    ann = proxied.anonymous()
    ann.get("/", Cf_Access_Jwt_Assertion=word())
    sent = {"Content_Type": "application/json", "Cf_Access_Jwt_Assertion": word()}

    assert ann.request("POST", address, body, **sent).status == 403
    assert ann.request("POST", address, body, **sent, X_XSRFToken=ann.xsrf).status not in (401, 403)


def test_a_kernel_is_its_owners_behind_a_proxy_too(proxied):
    ann = proxied.anonymous()
    kernel = ann.open_page(MMM, Cf_Access_Jwt_Assertion=word())
    address = f"/api/kernels/{kernel}"

    assert ann.get(address, Cf_Access_Jwt_Assertion=word()).status == 200
    assert ann.get(address, Cf_Access_Jwt_Assertion=word("ben@birch.example")).status == 404
    assert ann.get(address, Cf_Access_Jwt_Assertion=word(key=OTHER_KEY)).status == 403
    assert ann.talk(kernel, Cf_Access_Jwt_Assertion=word("ben@birch.example")) == 403


def test_somebody_with_two_companies_chooses_one_of_their_own(proxied):
    dan, said = proxied.anonymous(), {"Cf_Access_Jwt_Assertion": word("dan@both.example")}

    assert dan.get("/", **said).headers["location"] == "/login?next=%2F"
    assert dan.get("/login", **said).headers["location"] == "/tenant?next=%2F"
    page = dan.get("/tenant", **said).text
    assert "Acme" in page
    assert "Birch" in page
    assert "Clay" not in page
    form = {"Content_Type": "application/x-www-form-urlencoded", **said}
    refused = dan.request("POST", "/tenant", f"_xsrf={dan.xsrf}&tenant=clay", **form)
    assert refused.status == 404
    chosen = dan.request("POST", "/tenant", f"_xsrf={dan.xsrf}&tenant=birch", **form)
    assert chosen.status == 303
    assert "Birch" in dan.get("/", **said).text
    dan.cookies["apportion_tenant"] = "clay"
    assert dan.get("/", **said).status == 302
