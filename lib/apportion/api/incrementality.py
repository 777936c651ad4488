"""Geo experiments: plan, start, follow, read out."""

import datetime as dt
import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from apportion.api.members import Analyst
from apportion.api.negotiation import takes_json
from apportion.api.openapi import IN_THE_WAY, NOT_THERE, READS, TAKES_BODY
from apportion.api.workspaces import Mine
from apportion.errors import FieldError
from apportion.results.base import Result
from apportion.results.calibration import Direction
from apportion.results.experiment_design import DesignSearch, DrawnDesign
from apportion.results.incrementality import (
    Certificate,
    ExperimentList,
    ExperimentStatus,
    IncrementalityExperiment,
    Monitoring,
    NewExperiment,
    Platform,
)
from apportion.workspace.experiment_fields import check_dates

LONGEST = 200
LONGEST_REASON = 500
MOST_REGIONS = 1000

router = APIRouter(prefix="/api/admin/attribution/incrementality", tags=["Incrementality"])

Text = Annotated[str, Field(strict=True, max_length=LONGEST)]
Reason = Annotated[str, Field(strict=True, max_length=LONGEST_REASON)]
Regions = Annotated[tuple[Text, ...], Field(max_length=MOST_REGIONS)]
Number = Annotated[float, Field(strict=True)]
Days = Annotated[int, Field(strict=True, ge=1, le=3650)]
Seed = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
Flag = Annotated[bool, Field(strict=True)]


def _as_drawn(value: object) -> object:
    """Take a design only as it was drawn: no part of it is converted."""
    if value is None or isinstance(value, DrawnDesign):
        return value
    try:
        return DrawnDesign.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise ValueError("a design as `designs/draw` gives it") from error


Design = Annotated[DrawnDesign | None, BeforeValidator(_as_drawn)]


class ExperimentRequest(NewExperiment):
    """What a new experiment is made of."""

    model_config = ConfigDict(validate_by_name=False)

    name: Text
    test_regions: Regions
    control_regions: Regions
    pre_test_days: Days | None = None
    """Without it, all history before the start, up to 90 days."""
    budget_estimate: Number | None = None
    metric: Text = "revenue"
    channel: Text = ""
    """Whose spend changes, as the spend data name it; empty: the platform."""
    minimum_effect_percent: Number = 5.0
    margin: Number = 1.0
    weekly_looks: Flag = False
    design: Design = None


class ExperimentChange(Result):
    """What is to change: fields of a draft, or the status."""

    model_config = ConfigDict(validate_by_name=False)

    name: Text | None = None
    platform: Platform | None = None
    test_regions: Regions | None = None
    control_regions: Regions | None = None
    start_date: dt.date | None = None
    end_date: dt.date | None = None
    pre_test_days: Days | None = None
    budget_estimate: Number | None = None
    direction: Direction | None = None
    metric: Text | None = None
    channel: Text | None = None
    minimum_effect_percent: Number | None = None
    margin: Number | None = None
    weekly_looks: Flag | None = None
    design: Design = None
    status: ExperimentStatus | None = None
    """running starts a draft, completed reads a running experiment out, cancelled ends either."""
    override_reason: Reason = ""
    """Why it is started without 80 % power; the read-out carries it."""
    reason: Reason = ""
    """Why it is cancelled."""


class DesignRequest(Result):
    """For what test a design is wanted."""

    model_config = ConfigDict(validate_by_name=False)

    start_date: dt.date
    direction: Direction = Direction.ON
    metric: Text = "revenue"
    channel: Text = "meta"
    minimum_effect_percent: Annotated[float, Field(strict=True, gt=0, le=100)] = 5.0
    spend_factor: Annotated[float, Field(strict=True, ge=0, le=100)] | None = None
    """Spend in the changed regions over the usual one; without it 2 (on) or 0 (off)."""
    forced: Regions = ()
    """Regions that must be changed."""
    excluded: Regions = ()
    """Regions that must not be changed; they still stand for the others."""
    seed: Seed = 1


class DrawRequest(DesignRequest):
    """Which of the designs is to be drawn."""

    size: Annotated[int, Field(strict=True, ge=1, le=MOST_REGIONS)]
    days: Days
    draw_seed: Seed
    """Decides which set of the pool is drawn; kept in the experiment's design."""


@router.get("", responses=READS)
def list_experiments(workspace: Mine) -> ExperimentList:
    """List the experiments, the latest test first."""
    return ExperimentList(experiments=tuple(workspace.experiments.list()))


@router.post("", status_code=201, responses=TAKES_BODY, dependencies=[Depends(takes_json)])
def create_experiment(
    workspace: Mine, member: Analyst, asked: ExperimentRequest
) -> IncrementalityExperiment:
    """Store a draft, with its power and what speaks against it."""
    return workspace.experiments.create(asked)


@router.post("/designs", responses=NOT_THERE | TAKES_BODY, dependencies=[Depends(takes_json)])
def find_designs(workspace: Mine, asked: DesignRequest) -> DesignSearch:
    """Compare numbers of regions and lengths by replaying history. Nothing is stored."""
    check_dates(asked.start_date)
    return workspace.experiments.designs.find(
        start=asked.start_date,
        direction=asked.direction,
        metric=asked.metric,
        channel=asked.channel,
        minimum_effect_percent=asked.minimum_effect_percent,
        spend_factor=asked.spend_factor,
        seed=asked.seed,
        forced=asked.forced,
        excluded=asked.excluded,
    )


@router.post("/designs/draw", responses=NOT_THERE | TAKES_BODY, dependencies=[Depends(takes_json)])
def draw_design(workspace: Mine, asked: DrawRequest) -> DrawnDesign:
    """Draw the regions of a design at random; give them and the draw to a new experiment."""
    found = find_designs(workspace, asked)
    option = next(
        (each for each in found.options if (each.size, each.days) == (asked.size, asked.days)), None
    )
    if option is None:
        there = ", ".join(f"{each.size} regions in {each.days} days" for each in found.options)
        raise FieldError("size", found=f"{asked.size} in {asked.days} days", allowed=there)
    return workspace.experiments.designs.draw(
        found,
        option,
        start=asked.start_date,
        draw_seed=asked.draw_seed,
        forced=asked.forced,
        excluded=asked.excluded,
    )


@router.get("/{id:uuid}", responses=READS | NOT_THERE)
def read_experiment(workspace: Mine, id: UUID) -> IncrementalityExperiment:
    """Give one experiment, with its read-out if it is completed."""
    return workspace.experiments.get(str(id))


@router.put(
    "/{id:uuid}",
    responses=NOT_THERE | IN_THE_WAY | TAKES_BODY,
    dependencies=[Depends(takes_json)],
)
def change_experiment(
    workspace: Mine, member: Analyst, id: UUID, asked: ExperimentChange
) -> IncrementalityExperiment:
    """Change fields of a draft, or the status of an experiment; fields first."""
    experiments = workspace.experiments
    found = experiments.get(str(id))
    changed = asked.model_dump(
        exclude={"status", "override_reason", "reason"},
        exclude_unset=True,
        by_alias=False,
    )
    if changed:
        fields = {name: getattr(found, name) for name in NewExperiment.model_fields}
        given = {name: getattr(asked, name) for name in changed}
        found = experiments.change(found.id, _checked({**fields, **given}))
    match asked.status:
        case None | found.status:
            return found
        case ExperimentStatus.RUNNING:
            return experiments.start(found.id, override_reason=asked.override_reason)
        case ExperimentStatus.COMPLETED:
            return experiments.read_out(found.id)
        case ExperimentStatus.CANCELLED:
            return experiments.cancel(found.id, reason=asked.reason)
        case _:
            raise FieldError(
                "status", found=asked.status, allowed="running, completed or cancelled"
            )


def _checked(fields: dict[str, object]) -> NewExperiment:
    try:
        return NewExperiment.model_validate(fields)
    except ValidationError as error:
        wrong = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(wrong) from error


@router.delete("/{id:uuid}", status_code=204, responses=NOT_THERE)
def delete_experiment(workspace: Mine, member: Analyst, id: UUID) -> None:
    """Delete an experiment with its read-out."""
    workspace.experiments.delete(str(id))


@router.get("/{id:uuid}/certificate", responses=READS | NOT_THERE)
def read_certificate(workspace: Mine, id: UUID) -> Certificate:
    """Give everything that the read-out was computed from, to compute it again."""
    return workspace.experiments.certificate(str(id))


@router.get("/{id:uuid}/monitoring", responses=READS | NOT_THERE)
def read_monitoring(workspace: Mine, id: UUID) -> Monitoring:
    """Give how an experiment goes: trajectory and data quality, and no verdict."""
    return workspace.experiments.monitor(str(id))
