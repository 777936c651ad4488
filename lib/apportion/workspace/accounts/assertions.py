"""Signed statements (JWT) by others about who somebody is: a proxy, or an identity provider.

Only signatures by a key pair are accepted, so that what verifies a statement cannot make one, and
only by the algorithms that fit the key at hand: a statement does not choose how it is verified.
"""

from collections.abc import Callable, Mapping
from json import JSONDecodeError
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from apportion.errors import ConfigurationError, NotSignedInError

_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_CURVES = {"secp256r1": ("ES256",), "secp384r1": ("ES384",), "secp521r1": ("ES512",)}
_EDWARDS = ("EdDSA",)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LEEWAY_SECONDS = 30
_TIMEOUT_SECONDS = 5
_COOLDOWN_SECONDS = 30
"""How often, at most, an unknown key makes us ask for the keys again."""

FindKey = Callable[[str], jwt.PyJWK | Any]
"""From a statement, unverified, to the public key that it must be signed with."""


class AssertionVerifier:
    """Verify the statements of one issuer for one audience.

    Parameters
    ----------
    issuer, audience : str
        What ``iss`` and ``aud`` must be.
    find_key : callable
        See :func:`published_keys` and :func:`key_in_file`.
    """

    def __init__(self, *, issuer: str, audience: str, find_key: FindKey) -> None:
        self._issuer = issuer
        self._audience = audience
        self._find_key = find_key

    def claims(self, statement: str) -> Mapping[str, Any]:
        """Give what a statement says.

        Raises
        ------
        NotSignedInError
            If it is not signed by the issuer, for this audience, for now.
        ConfigurationError
            If the issuer's keys cannot be read.
        """
        if not statement.isascii():
            raise NotSignedInError("The statement of who you are is not valid.")
        try:
            key = self._find_key(statement)
            found: dict[str, Any] = jwt.decode(
                statement,
                key,
                algorithms=_algorithms(key),
                issuer=self._issuer,
                audience=self._audience,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (jwt.PyJWKClientConnectionError, JSONDecodeError) as error:
            raise ConfigurationError(
                f"The keys of {self._issuer} cannot be read: {error}. Try again in a moment."
            ) from error
        except jwt.PyJWTError as error:
            raise NotSignedInError(
                f"The statement of who you are is not valid: {error}."
            ) from error
        return found


def published_keys(url: str) -> FindKey:
    """Find keys by their id among those that an issuer publishes; kept for five minutes."""
    client = jwt.PyJWKClient(
        require_safe(url), timeout=_TIMEOUT_SECONDS, cooldown_duration=_COOLDOWN_SECONDS
    )
    return client.get_signing_key_from_jwt


def key_in_file(path: Path) -> FindKey:
    """Use the one public key in a PEM file.

    Raises
    ------
    ConfigurationError
        If it cannot be read, or is no public key.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(f"{path} is no public key as PEM: {error}.") from error
    if not _algorithms(key):
        raise ConfigurationError(f"{path} must hold an RSA, an EC or an Ed25519 key.")
    return lambda _: key


def email_of(claims: Mapping[str, Any], claim: str = "email", *, is_enough: bool) -> str:
    """Give the e-mail address that is stated.

    Parameters
    ----------
    claims : mapping
    claim : str
        Its name.
    is_enough : bool
        Whether an address counts of which is not said whether it was verified.

    Raises
    ------
    NotSignedInError
        If there is none, or it is not said to be verified.
    """
    email = claims.get(claim)
    if not isinstance(email, str) or not email:
        raise NotSignedInError(f"The statement of who you are has no {claim!r}.")
    is_verified = claims.get("email_verified", is_enough)
    if is_verified is not True and is_verified != "true":
        raise NotSignedInError(f"The address {email} is not verified by who stated it.")
    return email


def require_safe(url: str) -> str:
    """Give `url` if nobody on the way can change what it answers: HTTPS, or this machine.

    Raises
    ------
    ConfigurationError
        If it is neither.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url
    raise ConfigurationError(f"{url!r} must be an https address.")


def _algorithms(key: jwt.PyJWK | Any) -> list[str]:
    public = key.key if isinstance(key, jwt.PyJWK) else key
    if isinstance(public, RSAPublicKey):
        return list(_RSA)
    if isinstance(public, EllipticCurvePublicKey):
        return list(_CURVES.get(public.curve.name, ()))
    if isinstance(public, Ed25519PublicKey):
        return list(_EDWARDS)
    return []
