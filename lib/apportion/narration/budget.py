"""Tokens of one tenant in one month: set aside before a call, settled after it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import anthropic

from apportion.narration.client import Deadline, NoAnswerError, send, tokens_of


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

    def send(
        self,
        client: anthropic.Anthropic,
        until: Deadline,
        request: Mapping[str, Any],
        most: int,
    ) -> anthropic.types.Message:
        """Send a request that may cost up to `most` tokens, and charge what it has cost.

        Raises
        ------
        NoAnswerError
            If the month does not allow it, or no message came; then nothing is charged.
        """
        if not self.ledger.reserve_tokens(self.month, most, self.limit):
            raise NoAnswerError("budget")
        used = (0, 0)
        try:
            message = send(client, until, request)
            used = tokens_of(message)
        finally:
            self.ledger.settle_tokens(self.month, most, *used)
        return message
