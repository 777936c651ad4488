"""A short text by which a copy of the data is known to be of today."""

import hashlib
import json
from collections.abc import Mapping

from pydantic import JsonValue

FORMAT = 2
"""Raised whenever what is in a snapshot's files changes, so that older ones count as stale."""


def fingerprint(facts: Mapping[str, JsonValue]) -> str:
    """Give a short text that changes when `facts` about the data, or the files' format, change."""
    text = json.dumps({"format": FORMAT, **facts}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
