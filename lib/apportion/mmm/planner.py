"""One completed version, ready to answer what other budgets would bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from apportion.mmm.ahead import forecast
from apportion.mmm.diagnostics import interval
from apportion.mmm.plan import plan, price
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.response_grid import ResponseGrid, response_grid
from apportion.results.mmm import BudgetPlan, MMMResults, Objective, Risk, SpendBounds
from apportion.results.scenarios import (
    Forecast,
    Scenario,
    ScenarioComparison,
    ScenarioOutcome,
    SpendPlan,
)


@dataclass(frozen=True, eq=False)
class Planner:
    """A version's posterior beside its results."""

    fitted: FittedMMM
    results: MMMResults

    @cached_property
    def grid(self) -> ResponseGrid:
        """Draws of the response curves, for sliders."""
        return response_grid(self.fitted)

    def optimise(
        self,
        total: float | None,
        bounds: Mapping[str, SpendBounds] | None = None,
        *,
        objective: Objective = Objective.MOST_REVENUE,
        target: float | None = None,
        risk: Risk = Risk.MEAN,
    ) -> BudgetPlan:
        """Split a budget; see :func:`apportion.mmm.plan.plan`."""
        return plan(
            self.fitted,
            self.results,
            total,
            bounds or {},
            objective=objective,
            target=target,
            risk=risk,
        )

    def price(self, spend: Mapping[str, float]) -> BudgetPlan:
        """Say what a given split would bring; see :func:`apportion.mmm.plan.price`."""
        return price(self.fitted, self.results, spend)

    def forecast(self, ahead: SpendPlan) -> Forecast:
        """Say what the weeks to come bring; see :func:`apportion.mmm.ahead.forecast`."""
        return forecast(self.fitted, self.results, ahead)[0]

    def compare(self, scenarios: Sequence[Scenario]) -> ScenarioComparison:
        """Hold plans against the first of them, draw by draw."""
        priced = [forecast(self.fitted, self.results, each.plan) for each in scenarios]
        first = priced[0][1]
        outcomes = []
        for scenario, (told, totals) in zip(scenarios, priced, strict=True):
            difference = totals - first
            outcomes.append(
                ScenarioOutcome(
                    scenario=scenario,
                    forecast=told,
                    difference=float(difference.mean()),
                    difference_interval=interval(difference),
                    probability_better=float((difference > 0).mean()),
                )
            )
        return ScenarioComparison(outcomes=tuple(outcomes))
