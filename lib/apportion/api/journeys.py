"""Journeys: list and search, one of them, paths, credit per model, settings."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import ConfigDict

from apportion.api.members import Analyst
from apportion.api.negotiation import takes_json
from apportion.api.openapi import NOT_THERE, READS, TAKES_BODY
from apportion.api.workspaces import Mine
from apportion.errors import FieldError
from apportion.results.journeys import (
    AttributionSettings,
    Customer,
    CustomerJourney,
    JourneyList,
    JourneyResults,
    PathAnalysis,
    WindowDays,
)

MOST = 50
LONGEST = 200

router = APIRouter(prefix="/api/admin/attribution/journeys", tags=["Journeys"])

WINDOWS = {"7": 7, "14": 14, "28": 28, "30": 30}

Search = Annotated[
    str,
    Query(
        max_length=LONGEST,
        description="The beginning of an order id or of an e-mail address, whatever its capitals. "
        "Viewers, to whom addresses are masked, find one only by the whole address.",
    ),
]
Whose = Annotated[Customer | None, Query(description="Whose conversions; without it, everybody's.")]
Window = Annotated[
    Literal["7", "14", "28", "30"] | None,
    Query(description="Days to look back; without it, as the tenant has set."),
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
ConversionId = Annotated[str, Path(max_length=LONGEST, description="A `conversionId`.")]


class SettingsRequest(AttributionSettings):
    """How credit is to be shared out; what is not named is as it is by default."""

    model_config = ConfigDict(strict=True, validate_by_name=False)


@router.get("", responses=READS)
def list_journeys(
    workspace: Mine,
    search: Search = "",
    customer: Whose = None,
    window: Window = None,
    limit: Limit = MOST,
) -> JourneyList:
    """List the latest conversions with the journeys behind them: 50 at most.

    E-mail addresses are whole for analysts and masked for viewers.
    """
    _refuse_nul(search, "search")
    found = workspace.journeys.recent(search, customer, _days(window), limit)
    return JourneyList(journeys=found)


@router.get("/paths", responses=READS | NOT_THERE)
def read_paths(workspace: Mine, window: Window = None, customer: Whose = None) -> PathAnalysis:
    """Give the path analysis of the latest run: common paths, averages, path lengths."""
    return workspace.journeys.analysis(_days(window), customer).paths


@router.get("/credit", responses=READS | NOT_THERE)
def read_credit(workspace: Mine, window: Window = None, customer: Whose = None) -> JourneyResults:
    """Give the whole analysis of the latest run: paths, credit per model, what was trained."""
    return workspace.journeys.analysis(_days(window), customer)


@router.get("/settings", responses=READS)
def read_settings(workspace: Mine) -> AttributionSettings:
    """Give how credit is shared out."""
    return workspace.journeys.settings()


@router.put("/settings", responses=TAKES_BODY, dependencies=[Depends(takes_json)])
def change_settings(
    workspace: Mine, member: Analyst, asked: SettingsRequest
) -> AttributionSettings:
    """Set how credit is shared out; the analysis follows with its next run."""
    settings = AttributionSettings(**dict(asked))
    workspace.journeys.change_settings(settings)
    return settings


@router.get("/{id:path}", responses=READS | NOT_THERE)
def read_journey(workspace: Mine, id: ConversionId, window: Window = None) -> CustomerJourney:
    """Give one journey, by its `conversionId`."""
    _refuse_nul(id, "id")
    return workspace.journeys.journey(id, _days(window))


def _days(window: str | None) -> WindowDays | None:
    return None if window is None else WINDOWS[window]  # type: ignore[return-value]


def _refuse_nul(text: str, field: str) -> None:
    if "\0" in text:
        raise FieldError(field, found="a NUL character", allowed="text without one")
