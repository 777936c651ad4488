"""How credit is shared out, for analysts to set; and a run that works it out anew."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, get_args

import ipywidgets as widgets
from markupsafe import Markup
from pydantic import ValidationError

from apportion.errors import ApportionError
from apportion.results.journeys import AttributionSettings, WindowDays
from apportion.views.parts import cards
from apportion.views.parts.boxes import stack
from apportion.views.parts.fields import select
from apportion.views.parts.icons import icon
from apportion.views.parts.interactive import Interactive

if TYPE_CHECKING:  # a view is given what it works with, and loads no database
    from apportion.workspace.journeys import JourneysWorkspace

_WINDOWS = {str(days): f"{days} days" for days in get_args(WindowDays)}
_ORDERS = {"1": "The last touchpoint", "2": "The last two touchpoints"}
_ALLOWED = {
    "window_days": "one of 7, 14, 28 and 30 days",
    "half_life_days": "a number of days above 0 and up to 3650",
    "endpoint_share": "a percentage from 0 to 50",
    "markov_order": "1 or 2",
}
"""The fields of the form, and what each may hold."""


class SharingForm:
    """The tenant's settings of attribution as a card; `widget` is to be shown.

    Parameters
    ----------
    journeys : JourneysWorkspace
        Whose settings; it refuses a viewer whatever the page shows.
    on_changed : callable
        Called when other settings are stored.
    """

    def __init__(self, journeys: "JourneysWorkspace", on_changed: Callable[[], None]) -> None:
        self._journeys = journeys
        self._on_changed = on_changed
        self._markup = Interactive(self._on_act)
        self.widget: widgets.VBox = stack([self._markup], "ap-card")
        self._draw(_texts(journeys.settings()))

    def _on_act(self, act: str, _: str, fields: Mapping[str, str]) -> None:
        match act:
            case "save":
                self._save(fields)
            case "analyse":
                self._analyse(fields)

    def _save(self, fields: Mapping[str, str]) -> None:
        settings, wrong = _entered(fields)
        if settings is None:
            self._draw(fields, wrong)
            return
        try:
            self._journeys.change_settings(settings)
        except ApportionError as error:
            self._draw(fields, said=cards.note("bad", "Not stored", str(error)))
            return
        text = "Single journeys follow at once, the figures of the page with the next analysis."
        self._draw(_texts(settings), said=cards.note("good", "Stored", text))
        self._on_changed()

    def _analyse(self, fields: Mapping[str, str]) -> None:
        try:
            run = self._journeys.request_refresh()
        except ApportionError as error:
            self._draw(fields, said=cards.note("bad", "Not asked for", str(error)))
            return
        if run is None:
            said = cards.note(
                "info",
                "No further analysis was asked for",
                "One waits already, or there are no touchpoints or no conversions yet.",
            )
        else:
            said = cards.note(
                "good",
                "An analysis is on its way",
                Markup(
                    'A worker does it; how far it is stands on the page <a href="/runs">Runs</a>. '
                    "Open this page again when it has ended."
                ),
            )
        self._draw(fields, said=said)

    def _draw(
        self,
        texts: Mapping[str, str],
        wrong: Mapping[str, str] | None = None,
        said: Markup | None = None,
    ) -> None:
        self._markup.show(_form(texts, wrong or {}, said or Markup()))


def _texts(settings: AttributionSettings) -> dict[str, str]:
    return {
        "window_days": str(settings.window_days),
        "half_life_days": f"{settings.half_life_days:g}",
        "endpoint_share": f"{100 * settings.endpoint_share:g}",
        "markov_order": str(settings.markov_order),
    }


def _entered(fields: Mapping[str, str]) -> tuple[AttributionSettings | None, dict[str, str]]:
    """Read what was entered; or give each wrong field with what was found there."""
    values, wrong = {}, {}
    for name in _ALLOWED:
        text = fields.get(name, "").strip().replace(",", ".")
        try:
            number = float(text) / (100 if name == "endpoint_share" else 1)
            values[name] = int(number) if name in ("window_days", "markov_order") else number
        except (ValueError, OverflowError):  # no number; infinity as a whole number
            wrong[name] = text
    try:
        settings = AttributionSettings.model_validate(values)
    except ValidationError as error:
        wrong |= {
            str(name): fields.get(str(name), "") for each in error.errors() for name in each["loc"]
        }
    return (None, wrong) if wrong else (settings, wrong)


def _form(texts: Mapping[str, str], wrong: Mapping[str, str], said: Markup) -> Markup:
    return cards.pile(
        cards.title(
            "How credit is shared out",
            "Half-life and end shares hold for the rules, the order for Markov; the look-back "
            "window is the one that the page opens with. All of the company see the same.",
        ),
        Markup('<div class="ap-form flat">{}</div>').format(
            cards.joined(
                [
                    select("window_days", "Look-back window", _WINDOWS, texts.get("window_days")),
                    select(
                        "markov_order",
                        "Markov: a step depends on",
                        _ORDERS,
                        texts.get("markov_order"),
                    ),
                    _number("half_life_days", "Time decay: half-life in days", texts, wrong),
                    _number("endpoint_share", "Position: share of each end, percent", texts, wrong),
                ]
            )
        ),
        Markup('<div class="ap-row">{}{}</div>').format(
            Markup('<button type="button" class="ap-btn primary" data-act="save">Save</button>'),
            Markup(
                '<button type="button" class="ap-btn" data-act="analyse">Analyse again</button>'
            ),
        ),
        Markup('<div role="status">{}</div>').format(said),
    )


def _number(name: str, label: str, texts: Mapping[str, str], wrong: Mapping[str, str]) -> Markup:
    said = (
        Markup('<span class="msg">{}Found “{}”; allowed is {}.</span>').format(
            icon("warn", size=15), wrong[name], _ALLOWED[name]
        )
        if name in wrong
        else Markup('<span class="hint">{}</span>').format(_ALLOWED[name].capitalize())
    )
    return Markup(
        '<div class="ap-field{}"><label for="ap-f-{}">{}</label>'
        '<input id="ap-f-{}" name="{}" inputmode="decimal" value="{}" autocomplete="off" '
        'aria-describedby="ap-m-{}"{}><span id="ap-m-{}">{}</span></div>'
    ).format(
        " err" if name in wrong else "",
        name,
        label,
        name,
        name,
        texts.get(name, ""),
        name,
        Markup(' aria-invalid="true"') if name in wrong else "",
        name,
        said,
    )
