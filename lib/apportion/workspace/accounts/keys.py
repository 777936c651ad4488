"""The installation's own secret, and the keys that are made from it."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from apportion.config import Settings
from apportion.errors import ConfigurationError

FILE = "secret.key"
_LEAST_CHARACTERS = 32


def derive_key(settings: Settings, purpose: str) -> bytes:
    """Give the 32 bytes that this installation uses for one purpose.

    They come from ``APPORTION_SECRET_KEY``, which all machines of an installation must share;
    without it from a file in `home`, made at first use and readable by its owner only.

    Raises
    ------
    ConfigurationError
        If the secret is too short, or the file cannot be read.
    """
    if settings.secret_key is not None:
        secret = settings.secret_key.get_secret_value()
    else:
        secret = _read_or_make(settings.home / FILE)
    if len(secret) < _LEAST_CHARACTERS:
        raise ConfigurationError(
            f"The secret key has {len(secret)} characters; it needs at least {_LEAST_CHARACTERS}. "
            "Set APPORTION_SECRET_KEY to a long random text."
        )
    return hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256)


def _read_or_make(path: Path) -> str:
    try:
        if not path.exists():
            _make(path)
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The secret key in {path} cannot be read ({error}). "
            "Mend the file's permissions, or set APPORTION_SECRET_KEY."
        ) from error


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        # Two processes may start at the same time: the first link wins, whole, and both read it.
        if not path.exists():
            os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
