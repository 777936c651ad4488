"""Settings, for administrators: when the company's notebooks run by themselves."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from apportion.errors import ParameterError
from apportion.results.schedules import Schedule
from apportion.server import run_parts
from apportion.server.settings_pages import SettingsHandler
from apportion.views import theme
from apportion.views.parts import cards
from apportion.views.parts.icons import icon
from apportion.workspace.accounts import Administration
from apportion.workspace.notebooks import NAMES


class SchedulesHandler(SettingsHandler):
    """Each schedule: on or off, its time, its parameters; or as the installation has it."""

    template = "settings_schedules.html.j2"

    def actions(self) -> Mapping[str, Callable[[Administration], dict[str, str]]]:
        """Give the forms of this tab."""
        return {"change": self._change, "reset": self._reset}

    def look(self, administration: Administration) -> dict[str, Any]:
        """Give every schedule as it holds now."""
        return {
            "schedules": self.workspace.schedules.list(),
            "name_of": run_parts.name,
            "as_lines": as_lines,
        }

    def _change(self, administration: Administration) -> dict[str, str]:
        schedule = self.workspace.schedules.change(
            self.field("schedule"),
            enabled=bool(self.field("enabled")),
            cadence=" ".join(self.field("cadence").split()),
            parameters=from_lines(self.field("parameters")),
        )
        zone = self.member.tenant.timezone
        if schedule.next_due_at is None:
            return {"done": f"{run_parts.name(schedule.notebook)} is switched off."}
        due = theme.moment(schedule.next_due_at, zone)
        return {"done": f"Saved. {run_parts.name(schedule.notebook)} runs next {due}."}

    def _reset(self, administration: Administration) -> dict[str, str]:
        schedule = self.workspace.schedules.change(self.field("schedule"))
        return {"done": f"{run_parts.name(schedule.notebook)} runs as the installation has it."}


def next_card(schedules: Sequence[Schedule], zone: str, *, is_admin: bool) -> Markup:
    """Give what runs next by itself; nothing, if nothing does."""
    due = [schedule for schedule in schedules if schedule.next_due_at is not None]
    if not schedules:
        return Markup()
    items = cards.joined(
        Markup('<li>{}<span><b>{}</b></span><span class="end">{}</span></li>').format(
            icon(schedule.notebook if schedule.notebook in NAMES else "run", size=20),
            run_parts.name(schedule.notebook),
            theme.moment(schedule.next_due_at, zone) if schedule.next_due_at else "",
        )
        for schedule in sorted(due, key=lambda each: str(each.next_due_at))
    )
    off = len(schedules) - len(due)
    more = f"{theme.count(off, 'schedule')} switched off." if off else ""
    change = Markup(' <a href="/settings/schedules">Change the times</a>') if is_admin else Markup()
    return cards.card(
        cards.title("Next by themselves"),
        Markup('<ul class="ap-list">{}</ul>').format(items) if due else Markup(),
        Markup('<p class="ap-foot">{}{}</p>').format(more, change) if more or change else Markup(),
    )


def as_lines(parameters: Mapping[str, str]) -> str:
    """Give parameters as somebody types them: ``name = value``, one a line."""
    return "\n".join(f"{name} = {value}" for name, value in parameters.items())


def from_lines(text: str) -> dict[str, str]:
    """Read what :func:`as_lines` gives, or somebody has typed.

    Raises
    ------
    ParameterError
        If a line has no equals sign or no name.
    """
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise ParameterError(f"A parameter is a line 'name = value'; found {line[:80]!r}.")
        found[name.strip()] = value.strip()
    return found
