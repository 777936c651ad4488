"""Source data."""

from fastapi import APIRouter

from apportion.api.openapi import READS
from apportion.api.workspaces import Mine
from apportion.results.data import DataCoverage

router = APIRouter(prefix="/api/admin/data", tags=["Data"])


@router.get("", responses=READS)
def read_coverage(workspace: Mine) -> DataCoverage:
    """Give how many rows of each dataset there are, from which day to which."""
    return workspace.data.coverage()
