"""The incrementality page: geo experiments, from a design to a read-out."""

from apportion.views.incrementality.dashboard import ExperimentsDashboard
from apportion.views.incrementality.frames import experiments_frame

__all__ = ["ExperimentsDashboard", "experiments_frame"]
