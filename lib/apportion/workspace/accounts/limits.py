"""How often signing in may fail: after a few failures each further one costs twice the wait."""

import datetime as dt
import hashlib
import hmac

from apportion.store import Limit

LONGEST = dt.timedelta(minutes=15)


def doubling(free: int, forgotten_after: dt.timedelta) -> Limit:
    """Give a limit that lets `free` attempts fail, then waits 1 s, 2 s, 4 s, … up to `LONGEST`."""

    def wait(failures: int) -> dt.timedelta:
        if failures < free:
            return dt.timedelta()
        seconds = 2 ** min(failures - free, 20)
        return min(dt.timedelta(seconds=seconds), LONGEST)

    return Limit(wait, forgotten_after)


PER_ACCOUNT = doubling(5, dt.timedelta(days=1))
PER_ADDRESS = doubling(50, dt.timedelta(hours=1))
"""Many people may share an address: a whole office behind one router."""


def hashed(key: bytes, kind: str, value: str) -> str:
    """Give what stands for an e-mail or a network address where attempts are counted.

    Keyed, because there are few enough addresses to try them all.
    """
    text = f"{kind}/{value}".encode("utf-8", "surrogatepass")
    return hmac.new(key, text, hashlib.sha256).hexdigest()
