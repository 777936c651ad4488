"""Sign-in at an identity provider, against a real one on this machine's loopback address."""

import base64
import datetime as dt
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import oidc_provider_mock
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, Response, g, request
from werkzeug.serving import make_server

from accounts.examples import ANN, CAT, Clock
from apportion.config import Settings
from apportion.errors import ConfigurationError, NotSignedInError
from apportion.workspace.accounts.oidc import CALLBACK_PATH, OidcSignIn

PUBLIC_URL = "https://apportion.company.example"
CLIENT, SECRET = "apportion", "the client's secret"
FORGED = rsa.generate_private_key(65537, 2048)


@dataclass
class Provider:
    """An identity provider, what it was asked, and how its answers are falsified."""

    issuer: str = ""
    token_requests: list[dict[str, str]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    metadata: dict[str, object] = field(default_factory=dict)
    claims: dict[str, object] = field(default_factory=dict)
    """Claims of the ID token to change, or to leave out (None)."""
    is_forged: bool = False
    """Whether such a token is signed by a key that the provider does not publish."""
    userinfo: dict[str, object] = field(default_factory=dict)
    """Claims to change in what it tells of a person beside the ID token."""
    status: int | None = None

    def consent(self, url: str, **form: str) -> dict[str, str]:
        """Do what the person does there; give the query that the browser comes back with."""
        answer = requests.post(url, data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        back = answer.headers["Location"]
        assert back.startswith(f"{PUBLIC_URL}{CALLBACK_PATH}?")
        return dict(parse_qsl(urlsplit(back).query))


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    provider = Provider()
    verified = {
        "ann": {"email": ANN, "email_verified": True},
        "cat": {"email": CAT, "email_verified": True},
        "unverified": {"email": ANN, "email_verified": False},
        "unsaid": {"email": ANN},
        "nameless": {},
    }
    app = oidc_provider_mock.app(
        user_claims=[oidc_provider_mock.User(sub=sub, claims=c) for sub, c in verified.items()]
    )
    _watch(app, provider)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()


def _watch(app: Flask, provider: Provider) -> None:
    """Note what the provider is asked, and let a test change what it answers."""

    @app.before_request
    def note() -> Response | None:
        if request.path == "/oauth2/token":
            provider.token_requests.append(request.form.to_dict())
            provider.authorizations.append(request.headers.get("Authorization", ""))
        if provider.status is not None:
            return Response("out of order", status=provider.status)
        return None

    @app.after_request
    def change(response: Response) -> Response:
        if request.path == "/.well-known/openid-configuration":
            response.set_data(json.dumps({**response.get_json(), **provider.metadata}))
        if request.path == "/userinfo":
            response.set_data(json.dumps({**response.get_json(), **provider.userinfo}))
        if request.path == "/oauth2/token" and provider.claims and response.status_code == 200:
            answer = response.get_json()
            header = jwt.get_unverified_header(answer["id_token"])
            claims = jwt.decode(answer["id_token"], options={"verify_signature": False})
            changed = {**claims, **provider.claims}
            key = FORGED if provider.is_forged else g.oidc_provider_mock_storage.jwk.private_key
            answer["id_token"] = jwt.encode(
                {name: value for name, value in changed.items() if value is not None},
                key,
                algorithm="RS256",
                headers={"kid": header["kid"]},
            )
            response.set_data(json.dumps(answer))
        return response


@pytest.fixture
def provider(running) -> Iterator[Provider]:
    issuer = running.issuer
    yield running
    vars(running).update(vars(Provider(issuer)))


@pytest.fixture
def oidc_settings(provider, tmp_path) -> Settings:
    return Settings(
        _env_file=None,
        home=tmp_path / "client",
        public_url=PUBLIC_URL,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
    )


@pytest.fixture
def clock() -> Clock:
    # The provider looks at the real clock; only the ten minutes of a sign-in are counted by ours.
    return Clock(now=dt.datetime.now(dt.UTC))


@pytest.fixture
def oidc(oidc_settings, clock) -> OidcSignIn:
    return OidcSignIn(oidc_settings, clock=clock)


def test_who_consents_there_is_known_by_their_address(oidc, provider):
    begun = oidc.begin("/admin/attribution/mmm")

    finished = oidc.finish(provider.consent(begun.url, sub="ann"), begun.state)

    assert (finished.email, finished.next_page) == (ANN, "/admin/attribution/mmm")


def test_the_address_signs_in_to_the_accounts_that_have_it(oidc, provider, accounts, acme, bolt):
    begun = oidc.begin()
    finished = oidc.finish(provider.consent(begun.url, sub="cat"), begun.state)

    signed_in = accounts.sign_in_verified(finished.email)

    assert {tenant.slug for tenant in signed_in.choices} == {"acme", "bolt"}


def test_the_request_carries_state_nonce_and_a_pkce_challenge(oidc):
    begun = oidc.begin()

    query = {name: values[0] for name, values in parse_qs(urlsplit(begun.url).query).items()}

    assert query["response_type"] == "code"
    assert query["scope"] == "openid email"
    assert query["client_id"] == CLIENT
    assert query["redirect_uri"] == PUBLIC_URL + CALLBACK_PATH
    assert query["code_challenge_method"] == "S256"
    assert min(len(query[name]) for name in ("state", "nonce", "code_challenge")) >= 43


def test_the_code_is_redeemed_with_what_the_challenge_was_made_of(oidc, provider):
    begun = oidc.begin()
    oidc.finish(provider.consent(begun.url, sub="ann"), begun.state)

    (sent,) = provider.token_requests
    digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert parse_qs(urlsplit(begun.url).query)["code_challenge"] == [challenge]


def test_every_sign_in_has_secrets_of_its_own(oidc):
    first, second = (parse_qs(urlsplit(oidc.begin().url).query) for _ in range(2))

    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))


def test_the_client_names_itself_as_the_provider_wants(oidc_settings, provider):
    _sign_in(OidcSignIn(oidc_settings), provider)
    provider.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    _sign_in(OidcSignIn(oidc_settings), provider)
    public = oidc_settings.model_copy(update={"oidc_client_secret": None})
    _sign_in(OidcSignIn(public), provider)

    assert [header.split(" ")[0] for header in provider.authorizations] == ["Basic", "", ""]
    assert [sent.get("client_secret") for sent in provider.token_requests] == [None, SECRET, None]


def test_who_refuses_there_is_not_signed_in(oidc, provider):
    begun = oidc.begin()

    with pytest.raises(NotSignedInError, match="did not sign you in"):
        oidc.finish(provider.consent(begun.url, action="deny"), begun.state)
    assert provider.token_requests == []


def test_a_code_is_good_for_one_sign_in(oidc, provider):
    begun = oidc.begin()
    query = provider.consent(begun.url, sub="ann")
    oidc.finish(query, begun.state)

    with pytest.raises(NotSignedInError, match="did not accept"):
        oidc.finish(query, begun.state)


def test_a_code_that_was_made_up_is_refused(oidc, provider):
    begun = oidc.begin()
    query = provider.consent(begun.url, sub="ann")

    with pytest.raises(NotSignedInError, match="did not accept"):
        oidc.finish({**query, "code": "made up"}, begun.state)


def test_a_sign_in_that_another_browser_began_is_refused(oidc, provider):
    mine, theirs = oidc.begin(), oidc.begin()
    query = provider.consent(theirs.url, sub="ann")

    with pytest.raises(NotSignedInError, match="not begun in this browser"):
        oidc.finish(query, mine.state)
    assert provider.token_requests == []


def test_a_code_of_another_sign_in_is_refused_by_its_nonce(oidc, provider):
    mine, theirs = oidc.begin(), oidc.begin()
    query = provider.consent(theirs.url, sub="ann")
    own = parse_qs(urlsplit(mine.url).query)["state"][0]

    with pytest.raises(NotSignedInError, match="belongs to another sign-in"):
        oidc.finish({**query, "state": own}, mine.state)


@pytest.mark.parametrize("forge", [str.upper, lambda s: s[:-4], lambda s: "", lambda s: "\udcff"])
def test_a_cookie_that_was_not_made_here_is_refused(oidc, provider, forge):
    begun = oidc.begin()
    query = provider.consent(begun.url, sub="ann")

    with pytest.raises(NotSignedInError, match="not begun in this browser"):
        oidc.finish(query, forge(begun.state))


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_cookie_that_was_signed_elsewhere_is_refused(oidc, provider, algorithm):
    begun = oidc.begin()
    query = provider.consent(begun.url, sub="ann")
    content = jwt.decode(begun.state, options={"verify_signature": False})
    key = {"none": None, "HS256": "another key, long enough to sign"}[algorithm]
    forged = jwt.encode(content, key, algorithm=algorithm)

    with pytest.raises(NotSignedInError, match="not begun in this browser"):
        oidc.finish(query, forged)


def test_a_sign_in_lasts_ten_minutes(oidc, provider, clock):
    begun = oidc.begin()
    query = provider.consent(begun.url, sub="ann")

    clock.move(minutes=10, seconds=1)
    with pytest.raises(NotSignedInError, match="took too long"):
        oidc.finish(query, begun.state)


@pytest.mark.parametrize("missing", ["state", "code"])
def test_an_answer_without_all_its_parts_is_refused(oidc, provider, missing):
    begun = oidc.begin()
    query = provider.consent(begun.url, sub="ann")
    del query[missing]

    with pytest.raises(NotSignedInError):
        oidc.finish(query, begun.state)


def test_an_answer_of_another_provider_is_refused(oidc, provider):
    begun = oidc.begin()
    query = provider.consent(begun.url, sub="ann")

    with pytest.raises(NotSignedInError, match="Another identity provider"):
        oidc.finish({**query, "iss": "https://evil.example"}, begun.state)


def test_an_id_token_that_the_provider_did_not_sign_is_refused(oidc, provider):
    provider.claims, provider.is_forged = {"email": CAT}, True

    with pytest.raises(NotSignedInError, match="Signature verification failed"):
        _sign_in(oidc, provider)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": ["another", CLIENT], "azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
    ],
    ids=str,
)
def test_an_id_token_that_was_not_meant_for_this_sign_in_is_refused(oidc, provider, claims):
    provider.claims = claims

    with pytest.raises(NotSignedInError):
        _sign_in(oidc, provider)


def test_an_address_that_is_not_in_the_id_token_is_asked_for(oidc, provider):
    provider.claims = {"email": None, "email_verified": None}

    assert _sign_in(oidc, provider).email == ANN


def test_what_is_told_of_somebody_else_is_refused(oidc, provider):
    provider.claims = {"email": None}
    provider.userinfo = {"sub": "cat", "email": CAT}

    with pytest.raises(NotSignedInError, match="about somebody else"):
        _sign_in(oidc, provider)


def test_a_provider_that_answers_nonsense_is_said_to(oidc, provider):
    provider.claims = {"email": None}
    provider.metadata = {"userinfo_endpoint": f"{provider.issuer}/"}

    with pytest.raises(ConfigurationError, match="does not answer as it should"):
        _sign_in(oidc, provider)


@pytest.mark.parametrize("sub", ["unverified", "unsaid"])
def test_an_address_that_is_not_verified_is_refused(oidc, provider, sub):
    with pytest.raises(NotSignedInError, match="not verified"):
        _sign_in(oidc, provider, sub)


def test_a_provider_that_says_nothing_of_verification_can_be_trusted_by_setting(
    oidc_settings, provider
):
    trusting = OidcSignIn(oidc_settings.model_copy(update={"oidc_trust_email": True}))

    assert _sign_in(trusting, provider, "unsaid").email == ANN
    with pytest.raises(NotSignedInError, match="not verified"):
        _sign_in(trusting, provider, "unverified")


def test_somebody_without_an_address_is_refused(oidc, provider):
    with pytest.raises(NotSignedInError, match="no 'email'"):
        _sign_in(oidc, provider, "nameless")


def test_a_provider_that_calls_itself_otherwise_is_refused(oidc, provider):
    provider.metadata = {"issuer": "https://other.example"}

    with pytest.raises(ConfigurationError, match=r"calls itself 'https://other\.example'"):
        oidc.begin()


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_provider_whose_answers_could_be_changed_on_the_way_is_refused(oidc, provider, name):
    provider.metadata = {name: "http://provider.example/there"}

    with pytest.raises(ConfigurationError, match="must be an https address"):
        oidc.begin()


def test_a_provider_that_is_out_of_order_is_said_to_be(oidc, provider):
    provider.status = 503

    with pytest.raises(ConfigurationError, match="does not answer as it should"):
        oidc.begin()


def test_a_provider_that_fails_between_the_steps_is_said_to_be(oidc, provider):
    begun = oidc.begin()
    query = provider.consent(begun.url, sub="ann")
    provider.status = 503

    with pytest.raises(ConfigurationError, match="does not answer as it should"):
        oidc.finish(query, begun.state)


@pytest.mark.parametrize("missing", ["oidc_issuer", "oidc_client_id", "public_url"])
def test_half_of_the_settings_is_refused(oidc_settings, missing):
    with pytest.raises(ConfigurationError, match="APPORTION_OIDC_ISSUER"):
        OidcSignIn(oidc_settings.model_copy(update={missing: None}))


@pytest.mark.parametrize("name", ["oidc_issuer", "public_url"])
def test_an_address_without_tls_is_refused(oidc_settings, name):
    with pytest.raises(ConfigurationError, match="must be an https address"):
        OidcSignIn(oidc_settings.model_copy(update={name: "http://company.example"}))


def _sign_in(oidc: OidcSignIn, provider: Provider, sub: str = "ann"):
    begun = oidc.begin()
    return oidc.finish(provider.consent(begun.url, sub=sub), begun.state)
