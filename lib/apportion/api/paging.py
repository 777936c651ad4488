"""Lists that can grow: a page at a time, newest first."""

from typing import Annotated

from fastapi import Query

from apportion.errors import FieldError

LONGEST_PAGE = 100
LONGEST_CURSOR = 64

Limit = Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="How many at most.")]
Cursor = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=LONGEST_CURSOR,
        description="`nextCursor` of the page before; without it, the first page.",
    ),
]


def unknown_cursor(found: str) -> FieldError:
    """Give the error for a cursor that no page of this list has given."""
    return FieldError("cursor", found=found, allowed="the nextCursor of a page of this list")


def first[Row](rows: list[Row], limit: int) -> tuple[tuple[Row, ...], Row | None]:
    """Split `limit` + 1 rows into a page and its last row, if another page follows it."""
    page = tuple(rows[:limit])
    return page, page[-1] if len(rows) > limit else None
