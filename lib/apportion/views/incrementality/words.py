"""How an experiment is spoken of: status, verdict, amounts."""

import datetime as dt

from markupsafe import Markup

from apportion.results.base import Interval
from apportion.results.incrementality import (
    Action,
    ExperimentResults,
    ExperimentStatus,
    IncrementalityExperiment,
)
from apportion.views import theme
from apportion.views.channels import channel_look
from apportion.views.parts import cards
from apportion.views.parts.cards import Tone

_STATUS: dict[ExperimentStatus, tuple[str, Tone, str]] = {
    ExperimentStatus.DRAFT: ("Draft", "", "draft"),
    ExperimentStatus.RUNNING: ("Running", "info", "run"),
    ExperimentStatus.COMPLETED: ("Completed", "good", "ok"),
    ExperimentStatus.CANCELLED: ("Cancelled", "", "stop"),
}
_ACTIONS = {
    Action.SCALE: "Scale",
    Action.HOLD: "Hold",
    Action.CUT: "Cut",
    Action.REPEAT: "Repeat the test",
}
ACTION_TONES: dict[Action, Tone] = {
    Action.SCALE: "good",
    Action.HOLD: "good",
    Action.CUT: "bad",
    Action.REPEAT: "warn",
}


def status_chip(status: ExperimentStatus) -> Markup:
    """Give the status with its icon."""
    return cards.chip(*_STATUS[status])


def signed_percent(value: float) -> str:
    """Give a lift: +8.2%, −3.1%."""
    text = theme.percent(value, 1)
    return f"+{text}" if value > 0 else text


def lift_span(interval: Interval) -> str:
    """Give both ends of a lift."""
    return theme.span(interval, signed_percent)


def verdict(results: ExperimentResults, minimum_effect: float) -> tuple[str, Tone]:
    """Give what the test says in two or three words."""
    lift = results.incremental_lift_percent
    if any(check.code == "compliance" for check in results.checks):
        return "Not a test", "warn"
    if results.is_significant:
        return ("Real lift", "good") if lift > 0 else ("Real drop", "bad")
    if results.confidence_interval.upper < minimum_effect:
        return "No lift seen", ""
    return "Cannot tell", "warn"


def action_name(action: Action) -> str:
    """Give the action as a heading."""
    return _ACTIONS[action]


def channel_name(experiment: IncrementalityExperiment) -> str:
    """Give the name of the channel that is tested."""
    return channel_look(experiment.channel or experiment.platform).name


def period(experiment: IncrementalityExperiment) -> str:
    """Give the test's first and last day."""
    return f"{short_day(experiment.start_date, experiment.end_date)} to {day(experiment.end_date)}"


def day(date: dt.date) -> str:
    """Give a date with a short month: 12 Oct 2026."""
    return f"{date.day} {date:%b %Y}"


def short_day(date: dt.date, other: dt.date) -> str:
    """Give a date, without its year if the other has the same."""
    return f"{date.day} {date:%b}" if date.year == other.year else day(date)


def amount(value: float, metric: str, currency: str) -> str:
    """Give an amount of a metric: money for revenue, a number for others."""
    return theme.money(value, currency) if metric == "revenue" else theme.number(value)


def one_in(p_value: float) -> str:
    """Say a p-value in words."""
    if p_value >= 0.5:
        return "Without any effect, most tests look like this"
    return f"Without any effect, 1 test in {round(1 / max(p_value, 1e-9)):,} looks like this"
