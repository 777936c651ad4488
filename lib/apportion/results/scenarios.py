"""Plans for the weeks to come: what is spent when, and what the model expects of it."""

import datetime as dt
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from apportion.results.base import Interval, Result
from apportion.results.mmm import Check

MOST_WEEKS = 26
LONGEST_NAME = 80


class Flighting(StrEnum):
    """How a channel's budget is spread over the weeks."""

    LAST_YEAR = "last_year"
    """As in the same weeks of last year."""
    EVEN = "even"
    """The same every week."""


class SpendPlan(Result):
    """What is to be spent in the weeks after a version's data."""

    weeks: Annotated[int, Field(ge=1, le=MOST_WEEKS)] = 13
    spend: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    """Mean spend a week by channel; a channel that is not named keeps its spend."""
    flighting: Flighting = Flighting.LAST_YEAR


class Forecast(Result):
    """What a version expects of a plan, week by week."""

    model_id: str
    version: int
    currency: str
    outcome: str
    plan: SpendPlan
    weeks: tuple[dt.date, ...]
    """First day of each week."""
    spend: dict[str, tuple[float, ...]]
    """By channel, in whole cents."""
    total_spend: float
    expected: tuple[float, ...]
    expected_lower: tuple[float, ...]
    """The band holds 90 % of what a week may turn out to be."""
    expected_upper: tuple[float, ...]
    last_year: tuple[float, ...] | None
    """The outcome of the same weeks of last year; None: not in the data."""
    total: float
    """The outcome of all weeks."""
    total_interval: Interval
    from_media: float
    """What of it the spend of these and of earlier weeks causes."""
    from_media_interval: Interval
    checks: tuple[Check, ...] = ()
    """What the forecast assumes, and where it is extrapolation."""


class Scenario(Result):
    """A named plan."""

    id: str
    name: str
    plan: SpendPlan
    created_by: str
    created_at: dt.datetime


class ScenarioOutcome(Result):
    """One of several plans, against the first of them."""

    scenario: Scenario
    forecast: Forecast
    difference: float
    """In the outcome of all weeks, to the first plan; weeks that they do not share count too."""
    difference_interval: Interval
    probability_better: float


class ScenarioComparison(Result):
    """Several plans, priced by the current version on the same draws."""

    outcomes: tuple[ScenarioOutcome, ...]
