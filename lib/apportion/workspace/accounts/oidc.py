"""Sign-in at the company's identity provider: OpenID Connect, authorization code with PKCE.

The browser is sent to the provider (:meth:`OidcSignIn.begin`) and comes back with a code
(:meth:`OidcSignIn.finish`). What belongs together is remembered in a cookie of that browser, signed
and good for ten minutes: so nobody can be signed in by a link that somebody else began.
"""

import datetime as dt
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from apportion.config import Settings
from apportion.errors import ConfigurationError, NotSignedInError
from apportion.store.tenant_bound import now
from apportion.workspace.accounts.assertions import (
    AssertionVerifier,
    email_of,
    published_keys,
    require_safe,
)
from apportion.workspace.accounts.keys import derive_key

CALLBACK_PATH = "/login/oidc"
"""Where the provider sends the browser back to; registered there as `public_url` and this."""

_VALID_FOR = dt.timedelta(minutes=10)
_TIMEOUT_SECONDS = 10
_SCOPE = "openid email"
_PURPOSE = "oidc-sign-in"
_NOT_BEGUN = "This sign-in was not begun in this browser. Try again."


@dataclass(frozen=True)
class Begun:
    """What to do with the browser: send it to `url`, and give it `state` as a cookie."""

    url: str
    state: str


@dataclass(frozen=True)
class Finished:
    """Who signed in, and the page they had wanted (for the caller to check)."""

    email: str
    next_page: str


@dataclass(frozen=True)
class _Provider:
    """What the provider says of itself, kept for the life of the process."""

    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str | None
    authentication: str
    verifier: AssertionVerifier


class OidcSignIn:
    """The installation as a client of one identity provider.

    Parameters
    ----------
    settings : Settings
        With `oidc_issuer`, `oidc_client_id` and `public_url`.
    clock : callable
        The current instant, in UTC.

    Raises
    ------
    ConfigurationError
        If one of them is missing, or is no safe address.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], dt.datetime] = now) -> None:
        if not (settings.oidc_issuer and settings.oidc_client_id and settings.public_url):
            raise ConfigurationError(
                "Sign-in at an identity provider needs APPORTION_OIDC_ISSUER, "
                "APPORTION_OIDC_CLIENT_ID and APPORTION_PUBLIC_URL."
            )
        self._issuer = require_safe(settings.oidc_issuer)
        self._client_id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret
        self._redirect = require_safe(settings.public_url).rstrip("/") + CALLBACK_PATH
        self._trust_email = settings.oidc_trust_email
        self._key = derive_key(settings, _PURPOSE)
        self._clock = clock
        self._known: _Provider | None = None

    def begin(self, next_page: str = "/") -> Begun:
        """Give where to send the browser, and what to remember in it.

        Raises
        ------
        ConfigurationError
            If the provider cannot be reached.
        """
        state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        verifier = secrets.token_urlsafe(48)
        provider = self._provider()
        with self._client(provider) as client:
            url, _ = client.create_authorization_url(
                provider.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier
            )
        remembered = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "next": next_page,
            "until": (self._clock() + _VALID_FOR).timestamp(),
        }
        return Begun(url=url, state=jwt.encode(remembered, self._key, algorithm="HS256"))

    def finish(self, parameters: Mapping[str, str], state: str) -> Finished:
        """Give who the provider says it is.

        Parameters
        ----------
        parameters : mapping
            The query of the address that the browser came back to.
        state : str
            The cookie that :meth:`begin` gave it; to be deleted now, whatever happens.

        Raises
        ------
        NotSignedInError
            If the two do not belong together, or the provider does not say who it is.
        ConfigurationError
            If the provider cannot be reached.
        """
        remembered = self._remembered(parameters, state)
        if "error" in parameters or "code" not in parameters:
            raise NotSignedInError("The identity provider did not sign you in. Try again.")
        provider = self._provider()
        with self._client(provider) as client:
            try:
                token = client.fetch_token(
                    provider.token_endpoint,
                    code=parameters["code"],
                    code_verifier=remembered["verifier"],
                    timeout=_TIMEOUT_SECONDS,
                )
                claims = self._claims(provider, token, remembered["nonce"])
                if "email" not in claims and provider.userinfo_endpoint is not None:
                    claims = _userinfo(client, provider.userinfo_endpoint, claims["sub"])
            except OAuthError as error:
                raise NotSignedInError(
                    "The identity provider did not accept the sign-in. Try again."
                ) from error
            except (requests.RequestException, ValueError) as error:
                raise self._unreachable(error) from error
        email = email_of(claims, is_enough=self._trust_email)
        return Finished(email=email, next_page=remembered["next"])

    def _remembered(self, parameters: Mapping[str, str], state: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = jwt.decode(state, self._key, algorithms=["HS256"])
        except (jwt.PyJWTError, UnicodeError) as error:
            raise NotSignedInError(_NOT_BEGUN) from error
        if found["until"] < self._clock().timestamp():
            raise NotSignedInError("The sign-in took too long. Try again.")
        given = parameters.get("state", "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(found["state"].encode(), given):
            raise NotSignedInError(_NOT_BEGUN)
        if parameters.get("iss", self._issuer) != self._issuer:
            raise NotSignedInError("Another identity provider answered. Try again.")
        return found

    def _claims(
        self, provider: _Provider, token: Mapping[str, Any], nonce: str
    ) -> Mapping[str, Any]:
        claims = provider.verifier.claims(str(token.get("id_token", "")))
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise NotSignedInError("The identity provider's answer belongs to another sign-in.")
        if claims.get("azp", self._client_id) != self._client_id or "sub" not in claims:
            raise NotSignedInError("The identity provider's answer is meant for somebody else.")
        return claims

    def _client(self, provider: _Provider) -> OAuth2Session:
        return OAuth2Session(
            client_id=self._client_id,
            client_secret=self._secret.get_secret_value() if self._secret else None,
            token_endpoint_auth_method=provider.authentication if self._secret else "none",
            redirect_uri=self._redirect,
            scope=_SCOPE,
            code_challenge_method="S256",
        )

    def _provider(self) -> _Provider:
        if self._known is None:
            self._known = self._discover()
        return self._known

    def _discover(self) -> _Provider:
        url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            answer = requests.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
            if found["issuer"] != self._issuer:
                raise ConfigurationError(
                    f"APPORTION_OIDC_ISSUER is {self._issuer!r}, but the provider there calls "
                    f"itself {found['issuer']!r}. Set it to exactly that."
                )
            methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
            userinfo = found.get("userinfo_endpoint")
            return _Provider(
                authorization_endpoint=require_safe(found["authorization_endpoint"]),
                token_endpoint=require_safe(found["token_endpoint"]),
                userinfo_endpoint=None if userinfo is None else require_safe(userinfo),
                authentication="client_secret_basic"
                if "client_secret_basic" in methods
                else "client_secret_post",
                verifier=AssertionVerifier(
                    issuer=self._issuer,
                    audience=self._client_id,
                    find_key=published_keys(found["jwks_uri"]),
                ),
            )
        except (requests.RequestException, json.JSONDecodeError, KeyError, TypeError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> ConfigurationError:
        return ConfigurationError(
            f"The identity provider {self._issuer} does not answer as it should: {error}. "
            "Check APPORTION_OIDC_ISSUER."
        )


def _userinfo(client: OAuth2Session, url: str, subject: str) -> Mapping[str, Any]:
    """Give the claims that the provider keeps out of the ID token (OpenID Connect Core, 5.3)."""
    answer = client.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
    answer.raise_for_status()
    claims: dict[str, Any] = answer.json()
    if claims.get("sub") != subject:
        raise NotSignedInError("The identity provider's answer is about somebody else.")
    return claims
