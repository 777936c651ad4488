"""The life cycle of model versions: compare, make current, back-test."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import ConfigDict

from apportion.api.members import at_least
from apportion.api.mmm import HIGHEST_VERSION
from apportion.api.negotiation import takes_json
from apportion.api.openapi import IN_THE_WAY, NOT_THERE, READS, TAKES_BODY
from apportion.api.workspaces import Mine
from apportion.results.accounts import Role
from apportion.results.backtest import BackTest
from apportion.results.base import Result
from apportion.results.comparison import VersionComparison
from apportion.results.mmm import MMMResults

router = APIRouter(prefix="/api/admin/attribution/mmm", tags=["Model versions"])

Compared = Annotated[int, Query(ge=1, le=HIGHEST_VERSION, description="A completed version.")]
Version = Annotated[int, Path(ge=1, le=HIGHEST_VERSION)]
FOR_ANALYSTS = Depends(at_least(Role.ANALYST))


class Reason(Result):
    """Why a version is made current."""

    model_config = ConfigDict(strict=True, validate_by_name=False)

    reason: str
    """1 to 500 characters; the audit trail keeps them."""


class BackTests(Result):
    """How far each version was off, the newest version first, then by the last week measured."""

    backtests: tuple[BackTest, ...]


@router.get("/compare", responses=READS | NOT_THERE)
def compare_versions(workspace: Mine, before: Compared, after: Compared) -> VersionComparison:
    """Hold two versions against each other, and say whether the later is a wild jump."""
    return workspace.versions.compare(before, after)


@router.post(
    "/versions/{version}/current",
    responses=NOT_THERE | IN_THE_WAY | TAKES_BODY,
    dependencies=[Depends(takes_json), FOR_ANALYSTS],
)
def make_version_current(workspace: Mine, version: Version, asked: Reason) -> MMMResults:
    """Make a version current: one that was held back, or an earlier one. It is audited."""
    return workspace.versions.make_current(version, reason=asked.reason)


@router.get("/backtests", responses=READS)
def list_backtests(workspace: Mine) -> BackTests:
    """List what was measured of the versions against the weeks after their data."""
    return BackTests(backtests=tuple(workspace.versions.backtests()))


@router.post("/backtests", dependencies=[FOR_ANALYSTS])
def measure_versions(workspace: Mine) -> BackTests:
    """Measure the newest versions against the data as they are now; give the new measurements."""
    return BackTests(backtests=tuple(workspace.versions.measure()))
