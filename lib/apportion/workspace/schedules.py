"""One tenant's schedules: those of the installation, with what its administrators changed."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from apportion.errors import ApportionError, ConfigurationError, NotFoundError
from apportion.results.accounts import COMMAND_LINE, ActingMember, Actor
from apportion.results.schedules import CatchUp, Schedule
from apportion.store import TenantStore
from apportion.workspace.cadence import check_cadence, jitter, last_due, next_due
from apportion.workspace.notebooks import NOTEBOOKS, check_parameters, find_notebook

TOO_LATE = dt.timedelta(hours=1)
"""A time that is later by more is left out where the policy is to skip."""


class Entry(BaseModel):
    """One entry of ``schedule.toml``."""

    model_config = ConfigDict(extra="forbid")

    name: str
    notebook: str
    cadence: str
    parameters: dict[str, str] = Field(default_factory=dict)
    jitter_minutes: int = Field(default=0, ge=0)
    catch_up: CatchUp = CatchUp.ONCE
    enabled: bool = True

    @field_validator("notebook")
    @classmethod
    def _is_known(cls, notebook: str) -> str:
        if notebook not in NOTEBOOKS:
            raise ValueError(f"there is no notebook {notebook!r}; there is {', '.join(NOTEBOOKS)}")
        return notebook

    @field_validator("cadence")
    @classmethod
    def _is_cadence(cls, cadence: str) -> str:
        try:
            check_cadence(cadence)
        except ApportionError as error:
            raise ValueError(str(error)) from error
        return cadence


def read_schedules(path: Path) -> tuple[Entry, ...]:
    """Give the entries of ``schedule.toml``; a file that is not there has none.

    Raises
    ------
    ConfigurationError
        If an entry cannot be used: which, and why.
    """
    if not path.is_file():
        return ()
    try:
        found = tomllib.loads(path.read_text("utf-8")).get("schedule", [])
        entries = tuple(Entry.model_validate(entry) for entry in found)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigurationError(f"{path} cannot be used: {error}") from error
    names = [entry.name for entry in entries]
    if len(set(names)) < len(names):
        raise ConfigurationError(f"{path} cannot be used: two schedules have the same name.")
    return entries


class SchedulesWorkspace:
    """When the tenant's notebooks run by themselves."""

    def __init__(
        self, store: TenantStore, file: Path, notebooks: Path, member: ActingMember | None = None
    ) -> None:
        self._store = store
        self._file = file
        self._notebooks = notebooks
        self._member = member

    def list(self, at: dt.datetime | None = None) -> list[Schedule]:
        """Give every schedule as it holds for this tenant; `next_due_at` is after `at` (now)."""
        at = at or dt.datetime.now(dt.UTC)
        kept = self._store.schedules()
        return [self._schedule(entry, kept.get(entry.name), at) for entry in self._entries()]

    def change(
        self,
        name: str,
        *,
        enabled: bool | None = None,
        cadence: str | None = None,
        parameters: Mapping[str, str] | None = None,
        requested_by: Actor | None = None,
    ) -> Schedule:
        """Let this tenant have a schedule otherwise; None: as the installation has it.

        What is given here is all that is changed: a call without any takes every change back.

        Raises
        ------
        NotFoundError
            If there is no such schedule.
        FieldError, ParameterError
            If the cadence is none, or the notebook has no such parameter. Nothing was changed.
        ForbiddenError
            If the member is no administrator.
        """
        entry = self._entry(name)
        if cadence is not None:
            check_cadence(cadence)
        if parameters is not None:
            check_parameters(find_notebook(self._notebooks, entry.notebook), parameters)
        at = dt.datetime.now(dt.UTC)
        # What was due under the old times is over; the new ones count from now on.
        self._store.change_schedule(
            name,
            enabled=enabled,
            cadence=cadence,
            parameters=parameters,
            at=at,
            by=requested_by or self._actor,
        )
        return self._schedule(entry, self._store.schedules()[name], at)

    def start_due(self, at: dt.datetime | None = None) -> tuple[str, ...]:
        """Ask for every run that is due; give their ids.

        Several processes may do so at the same time: each time is seen to once. A schedule that
        is new, or was changed, starts with its next time.
        """
        at = at or dt.datetime.now(dt.UTC)
        kept = self._store.schedules()
        started = []
        for entry in self._entries():
            run_id = self._see_to(entry, kept.get(entry.name), at)
            if run_id is not None:
                started.append(run_id)
        return tuple(started)

    def _see_to(self, entry: Entry, row: Any, at: dt.datetime) -> str | None:
        schedule = self._schedule(entry, row, at)
        if not schedule.enabled:
            return None
        due = last_due(schedule.cadence, schedule.timezone, at, self._later(entry))
        before = schedule.last_due_at
        changed = schedule.changed_at
        is_new = before is None or (changed is not None and before < changed and due < changed)
        if before is not None and due <= before:
            return None
        message = ""
        parameters: dict[str, Any] | None = None
        if is_new:
            pass
        elif entry.catch_up is CatchUp.SKIP and at - due > TOO_LATE:
            message = f"It was left out: no worker was there at {due:%Y-%m-%d %H:%M} UTC."
        else:
            try:
                notebook = find_notebook(self._notebooks, entry.notebook)
                parameters = check_parameters(notebook, schedule.parameters)
            except ApportionError as error:
                message = str(error)
        return self._store.see_to_schedule(
            entry.name,
            due,
            before=before,
            kind=entry.notebook,
            parameters=parameters,
            message=message,
        )

    def _schedule(self, entry: Entry, row: Any, at: dt.datetime) -> Schedule:
        def chosen(name: str) -> Any:
            value = None if row is None else getattr(row, name)
            return getattr(entry, name) if value is None else value

        timezone = self._store.tenant.timezone
        enabled, cadence = chosen("enabled"), chosen("cadence")
        changes = (row.enabled, row.cadence, row.parameters) if row is not None else ()
        return Schedule(
            name=entry.name,
            notebook=entry.notebook,
            cadence=cadence,
            timezone=timezone,
            parameters=chosen("parameters"),
            enabled=enabled,
            jitter_minutes=entry.jitter_minutes,
            catch_up=entry.catch_up,
            is_changed=any(change is not None for change in changes),
            changed_by="" if row is None else row.changed_by or "",
            changed_at=None if row is None else row.changed_at,
            last_due_at=None if row is None else row.due_at,
            last_run_id=None if row is None or row.run_id is None else str(row.run_id),
            next_due_at=next_due(cadence, timezone, at, self._later(entry)) if enabled else None,
            message="" if row is None else row.message,
        )

    def _later(self, entry: Entry) -> dt.timedelta:
        return jitter(str(self._store.tenant.id), entry.name, entry.jitter_minutes)

    def _entries(self) -> tuple[Entry, ...]:
        there = {path.stem for path in self._notebooks.glob("*.ipynb")}
        return tuple(entry for entry in read_schedules(self._file) if entry.notebook in there)

    def _entry(self, name: str) -> Entry:
        for entry in self._entries():
            if entry.name == name:
                return entry
        raise NotFoundError(f"There is no schedule {name!r}.")

    @property
    def _actor(self) -> Actor:
        if self._member is None:
            return COMMAND_LINE
        return Actor(name=self._member.name, user_id=self._member.id)
