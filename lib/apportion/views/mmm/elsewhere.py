"""Enter a test that was run elsewhere: its lift with an interval, its dates and its regions."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from pydantic import ValidationError

from apportion.errors import ApportionError, ParameterError
from apportion.results.base import Interval
from apportion.results.calibration import Direction
from apportion.views import theme
from apportion.views.parts.elements import module

if TYPE_CHECKING:
    from apportion.workspace import Workspace

_HERE = Path(__file__)
_OFF, _CHANGED, _NEW = "off", "changed", "new"
_SPENDS = [
    (_OFF, "Nothing, in place of the usual"),
    (_CHANGED, "More or less than usual"),
    (_NEW, "Something, where it usually spends nothing"),
]
_PERCENT = 100.0


class LiftTestForm(anywidget.AnyWidget):
    """The form; what it enters calibrates the model from the next training on.

    Parameters
    ----------
    workspace : Workspace
        Whose test it is; it refuses a viewer whatever the page shows.
    channels : sequence of (name, title)
    on_entered : callable
        Called when a test has been stored.
    """

    _esm = module(_HERE.with_suffix(".js"))
    _css = _HERE.with_suffix(".css")

    channels = traitlets.List(traitlets.Tuple()).tag(sync=True)
    spends = traitlets.List(_SPENDS).tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)
    entered = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        workspace: "Workspace",
        channels: Sequence[tuple[str, str]],
        on_entered: Callable[[], None],
    ) -> None:
        super().__init__(channels=list(channels))
        self._workspace = workspace
        self._on_entered = on_entered
        self.on_msg(self._on_message)

    def _on_message(self, _: object, content: dict[str, Any], __: Sequence[bytes]) -> None:
        if content.get("kind") != "add":
            return
        self.problem = self.entered = ""
        try:
            self._add({name: str(value).strip() for name, value in content.items()})
        except ApportionError as error:
            self.problem = f"Not stored. {error}"
        except ValidationError as error:
            reasons = "; ".join(
                each["msg"].removeprefix("Value error, ") for each in error.errors()
            )
            self.problem = f"Not stored: {reasons}."
        self.send({"kind": "done"})

    def _add(self, told: dict[str, str]) -> None:
        if not told.get("name"):
            raise ParameterError("The test needs a name.")
        spend = told.get("spend", _OFF)
        factor = {_OFF: 0.0, _NEW: None}.get(spend, 0.0)
        if spend == _CHANGED:
            factor = _number(told, "factor", "times the usual spend")
        more = factor is None or factor > 1
        test = self._workspace.mmm.settings.add_lift_test(
            name=told["name"],
            channel=told.get("channel", ""),
            start=_day(told, "start", "first day"),
            end=_day(told, "end", "last day"),
            outcome_share=_number(told, "share", "share of the outcome") / _PERCENT,
            lift=_number(told, "lift", "lift") / _PERCENT,
            lift_interval=Interval(
                lower=_number(told, "lower", "lower end") / _PERCENT,
                upper=_number(told, "upper", "upper end") / _PERCENT,
            ),
            direction=Direction.ON if more else Direction.OFF,
            spend_factor=factor,
        )
        currency = self._workspace.tenant.currency
        self.entered = (
            f"{test.name} is entered: {theme.money(test.incremental_outcome, currency)} of outcome "
            "in its regions. It calibrates the model from the next training on."
        )
        self._on_entered()


def _number(told: dict[str, str], name: str, words: str) -> float:
    text = told.get(name, "").removesuffix("%").strip()
    try:
        return float(text)
    except ValueError as error:
        raise ParameterError(f"The {words} must be a number; found {text!r}.") from error


def _day(told: dict[str, str], name: str, words: str) -> dt.date:
    text = told.get(name, "")
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ParameterError(f"The {words} must be a date; found {text!r}.") from error
