"""The insights page: what changed, why it matters, and what to do."""

from apportion.views.insights.dashboard import InsightsDashboard
from apportion.views.insights.frames import anomalies_frame, facts_frame

__all__ = ["InsightsDashboard", "anomalies_frame", "facts_frame"]
