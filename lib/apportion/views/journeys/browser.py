"""Search, filters, list and the panel with one journey, as one widget."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import anywidget
import traitlets

from apportion.errors import NotFoundError
from apportion.results.journeys import AttributionModel, Customer, CustomerJourney, WindowDays
from apportion.results.tenants import Tenant
from apportion.views import theme
from apportion.views.journeys import models
from apportion.views.journeys.listing import FIRST_ROWS, journey_list, nothing
from apportion.views.journeys.story import story
from apportion.views.parts.icons import icon

if TYPE_CHECKING:  # a view is given what it works with, and loads no database
    from apportion.workspace.journeys import JourneysWorkspace

HERE = Path(__file__).parent
WINDOWS: tuple[WindowDays, ...] = get_args(WindowDays)


class JourneyBrowser(anywidget.AnyWidget):
    """The list of conversions, and the panel of the one that is chosen.

    Assigning `search`, `customer`, `window_days` or `shows_all` lists anew; assigning `selected` a
    conversion's id opens its panel, and an empty text closes it.

    Parameters
    ----------
    journeys : JourneysWorkspace
        Where they come from.
    tenant : Tenant
    listed : sequence of CustomerJourney, optional
        The first list, if it is there already.
    """

    # An inline module cannot import its neighbours.
    _esm = "\n".join(
        (HERE / name).read_text(encoding="utf-8")
        for name in ("timeline.js", "panel.js", "browser.js")
    )

    search = traitlets.Unicode("").tag(sync=True)
    customer = traitlets.Enum(("", *get_args(Customer)), "").tag(sync=True)
    window_days = traitlets.Enum(WINDOWS, 30).tag(sync=True)
    shows_all = traitlets.Bool(False).tag(sync=True)
    selected = traitlets.Unicode("").tag(sync=True)
    model = traitlets.Unicode(models.ORDER[0].value).tag(sync=True)

    rows = traitlets.Unicode("").tag(sync=True)
    found = traitlets.Unicode("").tag(sync=True)
    story = traitlets.Dict().tag(sync=True)
    hint = traitlets.Unicode("").tag(sync=True)
    windows = traitlets.List(list(WINDOWS)).tag(sync=True)
    icons = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        journeys: "JourneysWorkspace",
        tenant: Tenant,
        listed: tuple[CustomerJourney, ...] | None = None,
    ) -> None:
        self._journeys = journeys
        self._tenant = tenant
        self.listed: tuple[CustomerJourney, ...] = ()
        super().__init__(
            window_days=journeys.settings().window_days,
            hint="Order number or email" if journeys.shows_addresses else "Order number",
            icons={name: str(icon(name, size=20)) for name in ("cart", "close")},
        )
        self._list(listed)
        self.observe(lambda _: self._list(), ["search", "customer", "window_days"])
        self.observe(lambda _: self._show(), ["shows_all"])
        self.observe(lambda _: self._open(), ["selected"])

    @property
    def chosen_customer(self) -> Customer | None:
        """Whose conversions are listed; None: everybody's."""
        return self.customer or None

    def _list(self, listed: tuple[CustomerJourney, ...] | None = None) -> None:
        self.listed = (
            self._journeys.recent(self.search, self.chosen_customer, self.window_days)
            if listed is None
            else listed
        )
        self._show()
        if self.selected:
            self._open()

    def _show(self) -> None:
        if self.listed:
            most = len(self.listed) if self.shows_all else FIRST_ROWS
            markup = journey_list(self.listed, self._tenant, self.window_days, most=most)
        else:
            markup = nothing(
                self.search,
                self.chosen_customer,
                has_orders=bool(self._journeys.recent(limit=1)),
                shows_addresses=self._journeys.shows_addresses,
                slug=self._tenant.slug,
            )
        with self.hold_sync():
            self.rows = str(markup)
            self.found = theme.count(len(self.listed), "conversion") if self.listed else "None"

    def _open(self) -> None:
        self.story = self._story() if self.selected else {}

    def _story(self) -> dict[str, Any]:
        try:
            journey = self._journeys.journey(self.selected, self.window_days)
        except NotFoundError:
            return {}
        return story(journey, self._tenant, self._journeys.settings(self.window_days))

    @traitlets.validate("model")
    def _is_a_model(self, proposal: traitlets.Bunch) -> str:
        return AttributionModel(proposal.value).value
