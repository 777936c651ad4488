"""What an incrementality experiment tells a media mix model: a lift, where and when.

A completed experiment of the tenant gives one of these by itself; a test that was run elsewhere is
entered by hand.
"""

import datetime as dt
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from apportion.results.base import Interval, Result

Z90 = 1.6448536269514722
"""Standard deviations from the middle of a Normal to either end of its 90 % interval."""


class Direction(StrEnum):
    """What was done to the channel in the test regions."""

    ON = "on"
    """It spent there what it does not usually spend, or more than usual."""
    OFF = "off"
    """It spent nothing there, or less than usual."""


class LiftSource(StrEnum):
    """Where a lift comes from."""

    EXPERIMENT = "experiment"
    """An experiment of this tenant that was read out here."""
    ENTERED = "entered"
    """A test that was run elsewhere and entered by hand."""


class LiftTest(Result):
    """The outcome that a channel caused in some regions over some days, as a test measured it.

    Lift and incremental outcome compare the condition with more spend to the one with less, so both
    are positive where advertising works, whichever way the test went.
    """

    id: str
    name: str
    channel: str
    start: dt.date
    """First day of the changed spend."""
    end: dt.date
    """Last day of the changed spend, and of the outcome that was counted."""
    outcome_share: float = Field(gt=0, le=1)
    """Share of the tenant's whole outcome that the test regions usually have."""
    lift: float
    """Outcome with more spend over the outcome with less, less 1: 0.05 is 5 %."""
    lift_interval: Interval
    """90 %."""
    incremental_outcome: float
    """Outcome that the difference in spend caused in the test regions, from start to end."""
    incremental_outcome_interval: Interval
    """90 %."""
    direction: Direction
    spend_factor: float | None = Field(default=0.0, ge=0)
    """Spend in the test regions over the usual spend there: 0 is off, 2.5 is two and a half times;
    None: usually there is none."""
    source: LiftSource = LiftSource.EXPERIMENT

    @property
    def days(self) -> int:
        """Days of the test, both ends included."""
        return (self.end - self.start).days + 1

    @property
    def standard_error(self) -> float:
        """Of the incremental outcome, read from its 90 % interval."""
        interval = self.incremental_outcome_interval
        return (interval.upper - interval.lower) / (2 * Z90)

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"the test ends on {self.end}, before it starts on {self.start}")
        if not self.incremental_outcome_interval.upper > self.incremental_outcome_interval.lower:
            raise ValueError("the interval of the incremental outcome has no width")
        more = self.spend_factor is None or self.spend_factor > 1
        if more != (self.direction is Direction.ON) or self.spend_factor == 1:
            raise ValueError(
                f"a test that switches a channel {self.direction} cannot have "
                f"{self.spend_factor} times the usual spend"
            )
        return self
