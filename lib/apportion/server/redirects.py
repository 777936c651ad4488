"""Where somebody may be sent after signing in: to a page of ours, and nowhere else."""

import re
from urllib.parse import urlencode

_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""One slash, then visible ASCII without a backslash: browsers take what follows two for a host."""

_MOST = 2000


def safe_path(wanted: str, default: str = "/") -> str:
    """Give `wanted` if it is a path on this server, else `default`."""
    is_safe = len(wanted) <= _MOST and _PATH.fullmatch(wanted) is not None
    return wanted if is_safe else default


def with_query(path: str, **values: str) -> str:
    """Give a path with a query."""
    return f"{path}?{urlencode(values)}"
