"""The media mix model: results, versions, training, budget."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict, Field

from apportion.api.members import Analyst
from apportion.api.negotiation import takes_json
from apportion.api.openapi import IN_THE_WAY, NOT_THERE, READS, TAKES_BODY
from apportion.api.paging import Cursor, Limit, first, unknown_cursor
from apportion.api.workspaces import Mine
from apportion.results.base import Result
from apportion.results.mmm import (
    BudgetPlan,
    MMMResults,
    ModelStatus,
    ModelVersion,
    Objective,
    Risk,
    SpendBounds,
)

HIGHEST_VERSION = 2**31 - 1

router = APIRouter(prefix="/api/admin/attribution/mmm", tags=["Media mix model"])

Version = Annotated[
    int | None, Query(ge=1, le=HIGHEST_VERSION, description="A version; without it, the current.")
]
Amount = Annotated[float, Field(ge=0)]


class Bounds(SpendBounds):
    """The least and the most that a channel may get a week."""

    model_config = ConfigDict(strict=True)

    min: Amount | None = None
    max: Amount | None = None


class BudgetRequest(Result):
    """What is to be split."""

    model_config = ConfigDict(strict=True, validate_by_name=False)

    total_budget: Annotated[float, Field(gt=0)] | None = None
    """What is to be spent in a week, all of it; null where the objective seeks the total."""
    bounds: dict[str, Bounds] = Field(default_factory=dict)
    """By channel; a channel that is not named keeps to 0.5 to 1.5 times its share."""
    objective: Annotated[Objective, Field(strict=False)] = Objective.MOST_REVENUE
    """What the budget is to reach."""
    target: Annotated[float, Field(gt=0)] | None = None
    """For a target ROI the return, for a target CPA the cost per unit, for the least budget the
    revenue a week; null for the most revenue."""
    risk: Annotated[Risk, Field(strict=False)] = Risk.MEAN
    """Whether the mean is to be good, or the mean of the worst quarter of what is possible."""


class TrainingRequest(Result):
    """What a model is to be trained on."""

    model_config = ConfigDict(strict=True, validate_by_name=False)

    channels: str | list[str] = ""
    """Names, or one comma-separated text; without it, every channel with enough spend."""
    start: Annotated[dt.date, Field(strict=False)] | None = None
    """First training day; without it, four years before the last week."""
    end: Annotated[dt.date, Field(strict=False)] | None = None
    """Last training day; without it, the latest complete week."""


class TrainingAnswer(Result):
    """A version that will be trained."""

    model_id: str
    status: ModelStatus
    run_id: str


class VersionPage(Result):
    """Versions, newest first."""

    versions: tuple[ModelVersion, ...]
    next_cursor: str | None
    """Ask with it for the next page; null: there is none."""


@router.get("", responses=READS | NOT_THERE)
def read_model(workspace: Mine, version: Version = None) -> MMMResults:
    """Give the current model, or one version.

    While a newer version is being trained, `training` says how far it is. Without a completed
    version it is the newest, with the reason if it failed.
    """
    return workspace.mmm.latest() if version is None else workspace.mmm.version(version)


@router.get("/versions", responses=READS)
def list_versions(workspace: Mine, limit: Limit = 50, cursor: Cursor = None) -> VersionPage:
    """List the versions, newest first."""
    rows = workspace.mmm.versions(limit + 1, before=_version(cursor))
    page, last = first(rows, limit)
    return VersionPage(versions=page, next_cursor=None if last is None else str(last.version))


@router.post(
    "/run",
    status_code=202,
    responses=IN_THE_WAY | TAKES_BODY,
    dependencies=[Depends(takes_json)],
)
def train_model(workspace: Mine, member: Analyst, asked: TrainingRequest) -> TrainingAnswer:
    """Ask for a training in the background; follow it as `GET …/runs/{runId}`.

    While one waits or runs, the answer is 409 with its `modelId`.
    """
    run = workspace.mmm.request(asked.channels, asked.start, asked.end, requested_by=member.actor)
    return TrainingAnswer(model_id=run.id, run_id=run.id, status=ModelStatus.DRAFT)


@router.post("/optimize", responses=NOT_THERE | TAKES_BODY, dependencies=[Depends(takes_json)])
def optimize_budget(workspace: Mine, asked: BudgetRequest) -> BudgetPlan:
    """Split a week's budget by what the current model expects.

    For the most revenue of a given total, for the largest total with a target ROI or CPA, or for
    the least total that brings a goal. Nothing is stored or changed.
    """
    return workspace.mmm.optimise(
        asked.total_budget,
        asked.bounds,
        objective=asked.objective,
        target=asked.target,
        risk=asked.risk,
    )


def _version(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and 1 <= int(cursor) <= HIGHEST_VERSION):
        raise unknown_cursor(cursor)
    return int(cursor)
