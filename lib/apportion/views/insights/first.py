"""The top of the insights page as plain HTML, shown before its kernel answers."""

from markupsafe import Markup

from apportion.results.insights import AIInsightsData
from apportion.results.tenants import Tenant
from apportion.views.insights import overview
from apportion.views.insights.reading import Reading
from apportion.views.parts.cards import joined


def first_content(insights: AIInsightsData, tenant: Tenant) -> Markup:
    """Give answer, summary, health and figures of stored insights."""
    reading = Reading(insights, tenant.timezone)
    parts = (overview.head(reading), overview.summary(reading), overview.figures(reading))
    return joined(Markup("<div>{}</div>").format(part) for part in parts)
