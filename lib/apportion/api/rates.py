"""How often a member may ask: a bucket of tokens each, refilled evenly."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from apportion.api.members import member_in
from apportion.api.problems import problem

SECONDS = 60.0
COMPUTATION = 10
"""What a request that computes costs; one that reads costs 1."""

MOST_BUCKETS = 10_000


@dataclass
class _Bucket:
    tokens: float
    at: float


class Allowance:
    """Counts the requests of each key.

    Parameters
    ----------
    per_minute : int
        Requests that may be made at once, and that come back in a minute.
    clock : callable
        Gives seconds that never go back.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self.per_minute = per_minute
        self.clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: str, cost: int) -> int:
        """Take `cost` for `key`; give in how many seconds there will be enough, 0: taken."""
        at = self.clock()
        bucket = self._buckets.get(key)
        if bucket is None:
            self._make_room(at)
            bucket = self._buckets[key] = _Bucket(self.per_minute, at)
        bucket.tokens, bucket.at = self._filled(bucket, at), at
        # A request that costs more than a full bucket must still be possible.
        missing = min(cost, self.per_minute) - bucket.tokens
        if missing > 0:
            return math.ceil(missing * SECONDS / self.per_minute)
        bucket.tokens -= cost
        return 0

    def _filled(self, bucket: _Bucket, at: float) -> float:
        return min(self.per_minute, bucket.tokens + (at - bucket.at) * self.per_minute / SECONDS)

    def _make_room(self, at: float) -> None:
        """Forget the buckets that are full, which says as much as having none."""
        if len(self._buckets) >= MOST_BUCKETS:
            self._buckets = {
                key: bucket
                for key, bucket in self._buckets.items()
                if self._filled(bucket, at) < self.per_minute
            }


class RateLimit:
    """Refuses a member who asks too often."""

    def __init__(self, app: ASGIApp, allowance: Allowance) -> None:
        self.app = app
        self.allowance = allowance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say when to come back."""
        member = member_in(scope)
        cost = 1 if scope["method"] in ("GET", "HEAD") else COMPUTATION
        seconds = 0 if member is None else self.allowance.take(member.id, cost)
        if seconds:
            answer = problem(
                429,
                f"Too many requests; {self.allowance.per_minute} reads a minute are allowed, and "
                f"what computes counts as {COMPUTATION}. Wait {seconds} seconds.",
                headers={"Retry-After": str(seconds)},
            )
            await answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)
