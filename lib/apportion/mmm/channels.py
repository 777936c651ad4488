"""Which channels a model has, and their weekly spend."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.errors import NotEnoughDataError, ParameterError
from apportion.mmm.weeks import Calendar, days_of
from apportion.results.mmm import Check, CheckLevel

MIN_WEEKS_WITH_SPEND = 8
RECENT_WEEKS = 52
WEEKS_PER_CHANNEL = 10
"""With fewer weeks for each channel, say that the model is large for its data."""

COLLINEAR = 0.95
"""Correlation of two channels' spend above which only their sum is really seen."""


@dataclass(frozen=True, eq=False)
class Chosen:
    """The channels of a model: names, weekly spend (n_weeks, n_channels), and what to know."""

    names: tuple[str, ...]
    spend: NDArray[np.float64]
    checks: tuple[Check, ...]


def named(spend: pd.DataFrame, channels: Sequence[str] | None) -> tuple[str, ...] | None:
    """Give the channels asked for, each once, or None if none were named.

    Raises
    ------
    ParameterError
        If a channel is not in the data, or the list is empty.
    """
    if channels is None:
        return None
    wanted = tuple(dict.fromkeys(name.strip() for name in channels if name.strip()))
    present = sorted(spend["channel"].unique())
    if not wanted:
        raise ParameterError(
            f"No channel is named. Name at least one of {', '.join(present)}, "
            "or leave the channels empty for all of them."
        )
    for name in wanted:
        if name not in present:
            raise ParameterError(
                f"There is no spend for the channel {name!r};{_meant(name, present)} "
                f"the channels are {', '.join(present)}."
            )
    return wanted


def choose(spend: pd.DataFrame, weeks: Calendar, wanted: tuple[str, ...] | None) -> Chosen:
    """Give the weekly spend of the channels that can be modelled.

    Raises
    ------
    NotEnoughDataError
        If a channel asked for, or every channel, has too few weeks of spend.
    """
    names = wanted if wanted is not None else tuple(sorted(spend["channel"].unique()))
    weekly = spend_of(spend, weeks, names)
    active = (weekly > 0).sum(0)
    thin = [name for name, count in zip(names, active, strict=True) if _is_thin(count)]
    if wanted is not None and thin:
        counts = ", ".join(
            f"{count} for {name!r}"
            for name, count in zip(names, active, strict=True)
            if _is_thin(count)
        )
        raise NotEnoughDataError(
            f"Too few weeks with spend: {counts}; the model needs at least {MIN_WEEKS_WITH_SPEND} "
            "per channel. Lengthen the date range or leave the channel out."
        )
    keep = active >= MIN_WEEKS_WITH_SPEND
    if not weekly[-RECENT_WEEKS:, keep].any():
        raise NotEnoughDataError(
            f"No channel has at least {MIN_WEEKS_WITH_SPEND} weeks with spend from "
            f"{weeks.first_day} to {weeks.last_day}, some of them in the last {RECENT_WEEKS}. "
            "Lengthen the date range or import more spend."
        )
    kept = tuple(name for name, stays in zip(names, keep, strict=True) if stays)
    left_out = tuple(name for name in thin if active[names.index(name)] > 0)
    matrix = np.ascontiguousarray(weekly[:, keep])
    return Chosen(kept, matrix, (*_left_out(left_out), *_many(kept, matrix), *_alike(kept, matrix)))


def _is_thin(count: int) -> bool:
    return count < MIN_WEEKS_WITH_SPEND


def spend_of(spend: pd.DataFrame, weeks: Calendar, names: Sequence[str]) -> NDArray[np.float64]:
    """Give the spend of channels by week, or by day, (n_rows, n_channels)."""
    week = weeks.index(days_of(spend["date"]))
    code = pd.Index(names).get_indexer(pd.Index(spend["channel"]))
    inside = (week >= 0) & (week < len(weeks.starts)) & (code >= 0)
    out = np.zeros((len(weeks.starts), len(names)))
    amounts = spend["spend"].to_numpy(dtype=np.float64)
    np.add.at(out, (week[inside], code[inside]), amounts[inside])
    return out


def _meant(name: str, present: Sequence[str]) -> str:
    lowered = {other.lower(): other for other in present}
    close = difflib.get_close_matches(name.lower(), lowered, n=1)
    return f" did you mean {lowered[close[0]]!r}?" if close else ""


def _left_out(names: tuple[str, ...]) -> tuple[Check, ...]:
    if not names:
        return ()
    return (
        Check(
            code="channel_left_out",
            level=CheckLevel.CAUTION,
            message=f"Left out, with spend in fewer than {MIN_WEEKS_WITH_SPEND} weeks: "
            f"{', '.join(names)}. What they earned is counted elsewhere.",
            channels=names,
        ),
    )


def _many(names: tuple[str, ...], spend: NDArray[np.float64]) -> tuple[Check, ...]:
    if len(names) * WEEKS_PER_CHANNEL <= len(spend):
        return ()
    return (
        Check(
            code="many_channels",
            level=CheckLevel.CAUTION,
            message=f"{len(names)} channels on {len(spend)} weeks are many; at least "
            f"{WEEKS_PER_CHANNEL} weeks per channel are advised. Join small channels, or "
            "lengthen the date range.",
        ),
    )


def _alike(names: tuple[str, ...], spend: NDArray[np.float64]) -> tuple[Check, ...]:
    varies = np.ptp(spend, axis=0) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = np.atleast_2d(np.corrcoef(spend.T))
    pairs = [
        (first, second)
        for first in range(len(names))
        for second in range(first + 1, len(names))
        if varies[first] and varies[second] and correlation[first, second] > COLLINEAR
    ]
    return tuple(
        Check(
            code="collinear_spend",
            level=CheckLevel.CAUTION,
            message=f"The spend of {names[a]} and {names[b]} moves together (correlation "
            f"{correlation[a, b]:.2f}), so their effects are hard to tell apart. Vary one of them, "
            "or test it.",
            channels=(names[a], names[b]),
        )
        for a, b in pairs
    )
