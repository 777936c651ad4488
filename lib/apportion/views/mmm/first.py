"""The top of the media mix page as plain HTML, for a page that is shown before its kernel answers.

The same sections that :class:`~apportion.views.mmm.MMMDashboard` draws, so that the widgets take
their place without anything moving.
"""

from collections.abc import Sequence

from markupsafe import Markup

from apportion.results.mmm import MMMResults
from apportion.results.tenants import Tenant
from apportion.views.mmm import sections
from apportion.views.mmm.reading import Reading
from apportion.views.mmm.states import state
from apportion.views.mmm.table import channel_table
from apportion.views.parts.cards import joined


def first_content(results: MMMResults, versions: Sequence[MMMResults], tenant: Tenant) -> Markup:
    """Give answer, figures and channel table of a stored version; without one, why there is none.

    Parameters
    ----------
    results : MMMResults
    versions : sequence of MMMResults
        All versions, newest first.
    tenant : Tenant
    """
    if not results.channels:
        return state(results, tenant.slug)
    reading = Reading(results, tenant.timezone)
    newest = max(versions, key=lambda model: model.version, default=results)
    parts = (
        sections.head(reading),
        sections.newer_version(newest, results),
        sections.figures(reading),
        channel_table(reading),
    )
    *above, table = (part for part in parts if part)
    boxes = (Markup("<div>{}</div>").format(part) for part in above)
    return joined([*boxes, Markup('<div class="ap-frame">{}</div>').format(table)])
