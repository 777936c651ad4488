"""Tokens of one tenant in one month: set aside before a call, settled after it."""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol


class Ledger(Protocol):
    """Where tokens are kept account of; the tenant's store."""

    def reserve_tokens(self, month: dt.date, amount: int, limit: int) -> bool:
        """Set tokens aside if the limit allows; tell whether it does."""
        ...

    def settle_tokens(
        self, month: dt.date, reserved: int, input_tokens: int, output_tokens: int
    ) -> None:
        """Replace a reservation by what it has cost."""
        ...


@dataclass(frozen=True)
class Budget:
    """A tenant's budget in a month.

    Parameters
    ----------
    ledger : Ledger
    month : date
        Its first day.
    limit : int
    """

    ledger: Ledger
    month: dt.date
    limit: int

    def reserve(self, amount: int) -> bool:
        """Set tokens aside for a call; tell whether the month allows it."""
        return self.ledger.reserve_tokens(self.month, amount, self.limit)

    def settle(self, reserved: int, used: tuple[int, int]) -> None:
        """Replace a reservation by what the call has cost."""
        self.ledger.settle_tokens(self.month, reserved, *used)
