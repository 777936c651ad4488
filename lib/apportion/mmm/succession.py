"""May a new version take the place of the current one? Two versions compared, and the rule.

A version that passed its own checks can still contradict the one before it. Both rest on mostly the
same weeks, so an honest model moves little from one to the next; where it leaps, either the data
were changed (a re-import, another unit, a channel renamed) or one of the two is wrong, and a person
should look before budgets follow. A version is a *wild jump* from the current one if

- it explains another outcome, so that no figure can be compared; or
- a channel's return moved by more than `JUMP_FACTOR` up or down, and the two 90 % intervals have no
  value in common; or
- the share of the outcome that media caused moved by more than `JUMP_POINTS` percentage points, and
  the two 90 % intervals have no value in common.

Both halves are needed: intervals that do not meet alone would stop a precise model for a small
change, and a large factor alone would stop every channel of which the data say little.
"""

from collections.abc import Sequence

from apportion.results.base import Interval
from apportion.results.comparison import ChannelChange, VersionComparison
from apportion.results.mmm import ChannelEffect, MMMResults, ModelVersion

JUMP_FACTOR = 1.5
"""So far a return may move, up or down, although the intervals have no value in common."""

JUMP_POINTS = 10.0
"""So many percentage points the share of media may move, although the intervals do not meet."""


def compare(before: MMMResults, after: MMMResults) -> VersionComparison:
    """Hold two completed versions against each other, the earlier one first."""
    earlier = {effect.channel: effect for effect in before.channels}
    later = {effect.channel: effect for effect in after.channels}
    names = [*later, *(name for name in earlier if name not in later)]
    changes = tuple(_change(name, earlier.get(name), later.get(name)) for name in names)
    return VersionComparison(
        before=_head(before),
        after=_head(after),
        outcome_before=before.outcome,
        outcome_after=after.outcome,
        media_percent_before=before.media_percent,
        media_percent_before_interval=before.media_percent_interval,
        media_percent_after=after.media_percent,
        media_percent_after_interval=after.media_percent_interval,
        channels=changes,
        jumps=_jumps(before, after, changes),
    )


def why_held_back(comparison: VersionComparison) -> str | None:
    """Say why the later version must not take the earlier one's place; None: it may."""
    if not comparison.jumps:
        return None
    fits = (comparison.before.model_fit, comparison.after.model_fit)
    grains = {fit.grain for fit in fits if fit is not None}
    another = "One is fitted to weeks, the other to days. " if len(grains) > 1 else ""
    return (
        f"It jumps from version {comparison.before.version}: {' '.join(comparison.jumps)} "
        f"{another}Look whether data were changed; if the new figures are right, make it current."
    )


def _change(name: str, before: ChannelEffect | None, after: ChannelEffect | None) -> ChannelChange:
    factor = None
    is_wild = False
    if before is not None and after is not None and before.current_roi * after.current_roi > 0:
        factor = after.current_roi / before.current_roi
        is_wild = _is_beyond(factor) and _is_apart(
            before.current_roi_interval, after.current_roi_interval
        )
    return ChannelChange(
        channel=name,
        roi_before=before and before.current_roi,
        roi_before_interval=before and before.current_roi_interval,
        roi_after=after and after.current_roi,
        roi_after_interval=after and after.current_roi_interval,
        roi_factor=factor,
        is_wild=is_wild,
        contribution_percent_before=before and before.contribution_percent,
        contribution_percent_before_interval=before and before.contribution_percent_interval,
        contribution_percent_after=after and after.contribution_percent,
        contribution_percent_after_interval=after and after.contribution_percent_interval,
        spend_before=before and before.current_spend,
        spend_after=after and after.current_spend,
        optimal_spend_before=before and before.optimal_spend,
        optimal_spend_after=after and after.optimal_spend,
        how_sure_before=before and before.how_sure,
        how_sure_after=after and after.how_sure,
    )


def _jumps(
    before: MMMResults, after: MMMResults, changes: Sequence[ChannelChange]
) -> tuple[str, ...]:
    if before.outcome != after.outcome:
        return (
            f"it explains {after.outcome} and the current one {before.outcome}, so no figure can "
            "be compared.",
        )
    wild = [_sentence(change) for change in changes if change.is_wild]
    return (*wild, *_media_jump(before, after))


def _sentence(change: ChannelChange) -> str:
    assert change.roi_before is not None
    assert change.roi_after is not None
    assert change.roi_before_interval is not None
    assert change.roi_after_interval is not None
    return (
        f"the return of {change.channel} went from {change.roi_before:.2f} "
        f"({_span(change.roi_before_interval)}) to {change.roi_after:.2f} "
        f"({_span(change.roi_after_interval)}), by more than {JUMP_FACTOR:g} times and beyond "
        "both intervals."
    )


def _media_jump(before: MMMResults, after: MMMResults) -> tuple[str, ...]:
    if before.media_percent is None or after.media_percent is None:
        return ()
    assert before.media_percent_interval is not None
    assert after.media_percent_interval is not None
    points = after.media_percent - before.media_percent
    is_apart = _is_apart(before.media_percent_interval, after.media_percent_interval)
    if abs(points) <= JUMP_POINTS or not is_apart:
        return ()
    return (
        f"the share of media in {after.outcome} went from {before.media_percent:.0f}% to "
        f"{after.media_percent:.0f}%, by more than {JUMP_POINTS:g} points and beyond both "
        "intervals.",
    )


def _is_beyond(factor: float) -> bool:
    return factor > JUMP_FACTOR or factor < 1 / JUMP_FACTOR


def _is_apart(one: Interval, other: Interval) -> bool:
    return one.upper < other.lower or other.upper < one.lower


def _span(interval: Interval) -> str:
    return f"{interval.lower:.2f} to {interval.upper:.2f}"


def _head(results: MMMResults) -> ModelVersion:
    return ModelVersion(**{name: getattr(results, name) for name in ModelVersion.model_fields})
