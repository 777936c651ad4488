"""Alerts: what somebody should look at now, and to whom it was told."""

import datetime as dt
from enum import StrEnum

from apportion.results.base import Result


class AlertEvent(StrEnum):
    """What an alert is about."""

    RUN_FAILED = "run_failed"
    MODEL_REFUSED = "model_refused"
    """A training ended, but its checks say that the model must not be believed."""
    MODEL_HELD_BACK = "model_held_back"
    """A version passed its checks, but jumps from the current one."""
    CRITICAL_ANOMALY = "critical_anomaly"
    TEST = "test"
    """Somebody asked whether alerts arrive."""


class TargetKind(StrEnum):
    """How somebody is told."""

    WEBHOOK = "webhook"
    EMAIL = "email"


class AlertTarget(Result):
    """Who is told of which events."""

    id: str
    kind: TargetKind
    address: str
    """An https address, or an e-mail address."""
    events: tuple[AlertEvent, ...]
    created_at: dt.datetime


class Alert(Result):
    """Something that somebody should look at."""

    id: str
    at: dt.datetime
    event: AlertEvent
    title: str
    message: str
    path: str = ""
    """The page that shows more, on this server."""
    delivered: int = 0
    """To how many targets."""
    waiting: int = 0
    """For how many it will be tried (again)."""
    problem: str = ""
    """Why it could not be delivered, the last time that it failed."""


class Delivery(Result):
    """One alert on its way to one target."""

    id: str
    alert: Alert
    target: AlertTarget
    attempts: int
