"""Plans for the weeks to come: price, save, compare."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from apportion.api.members import Analyst, at_least
from apportion.api.negotiation import takes_json
from apportion.api.openapi import IN_THE_WAY, NOT_THERE, READS, TAKES_BODY
from apportion.api.workspaces import Mine
from apportion.results.accounts import Role
from apportion.results.base import Result
from apportion.results.scenarios import (
    LONGEST_NAME,
    MOST_WEEKS,
    Flighting,
    Forecast,
    Scenario,
    ScenarioComparison,
    SpendPlan,
)

router = APIRouter(prefix="/api/admin/attribution/mmm", tags=["Plans"])

FOR_ANALYSTS = Depends(at_least(Role.ANALYST))
Amount = Annotated[float, Field(ge=0)]


class PlanRequest(Result):
    """What is to be spent in the weeks after the model's data."""

    model_config = ConfigDict(strict=True, validate_by_name=False)

    weeks: Annotated[int, Field(ge=1, le=MOST_WEEKS)] = 13
    spend: dict[str, Amount] = Field(default_factory=dict)
    """Mean spend a week by channel; a channel that is not named keeps its spend."""
    flighting: Annotated[Flighting, Field(strict=False)] = Flighting.LAST_YEAR

    def plan(self) -> SpendPlan:
        """Give the plan itself."""
        return SpendPlan(weeks=self.weeks, spend=self.spend, flighting=self.flighting)


class ScenarioRequest(PlanRequest):
    """A plan and its name."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class Scenarios(Result):
    """Every named plan, the newest first."""

    scenarios: tuple[Scenario, ...]


@router.post("/forecast", responses=NOT_THERE | TAKES_BODY, dependencies=[Depends(takes_json)])
def forecast_plan(workspace: Mine, asked: PlanRequest) -> Forecast:
    """Forecast the weeks after the model's data under a plan; nothing is stored."""
    return workspace.scenarios.forecast(asked.plan())


@router.get("/scenarios", responses=READS)
def list_scenarios(workspace: Mine) -> Scenarios:
    """List the named plans, the newest first."""
    return Scenarios(scenarios=tuple(workspace.scenarios.list()))


@router.post(
    "/scenarios",
    status_code=201,
    responses=NOT_THERE | IN_THE_WAY | TAKES_BODY,
    dependencies=[Depends(takes_json)],
)
def save_scenario(workspace: Mine, member: Analyst, asked: ScenarioRequest) -> Scenario:
    """Store a plan under a name."""
    return workspace.scenarios.save(asked.name, asked.plan(), requested_by=member.actor)


@router.get("/scenarios/compare", responses=READS | NOT_THERE)
def compare_scenarios(
    workspace: Mine,
    id: Annotated[list[UUID], Query(min_length=2, max_length=6, description="Named plans.")],
) -> ScenarioComparison:
    """Hold named plans against the first of them, priced by the current model."""
    return workspace.scenarios.compare([str(each) for each in id])


@router.get("/scenarios/{id:uuid}", responses=READS | NOT_THERE)
def read_scenario(workspace: Mine, id: UUID) -> Scenario:
    """Give one named plan."""
    return workspace.scenarios.get(str(id))


@router.delete(
    "/scenarios/{id:uuid}", status_code=204, responses=NOT_THERE, dependencies=[FOR_ANALYSTS]
)
def delete_scenario(workspace: Mine, id: UUID) -> Response:
    """Delete a named plan."""
    workspace.scenarios.delete(str(id))
    return Response(status_code=204)
