"""The media mix page: what each channel earns, and where the next unit of spend should go."""

from apportion.views.mmm.dashboard import MMMDashboard
from apportion.views.mmm.frames import diagnostics_frame, results_frame

__all__ = ["MMMDashboard", "diagnostics_frame", "results_frame"]
