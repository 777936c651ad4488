"""One tenant's plans for the weeks to come: price, save, compare."""

from collections.abc import Sequence

from apportion.errors import FieldError
from apportion.results.accounts import COMMAND_LINE, ActingMember, Actor
from apportion.results.scenarios import (
    LONGEST_NAME,
    Forecast,
    Scenario,
    ScenarioComparison,
    SpendPlan,
)
from apportion.store import TenantStore
from apportion.workspace.mmm import MMMWorkspace

MOST_COMPARED = 6


class ScenariosWorkspace:
    """The tenant's named plans, priced by its current model."""

    def __init__(
        self, store: TenantStore, mmm: MMMWorkspace, member: ActingMember | None = None
    ) -> None:
        self._store = store
        self._mmm = mmm
        self._member = member

    def forecast(self, plan: SpendPlan) -> Forecast:
        """Say what the current version expects of a plan; nothing is stored.

        Raises
        ------
        NotFoundError
            If no version has completed.
        FieldError
            If the plan names a channel that there is none of, or too large an amount.
        """
        return self._mmm.planner().forecast(plan)

    def list(self) -> "list[Scenario]":
        """Give every plan, the newest first."""
        return self._store.scenarios()

    def get(self, scenario_id: str) -> Scenario:
        """Give a plan; NotFoundError if it is not there."""
        return self._store.scenario(scenario_id)

    def save(
        self, name: str, plan: SpendPlan, *, requested_by: Actor | ActingMember | None = None
    ) -> Scenario:
        """Store a plan under a name, once the current version can price it.

        Raises
        ------
        FieldError
            If the name is empty or too long, or the plan cannot be priced.
        ConflictError
            If there is a plan of this name.
        NotFoundError
            If no version has completed.
        """
        name = " ".join(name.split())
        if not 1 <= len(name) <= LONGEST_NAME:
            raise FieldError(
                "name", found=f"{len(name)} characters", allowed=f"1 to {LONGEST_NAME} characters"
            )
        self.forecast(plan)
        author = requested_by or self._member or COMMAND_LINE
        return self._store.add_scenario(name, plan, created_by=author.name)

    def delete(self, scenario_id: str) -> None:
        """Delete a plan; NotFoundError if it is not there."""
        self._store.remove_scenario(scenario_id)

    def compare(self, scenario_ids: Sequence[str]) -> ScenarioComparison:
        """Hold plans against the first of them, priced by the current version.

        Raises
        ------
        FieldError
            If there are not 2 to 6 different ones.
        NotFoundError
            If one is not there, or no version has completed.
        """
        wanted = list(dict.fromkeys(scenario_ids))
        if not 2 <= len(wanted) <= MOST_COMPARED:
            raise FieldError(
                "id", found=f"{len(wanted)}", allowed=f"2 to {MOST_COMPARED} different scenarios"
            )
        scenarios = [self._store.scenario(each) for each in wanted]
        return self._mmm.planner().compare(scenarios)
