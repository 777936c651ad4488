"""AI insights: read those of a range, have them found anew."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict

from apportion.api.members import Analyst
from apportion.api.negotiation import takes_json
from apportion.api.openapi import IN_THE_WAY, NOT_THERE, READS, TAKES_BODY
from apportion.api.workspaces import Mine
from apportion.errors import NotEnoughDataError, NotFoundError
from apportion.results.base import Result
from apportion.results.insights import AIInsightsData

router = APIRouter(prefix="/api/admin/attribution/ai-insights", tags=["AI insights"])

Start = Annotated[
    dt.date | None, Query(description="The first day; without it, 30 days that end with `end`.")
]
End = Annotated[dt.date | None, Query(description="The last day; without it, that of the data.")]


class InsightsRequest(Result):
    """Which days; without them, the last 30 days of data."""

    model_config = ConfigDict(validate_by_name=False)

    start: dt.date | None = None
    end: dt.date | None = None


class RequestedRun(Result):
    """The run that will find them."""

    run_id: str


@router.get("", responses=READS | NOT_THERE)
def read_insights(workspace: Mine, start: Start = None, end: End = None) -> AIInsightsData:
    """Give the insights of a range of days.

    Stored ones if there are any that no import has overtaken; otherwise they are found now, told by
    rules and not stored.
    """
    try:
        return workspace.insights.show(start, end)
    except NotEnoughDataError as error:
        raise NotFoundError(str(error)) from error


@router.post(
    "/generate",
    status_code=202,
    responses=IN_THE_WAY | TAKES_BODY | NOT_THERE,
    dependencies=[Depends(takes_json)],
)
def generate_insights(
    workspace: Mine, member: Analyst, asked: InsightsRequest | None = None
) -> RequestedRun:
    """Have the insights of a range found, told and stored anew, in the background."""
    days = asked or InsightsRequest()
    try:
        run = workspace.insights.request(days.start, days.end, requested_by=member.actor)
    except NotEnoughDataError as error:
        raise NotFoundError(str(error)) from error
    return RequestedRun(run_id=run.id)
