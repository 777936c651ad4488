"""What is entered of a new experiment."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from apportion.errors import FieldError
from apportion.results.calibration import Direction
from apportion.results.experiment_design import (
    DesignSearch,
    DrawnDesign,
    ExperimentCheck,
    PowerCheck,
    RankedSet,
)
from apportion.results.incrementality import IncrementalityExperiment, NewExperiment, Platform

TEST, CONTROL, OUT = "test", "control", "out"
_NEXT = {CONTROL: TEST, TEST: OUT, OUT: CONTROL}
DEFAULT_DAYS = 28


@dataclass(frozen=True)
class Entered:
    """What the dialog holds; texts as they were typed."""

    texts: Mapping[str, str]
    roles: Mapping[str, str]
    """Region to test, control or out."""
    draft_id: str = ""
    """The draft that is being changed; empty: a new one."""
    design: DrawnDesign | None = None


@dataclass(frozen=True)
class Assessment:
    """What is known of what was entered."""

    power: PowerCheck | None = None
    checks: tuple[ExperimentCheck, ...] = ()
    error: FieldError | None = None
    message: str = ""


@dataclass(frozen=True)
class Choices:
    """What can be chosen from."""

    regions: tuple[str, ...]
    metrics: tuple[str, ...]
    channels: tuple[str, ...]
    search: DesignSearch | None = None
    sets: tuple[RankedSet, ...] = ()
    """Of the option that was looked at."""
    ranked: int = 0
    """Which option that is."""
    progress: str = ""


@dataclass(frozen=True)
class Form:
    """The dialog."""

    entered: Entered
    choices: Choices
    assessment: Assessment = field(default_factory=Assessment)
    currency: str = ""


def blank(regions: Sequence[str], start: dt.date, baseline: int) -> Entered:
    """Give a new experiment with every region as control."""
    end = start + dt.timedelta(days=DEFAULT_DAYS - 1)
    texts = {
        "name": "",
        "platform": "meta",
        "direction": "on",
        "metric": "revenue",
        "channel": "",
        "start": start.isoformat(),
        "end": end.isoformat(),
        "baseline": str(baseline),
        "budget": "",
        "effect": "5",
        "margin": "100",
        "looks": "false",
        "forced": "",
        "excluded": "",
    }
    return Entered(texts, dict.fromkeys(regions, CONTROL))


def of_draft(draft: IncrementalityExperiment, regions: Sequence[str]) -> Entered:
    """Give a draft as it was entered."""
    roles = dict.fromkeys((*regions, *draft.test_regions, *draft.control_regions), OUT)
    roles |= dict.fromkeys(draft.test_regions, TEST)
    roles |= dict.fromkeys(draft.control_regions, CONTROL)
    texts = {
        "name": draft.name,
        "platform": str(draft.platform),
        "direction": str(draft.direction),
        "metric": draft.metric,
        "channel": draft.channel,
        "start": draft.start_date.isoformat(),
        "end": draft.end_date.isoformat(),
        "baseline": str(draft.pre_test_days),
        "budget": "" if draft.budget_estimate is None else f"{draft.budget_estimate:g}",
        "effect": f"{draft.minimum_effect_percent:g}",
        "margin": f"{100 * draft.margin:g}",
        "looks": str(draft.weekly_looks).lower(),
        "forced": "",
        "excluded": "",
    }
    return Entered(texts, roles, draft.id, draft.design)


def toggled(entered: Entered, region: str) -> Entered:
    """Give it with a region in its next role: control, test, no part."""
    roles = {**entered.roles, region: _NEXT[entered.roles.get(region, OUT)]}
    return replace(entered, roles=roles, design=None)


def with_design(entered: Entered, drawn: DrawnDesign) -> Entered:
    """Give it with the regions and the length of a drawn design."""
    changed = {drawn.regions[place] for place in drawn.pool[drawn.drawn]}
    return replace(_with_changed(entered, drawn.regions, changed, drawn.days), design=drawn)


def with_set(
    entered: Entered, regions: Sequence[str], changed: Sequence[str], days: int
) -> Entered:
    """Give it with a named set of changed regions."""
    return replace(_with_changed(entered, regions, set(changed), days), design=None)


def _with_changed(
    entered: Entered, regions: Sequence[str], changed: set[str], days: int
) -> Entered:
    is_on = entered.texts["direction"] == "on"
    own, others = (TEST, CONTROL) if is_on else (CONTROL, TEST)
    roles = dict.fromkeys(entered.roles, OUT)
    roles |= {region: own if region in changed else others for region in regions}
    end = _date(entered, "start") + dt.timedelta(days=days - 1)
    return replace(entered, roles=roles, texts={**entered.texts, "end": end.isoformat()})


def experiment_of(entered: Entered) -> NewExperiment:
    """Give what was entered as an experiment.

    Raises
    ------
    FieldError
        If a text is no date or number.
    """
    texts = entered.texts
    return NewExperiment(
        name=texts["name"] or "New experiment",
        platform=Platform(texts["platform"]),
        test_regions=of_role(entered, TEST),
        control_regions=of_role(entered, CONTROL),
        start_date=_date(entered, "start"),
        end_date=_date(entered, "end"),
        pre_test_days=round(_number(entered, "baseline")),
        budget_estimate=_number(entered, "budget") if texts["budget"].strip() else None,
        direction=Direction(texts["direction"]),
        metric=texts["metric"],
        channel=texts["channel"],
        minimum_effect_percent=_number(entered, "effect"),
        margin=_number(entered, "margin") / 100,
        weekly_looks=texts["looks"] == "true",
        design=entered.design,
    )


def named(text: str) -> list[str]:
    """Give the names in a comma-separated text."""
    return [name.strip() for name in text.split(",") if name.strip()]


def of_role(entered: Entered, role: str) -> tuple[str, ...]:
    """Give the regions of a role."""
    return tuple(sorted(region for region, own in entered.roles.items() if own == role))


def _date(entered: Entered, name: str) -> dt.date:
    text = entered.texts[name]
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise FieldError(name, found=text or "nothing", allowed="a date") from error


def _number(entered: Entered, name: str) -> float:
    text = entered.texts[name].strip().replace(",", "").removesuffix("%")
    try:
        value = float(text)
    except ValueError as error:
        raise FieldError(name, found=text or "nothing", allowed="a number") from error
    if value != value or abs(value) > 1e12:
        raise FieldError(name, found=text, allowed="a number")
    return value
