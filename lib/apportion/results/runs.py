"""A background run: one execution of a notebook for a tenant."""

import datetime as dt
from enum import StrEnum

from pydantic import Field, JsonValue

from apportion.results.base import Result


class RunStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    """Waits for a worker; also after its worker ended and before another takes it over."""
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Somebody ended it; nothing of it was stored."""

    @property
    def has_ended(self) -> bool:
        """Whether it stays as it is."""
        return self not in UNFINISHED


UNFINISHED = (RunStatus.QUEUED, RunStatus.RUNNING)


class RunOrigin(StrEnum):
    """Why a run was made."""

    PERSON = "person"
    """Somebody asked for it on a page or through the API."""
    SCHEDULE = "schedule"
    """It was due."""
    COMMAND = "command"
    """`apportion run`, or a notebook in JupyterLab."""


class ChainProgress(Result):
    """How far one chain of the sampler is."""

    chain: int
    """From 1."""
    draws: int
    """Done so far, with those for tuning."""
    total: int
    divergences: int = 0


class Run(Result):
    """What is known of a run; the executed notebook is its full record."""

    id: str
    kind: str
    """The notebook: journeys, mmm, incrementality or ai_insights."""
    status: RunStatus
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    origin: RunOrigin = RunOrigin.PERSON
    requested_by: str = ""
    """Who asked, by e-mail address or a token's name, or which schedule; empty: not known."""
    progress: float = 0.0
    """Between 0 and 1."""
    message: str = ""
    """What it is doing, or why it failed, in one sentence."""
    remaining_seconds: float | None = None
    """About how much longer it takes, from how long it has taken so far; null: cannot be told."""
    chains: tuple[ChainProgress, ...] = ()
    """While a sampler runs: how far each of its chains is."""
    attempt: int = 0
    """How often it was started: more than once when its worker ended, or after a passing fault."""
    created_at: dt.datetime
    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    output_path: str | None = Field(default=None, exclude=True)
    """Where the executed notebook is on the server: for its own use, and in no JSON."""
    faults: int = Field(default=0, exclude=True)
    """How many of its attempts failed by a passing fault."""
    worker: str | None = Field(default=None, exclude=True)
    """The worker that executes it; None: a process of its own does, or nobody yet."""


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
