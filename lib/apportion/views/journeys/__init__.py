"""The journeys page: every path behind every conversion, and its credit under seven models."""

from apportion.views.journeys.browser import JourneyBrowser
from apportion.views.journeys.dashboard import JourneysDashboard
from apportion.views.journeys.frames import credit_frame, paths_frame

__all__ = ["JourneyBrowser", "JourneysDashboard", "credit_frame", "paths_frame"]
