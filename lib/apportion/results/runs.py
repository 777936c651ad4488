"""A background run: one execution of a notebook for a tenant."""

import datetime as dt
from enum import StrEnum

from pydantic import Field, JsonValue

from apportion.results.base import Result


class RunStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Run(Result):
    """What is known of a run; the executed notebook is its full record."""

    id: str
    kind: str
    """The notebook: journeys, mmm, incrementality or ai_insights."""
    status: RunStatus
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    progress: float = 0.0
    """Between 0 and 1."""
    message: str = ""
    """What it is doing, or why it failed, in one sentence."""
    created_at: dt.datetime
    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    output_path: str | None = Field(default=None, exclude=True)
    """Where the executed notebook is on the server: for its own use, and in no JSON."""


class LogLevel(StrEnum):
    """How much a line of a log matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogLine(Result):
    """One line of a run's log."""

    at: dt.datetime
    level: LogLevel
    message: str
