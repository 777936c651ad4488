"""Two versions of a media mix model held against each other, and whether the change is credible."""

from apportion.results.base import Interval, Result
from apportion.results.mmm import HowSure, ModelVersion


class ChannelChange(Result):
    """What two versions say about one channel; None: that version does not have it."""

    channel: str
    roi_before: float | None
    roi_before_interval: Interval | None
    roi_after: float | None
    roi_after_interval: Interval | None
    roi_factor: float | None
    """By how much the return moved: 2 is twice, 0.5 is half."""
    is_wild: bool
    """The two intervals have no value in common, and the return moved by more than the factor."""
    contribution_percent_before: float | None
    contribution_percent_before_interval: Interval | None
    contribution_percent_after: float | None
    contribution_percent_after_interval: Interval | None
    spend_before: float | None
    """Mean spend a week in the version's own window."""
    spend_after: float | None
    optimal_spend_before: float | None
    optimal_spend_after: float | None
    how_sure_before: HowSure | None
    how_sure_after: HowSure | None


class VersionComparison(Result):
    """An earlier and a later version; the rule is in ``mmm.succession``."""

    before: ModelVersion
    after: ModelVersion
    outcome_before: str
    outcome_after: str
    media_percent_before: float | None
    media_percent_before_interval: Interval | None
    media_percent_after: float | None
    media_percent_after_interval: Interval | None
    channels: tuple[ChannelChange, ...]
    """Those of the later version first, then those that only the earlier one has."""
    jumps: tuple[str, ...]
    """Why the later one is a wild jump, a sentence each; empty: it is none."""
