"""What a person knows of each channel, told in words; and which experiments calibrate the model."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets as widgets
import traitlets
from pydantic import ValidationError

from apportion.errors import ApportionError
from apportion.results.calibration import LiftSource
from apportion.results.mmm_settings import (
    BudgetSetting,
    CarryOver,
    ChannelSettings,
    MMMSettings,
    PriorImplication,
)
from apportion.views import theme
from apportion.views.channels import channel_looks
from apportion.views.mmm.elsewhere import LiftTestForm
from apportion.views.parts import cards
from apportion.views.parts.boxes import html, stack
from apportion.views.parts.elements import module
from apportion.views.parts.icons import ICONS

if TYPE_CHECKING:
    from apportion.workspace import Workspace
    from apportion.workspace.mmm_data import BeforeTraining

_HERE = Path(__file__)
_BUDGETS = [
    (BudgetSetting.IN_ADVANCE.value, "In advance"),
    (BudgetSetting.NOT_SURE.value, "Not sure"),
    (BudgetSetting.FOLLOWS_DEMAND.value, "It follows demand"),
]
_CARRIES = [
    (CarryOver.SHORT.value, "Hardly beyond the week"),
    (CarryOver.USUAL.value, "As usual"),
    (CarryOver.LONG.value, "Long"),
    (CarryOver.LATE.value, "Late, after two weeks"),
]
_LATE = "In the data its effect comes weeks after its spend: say so here (late, after two weeks)."


class Beliefs(anywidget.AnyWidget):
    """Settings per channel, stored at once and used from the next training on.

    Parameters
    ----------
    workspace : Workspace
        Whose channels; it refuses a viewer whatever the page shows.
    before : BeforeTraining, optional
        What there is to train on, where it has been read already.

    Raises
    ------
    ApportionError
        If the data cannot carry a model.
    """

    _esm = module(_HERE.with_suffix(".js"))
    _css = _HERE.with_suffix(".css")

    channels = traitlets.List(traitlets.Dict()).tag(sync=True)
    tests = traitlets.List(traitlets.Dict()).tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)
    budgets = traitlets.List(_BUDGETS).tag(sync=True)
    carries = traitlets.List(_CARRIES).tag(sync=True)

    def __init__(self, workspace: "Workspace", before: "BeforeTraining | None" = None) -> None:
        super().__init__()
        self._workspace = workspace
        self._data = (before or workspace.mmm.before_training()).data
        warnings, self._late = workspace.mmm.settings.proposals(self._data)
        self._warnings = {each.channel: each.message for each in warnings if each.fires}
        self.read()
        self.on_msg(self._on_message)

    def _on_message(self, _: object, content: dict[str, Any], __: Sequence[bytes]) -> None:
        settings = self._workspace.mmm.settings
        self.problem = ""
        try:
            match content.get("kind"):
                case "set":
                    self._set(content)
                case "switch":
                    settings.switch_test(str(content.get("id")), on=bool(content.get("on")))
                case "remove":
                    settings.remove_lift_test(str(content.get("id")))
                case _:
                    return
        except ApportionError as error:
            self.problem = f"Not stored. {error}"
        except ValidationError as error:
            reasons = "; ".join(
                each["msg"].removeprefix("Value error, ") for each in error.errors()
            )
            self.problem = f"Not stored: {reasons}."
        self.read()

    def _set(self, content: dict[str, Any]) -> None:
        settings = self._workspace.mmm.settings
        name = str(content.get("channel"))
        known = settings.get().channel(name).model_dump(by_alias=False)
        changed = {
            "budget": "budget_setting",
            "carry": "carry_over",
            "around": "roi_around",
            "above": "roi_hardly_above",
        }
        for key, field in changed.items():
            if key in content:
                text = str(content[key]).strip()
                known[field] = (text or None) if field.startswith("roi") else text
        if known["roi_around"] is None:
            known["roi_hardly_above"] = None
        settings.set_channel(name, ChannelSettings.model_validate(known))

    def read(self) -> None:
        """Show what is stored now."""
        settings = self._workspace.mmm.settings
        told = settings.get()
        implied = settings.implications(settings=told, data=self._data)
        looks = channel_looks(each.channel for each in implied)
        currency = self._workspace.tenant.currency
        self.channels = [
            {
                "name": each.channel,
                "title": looks[each.channel].name,
                "colour": looks[each.channel].colour,
                "glyph": ICONS[looks[each.channel].glyph],
                **_values(told.channel(each.channel)),
                "implied": _implied(each, currency),
                "warning": self._warning(each.channel, told),
            }
            for each in implied
        ]
        self.tests = self._tests(told)

    def _warning(self, channel: str, told: MMMSettings) -> str:
        said = [self._warnings[channel]] if channel in self._warnings else []
        if channel in self._late and told.channel(channel).carry_over is not CarryOver.LATE:
            said.append(_LATE)
        return " ".join(said)

    def _tests(self, told: MMMSettings) -> list[dict[str, Any]]:
        return [
            {
                "id": test.id,
                "name": test.name,
                "told": f"{test.channel}, {theme.day(test.start)} to {theme.day(test.end)}: lift "
                f"{theme.share(test.lift)} ({theme.span(test.lift_interval, theme.share)})",
                "on": test.id not in told.experiments_off,
                "removable": test.source is LiftSource.ENTERED,
            }
            for test in self._workspace.mmm.settings.lift_tests()
        ]


def beliefs_card(workspace: "Workspace", before: "BeforeTraining | None" = None) -> widgets.VBox:
    """Give the card with what is known of the channels."""
    title = cards.title(
        "What you know of each channel",
        "It counts from the next training on. A budget that is raised because people are buying "
        "anyway (search, retargeting) makes a channel look better than it is: say so here. "
        "Experiments that are ticked calibrate the model.",
    )
    try:
        known = Beliefs(workspace, before)
    except ApportionError as error:  # the form above says it too
        note = cards.note("info", "Not before there are data to train on", str(error))
        return stack([html(title), html(note)], "ap-card")
    named = [(each["name"], each["title"]) for each in known.channels]
    return stack([html(title), known, LiftTestForm(workspace, named, known.read)], "ap-card")


def _values(settings: ChannelSettings) -> dict[str, Any]:
    def amount(value: float | None) -> str:
        return "" if value is None else f"{value:g}"

    return {
        "budget": settings.budget_setting.value,
        "carry": settings.carry_over.value,
        "around": amount(settings.roi_around),
        "above": amount(settings.roi_hardly_above),
    }


def _implied(implied: PriorImplication, currency: str) -> str:
    media = theme.span(implied.media_revenue_interval, lambda value: theme.money(value, currency))
    return (
        f"Before the data: a return of {theme.ratio(implied.roi_median)} "
        f"({theme.span(implied.roi_interval, theme.ratio)}), {media} a week, which is "
        f"{theme.span(implied.revenue_share_interval, theme.share)} of revenue."
    )
