"""The top of the journeys page as plain HTML, shown before the page's kernel answers."""

from collections.abc import Sequence

from markupsafe import Markup

from apportion.results.journeys import CustomerJourney
from apportion.results.tenants import Tenant
from apportion.views.journeys import sections
from apportion.views.journeys.listing import journey_list
from apportion.views.journeys.reading import Reading
from apportion.views.journeys.states import not_analysed
from apportion.views.parts import cards
from apportion.views.parts.cards import joined


def first_content(
    reading: Reading | None, journeys: Sequence[CustomerJourney], tenant: Tenant, window_days: int
) -> Markup:
    """Give answer, figures and list; without an analysis, the way to one.

    Parameters
    ----------
    reading : Reading, optional
        The stored analysis; None: there is none.
    journeys : sequence of CustomerJourney
        The latest.
    """
    top = not_analysed(tenant.slug) if reading is None else sections.head(reading)
    parts = [top, sections.figures(reading) if reading is not None else Markup()]
    if journeys:
        parts.append(cards.card(journey_list(journeys, tenant, window_days)))
    return joined(Markup("<div>{}</div>").format(part) for part in parts if part)
