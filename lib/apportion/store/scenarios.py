"""Named plans of one tenant."""

from typing import Any
from uuid import uuid4

from sqlalchemy import Row, func

from apportion.errors import ConflictError
from apportion.results.scenarios import Scenario, SpendPlan
from apportion.store.scenarios_schema import mmm_scenarios
from apportion.store.tenant_bound import TenantBound, not_found, now, parse_id

MOST_SCENARIOS = 200
"""Of one tenant: a list that a person can still read."""

_SCENARIO = (
    mmm_scenarios.c.id,
    mmm_scenarios.c.name,
    mmm_scenarios.c.plan,
    mmm_scenarios.c.created_by,
    mmm_scenarios.c.created_at,
)


class Scenarios(TenantBound):
    """The tenant's plans; each name once."""

    def add_scenario(self, name: str, plan: SpendPlan, *, created_by: str) -> Scenario:
        """Store a plan under a name.

        Raises
        ------
        ConflictError
            If there is a plan of this name, or there are too many.
        """
        scenario_id = uuid4()
        with self._writing() as connection:
            connection.lock("mmm_scenarios")
            statement = connection.select(mmm_scenarios.c.id, of=mmm_scenarios)
            if connection.execute(statement.where(mmm_scenarios.c.name == name)).first():
                raise ConflictError(
                    f"There is a scenario {name!r} already. Choose another name, or delete it."
                )
            counted = connection.select(func.count(), of=mmm_scenarios)
            if connection.execute(counted).scalar_one() >= MOST_SCENARIOS:
                raise ConflictError(
                    f"There are {MOST_SCENARIOS} scenarios, the most there can be. Delete one."
                )
            connection.insert(
                mmm_scenarios,
                id=scenario_id,
                name=name,
                plan=plan.model_dump(mode="json", by_alias=True),
                created_by=created_by,
                created_at=now(),
            )
        return self.scenario(str(scenario_id))

    def scenario(self, scenario_id: str) -> Scenario:
        """Give a plan.

        Raises
        ------
        NotFoundError
            If there is no such scenario.
        """
        is_asked = mmm_scenarios.c.id == parse_id(scenario_id, "scenario")
        with self._reading() as connection:
            statement = connection.select(*_SCENARIO, of=mmm_scenarios)
            row = connection.execute(statement.where(is_asked)).one_or_none()
        if row is None:
            raise not_found("scenario", scenario_id)
        return _scenario(row)

    def scenarios(self) -> list[Scenario]:
        """Give every plan, the newest first."""
        with self._reading() as connection:
            statement = connection.select(*_SCENARIO, of=mmm_scenarios)
            order = (mmm_scenarios.c.created_at.desc(), mmm_scenarios.c.id)
            rows = connection.execute(statement.order_by(*order)).all()
        return [_scenario(row) for row in rows]

    def remove_scenario(self, scenario_id: str) -> None:
        """Delete a plan.

        Raises
        ------
        NotFoundError
            If there is no such scenario.
        """
        is_asked = mmm_scenarios.c.id == parse_id(scenario_id, "scenario")
        with self._writing() as connection:
            if connection.delete(mmm_scenarios, is_asked) == 0:
                raise not_found("scenario", scenario_id)


def _scenario(row: Row[Any]) -> Scenario:
    return Scenario.model_validate({**row._mapping, "id": str(row.id)})
