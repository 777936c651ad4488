"""What is to be imported."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MMM = "mmm"
"""The one wide file of a media mix model: it fills spend, outcomes and controls."""


@dataclass(frozen=True)
class ImportRequest:
    """Files, the dataset they hold, and how their columns are called."""

    dataset: str
    """A dataset of :data:`apportion.frames.DATASETS`, or :data:`MMM`."""
    files: Sequence[Path]
    columns: Mapping[str, str] = field(default_factory=dict)
    """Our name of a column to its name in the files (``--map OURS=THEIRS``)."""
    timezone: str = "UTC"
    """IANA name of the zone in which the tenant's days begin and end."""
    currency: str = ""
    """The tenant's (ISO 4217), to notice a file in another one; empty: not compared."""
    today: dt.date | None = None
    """None: today, in `timezone`."""
    date: str | None = None
    """For :data:`MMM`: the column of the days or weeks; None: the one called date, day or week."""
    outcome: str | None = None
    """For :data:`MMM`: the column to explain; None: the one called revenue."""
    spend: tuple[str, ...] = ()
    """For :data:`MMM`: the columns of the channels' spend."""
    control: tuple[str, ...] = ()
    """For :data:`MMM`: the columns of the control variables."""
