"""Passwords: what is good enough, how they are hashed, and how they are compared.

The rules are those of NIST SP 800-63B (2025), section 3.1.1: length counts, common and guessable
passwords are refused, and no mixture of kinds of characters is asked for.
"""

import os
import re
import secrets
import threading
import unicodedata
from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from apportion.errors import ParameterError

LEAST_CHARACTERS = 12
MOST_CHARACTERS = 256
_LEAST_SCORE = 3
"""Of zxcvbn: more than 10^8 guesses by somebody who knows what people choose."""

_ESTIMATED_CHARACTERS = 72
_KNOWN_CHARACTERS = 3
_LEAST_BESIDE_KNOWN = 8
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without those that are read as another: 32 of them, so 80 bits in a one-time password."""

_AT_ONCE = threading.BoundedSemaphore(os.cpu_count() or 1)


def check(password: str, *, about: Sequence[str] = ()) -> None:
    """Do nothing if `password` is good enough.

    Parameters
    ----------
    password : str
    about : sequence of str
        What an attacker knows of the person: address, name, company.

    Raises
    ------
    ParameterError
        If it is too short, too long, or easy to guess.
    """
    password = _normal(password)
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise ParameterError(
            f"A password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters; "
            f"found {len(password)}. A few words in a row are easy to remember."
        )
    known = {part for text in about for part in re.split(r"[\s@.,_-]+", text.casefold())}
    rest = password.casefold()
    for part in sorted(known | {"apportion"}, key=len, reverse=True):
        rest = rest.replace(part, "") if len(part) >= _KNOWN_CHARACTERS else rest
    if len(rest) < _LEAST_BESIDE_KNOWN:
        raise ParameterError(
            "This password is not safe: it is made of your name, address or company. "
            "Choose a few words that have nothing to do with you."
        )
    # Here and not above: it loads lists of words that nothing else needs.
    from zxcvbn import zxcvbn

    # The start of a long password is no stronger than all of it; the estimate of all is slow.
    estimate = zxcvbn(password[:_ESTIMATED_CHARACTERS], user_inputs=sorted(known))
    if estimate["score"] < _LEAST_SCORE:
        why = estimate["feedback"]["warning"] or "It is easy to guess."
        raise ParameterError(
            f"This password is not safe. {why} Choose a few words that do not belong together."
        )


def make_one_time() -> str:
    """Give a random password that can be read out on the telephone."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


class Passwords:
    """Hashing by argon2id.

    Parameters
    ----------
    hasher : PasswordHasher, optional
        With the cost of a hash; None: the library's, which follow RFC 9106.
    """

    COMPARED_AT_LEAST = 2

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobodys = self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        """Give the hash to store."""
        with _AT_ONCE:
            return self._hasher.hash(_bytes(_normal(password)))

    def matching(self, password: str, hashes: Sequence[str | None]) -> set[str]:
        """Give those of the hashes that are of this password.

        The work is the same for nobody, for one account and for two: at least two hashes are
        compared, and where there are too few, ones that no password fits.
        """
        known = sorted({hash for hash in hashes if hash is not None})
        padding = [self._nobodys] * (self.COMPARED_AT_LEAST - len(known))
        normal = _normal(password)
        if len(normal) > MOST_CHARACTERS:
            normal = ""  # nobody's
        found = {hash for hash in [*known, *padding] if self._fits(hash, _bytes(normal))}
        return found & set(known)

    def is_outdated(self, hash: str) -> bool:
        """Whether a hash was made at another cost than new ones are."""
        return self._hasher.check_needs_rehash(hash)

    def _fits(self, hash: str, password: bytes) -> bool:
        try:
            with _AT_ONCE:
                return self._hasher.verify(hash, password)
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    """Give the same text for the same characters, however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password)


def _bytes(normal: str) -> bytes:
    # A form may send what is no text; it is only a wrong password.
    return normal.encode("utf-8", "surrogatepass")
