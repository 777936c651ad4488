"""Background runs."""

from uuid import UUID

from fastapi import APIRouter

from apportion.api.members import Analyst
from apportion.api.openapi import IN_THE_WAY, NOT_THERE, READS
from apportion.api.paging import Cursor, Limit, first, unknown_cursor
from apportion.api.workspaces import Mine
from apportion.errors import NotFoundError
from apportion.results.base import Result
from apportion.results.runs import Run

router = APIRouter(prefix="/api/admin/attribution/runs", tags=["Runs"])


class RunPage(Result):
    """Runs, newest first."""

    runs: tuple[Run, ...]
    next_cursor: str | None
    """Ask with it for the next page; null: there is none."""


@router.get("", responses=READS)
def list_runs(workspace: Mine, limit: Limit = 50, cursor: Cursor = None) -> RunPage:
    """List the runs, newest first."""
    try:
        rows = workspace.runs.list(limit + 1, after=cursor)
    except NotFoundError as error:
        raise unknown_cursor(cursor or "") from error
    page, last = first(rows, limit)
    return RunPage(runs=page, next_cursor=None if last is None else last.id)


@router.get("/{id}", responses=READS | NOT_THERE)
def read_run(workspace: Mine, id: UUID) -> Run:
    """Give one run: what it does, how far it is, how it ended."""
    return workspace.runs.get(str(id))


@router.post("/{id}/cancel", responses=NOT_THERE | IN_THE_WAY)
def cancel_run(workspace: Mine, member: Analyst, id: UUID) -> Run:
    """End a run that waits or runs; nothing of it will be stored."""
    return workspace.runs.cancel(str(id), requested_by=member.actor)
