"""What the tests of accounts share: names, a clock that is moved by hand, a cheap hasher."""

import datetime as dt
from dataclasses import dataclass

from argon2 import PasswordHasher

ADDRESS = "192.0.2.1"
PASSWORD = "quartz umbrella lagoon"
OTHER_PASSWORD = "seven violet tractors"
ANN, BOB, CAT = "ann@acme.example", "bob@bolt.example", "cat@both.example"


@dataclass
class Clock:
    """The current instant; it moves by hand, and by a tick whenever it is looked at."""

    now: dt.datetime = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    tick: dt.timedelta = dt.timedelta(microseconds=1)

    def __call__(self) -> dt.datetime:
        self.now += self.tick
        return self.now

    def move(self, **amount: float) -> None:
        self.now += dt.timedelta(**amount)


class CountingHasher(PasswordHasher):
    """Hashing that is cheap, because tests do much of it, and counts what is compared."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.compared = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        self.compared += 1
        return super().verify(hash, password)
