"""The random texts that sign somebody in: a session's in a cookie, a token's in a program.

Only their hash is stored. A fast hash is enough, because nobody can try 2^256 texts.
"""

import hashlib
import re
import secrets
from uuid import UUID

_TOKEN = re.compile(r"apt_([0-9a-f]{32})_[A-Za-z0-9_-]{43}")


def make_session() -> str:
    """Give the text of a new session."""
    return secrets.token_urlsafe(32)


def make_token(tenant_id: UUID) -> str:
    """Give the text of a new API token; it says whose it is, so that it is looked up there only."""
    return f"apt_{tenant_id.hex}_{secrets.token_urlsafe(32)}"


def tenant_of_token(text: str) -> UUID | None:
    """Give whose token this claims to be; None: it is no token."""
    found = _TOKEN.fullmatch(text)
    return None if found is None else UUID(found[1])


def hash_of(text: str) -> str:
    """Give what is stored of a credential."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def public_id(hash: str) -> str:
    """Give what tells two sessions apart in a log; of no use to sign in."""
    return hash[:16]
