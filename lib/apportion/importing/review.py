"""What looks wrong in data that is allowed: gaps, ends, zeros, mixed spellings, odd dates."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from apportion.importing.summary import Cadence, Gap

EARLIEST_YEAR = 1990
ENDS_EARLY_DAYS = 28
"""A channel whose spend ends so long before the data do is worth a word."""
FEW_ZEROS = 0.1
"""So small a share of zeros in an outcome is more likely an outage than a habit."""

_HORIZON_DAYS: Mapping[str, int] = {"events": 5 * 366, "controls": 2 * 366}
_SHOWN = 5
_LISTED_DAYS = 5
_UNIT = {Cadence.DAILY: ("day", "days"), Cadence.WEEKLY: ("week", "weeks")}


def cadence_of(dates: pd.Series) -> tuple[Cadence, int] | None:
    """Give how far apart the dates are, also in days; None: fewer than two."""
    days = np.unique(dates.to_numpy().astype("datetime64[D]"))
    if days.size < 2:
        return None
    step = float(np.median(np.diff(days).astype(int)))
    if step < 2:
        return Cadence.DAILY, 1
    if 6 <= step <= 8:
        return Cadence.WEEKLY, 7
    return Cadence.OTHER, round(step)


def find_gaps(totals: pd.DataFrame, cadence: Cadence, step: int) -> tuple[Gap, ...]:
    """Give the missing days or weeks of each series, the longest list first."""
    if cadence is Cadence.OTHER:
        return ()
    gaps = []
    for name, dates in totals.groupby("name")["date"]:
        days = np.unique(dates.to_numpy().astype("datetime64[D]"))
        slots = np.unique((days - days[0]).astype(int) // step)
        missing = np.setdiff1d(np.arange(slots[-1] + 1), slots)
        if missing.size:
            first = days[0] + missing[:_LISTED_DAYS] * step
            gaps.append(Gap(name=str(name), missing=missing.size, first=tuple(first.tolist())))
    return tuple(sorted(gaps, key=lambda gap: (-gap.missing, gap.name)))


def about_gaps(dataset: str, gaps: Sequence[Gap], cadence: Cadence) -> list[str]:
    """Say what is missing."""
    after = "; a day without a row counts as no spend" if dataset == "spend" else ""
    lines = [
        f"{gap.name or dataset}: {_counted(gap.missing, cadence)} missing, the first "
        f"{gap.first[0]}{after}."
        for gap in gaps
    ]
    return _cut(lines, "series have gaps")


def about_spend(totals: pd.DataFrame) -> list[str]:
    """Say which channels never spend, or stop long before the data end."""
    lines = []
    end = totals["date"].max()
    for channel, rows in totals.groupby("by"):
        active = rows.loc[rows["value"] > 0, "date"]
        if active.empty:
            lines.append(f"{channel}: the spend is 0 in every row.")
        elif (idle := (end - active.max()).days) >= ENDS_EARLY_DAYS:
            lines.append(
                f"{channel}: no spend after {active.max():%Y-%m-%d}, {idle} days before the data "
                "end."
            )
    return _cut(lines, "channels spend nothing or stop early")


def about_outcomes(totals: pd.DataFrame) -> list[str]:
    """Say which outcomes are negative, or 0 on a few days only."""
    lines = []
    for name, rows in totals.groupby("name"):
        below = rows.loc[rows["value"] < 0]
        if len(below):
            lines.append(
                f"{name}: negative in {_rows(len(below))}, the first "
                f"{below['date'].min():%Y-%m-%d} (returns, or an error?)."
            )
    for metric, per_day in totals.groupby(["by", "date"])["value"].sum().groupby(level=0):
        zero = per_day == 0
        if 0 < zero.mean() <= FEW_ZEROS:
            first = min(date for _, date in per_day.index[zero])
            lines.append(
                f"{metric}: 0 on {zero.sum()} of {len(per_day)} dates, the first {first:%Y-%m-%d} "
                "(a tracking outage?)."
            )
    return _cut(lines, "outcomes look odd")


def about_weekdays(dates: pd.Series, cadence: Cadence) -> list[str]:
    """Say if weekly data begin their weeks on different days."""
    if cadence is not Cadence.WEEKLY:
        return []
    found = dates.drop_duplicates().dt.day_name().value_counts()
    if len(found) == 1:
        return []
    usual, others = found.index[0], ", ".join(map(str, found.index[1:]))
    return [f"Weeks begin on different weekdays: mostly {usual}, also {others}."]


def about_spelling(column: str, names: Iterable[str]) -> list[str]:
    """Say which names differ only in upper and lower case: they are kept as different."""
    alike = defaultdict(set)
    for name in names:
        alike[name.casefold()].add(name)
    lines = [
        f"{column}: {' and '.join(sorted(spellings))} differ only in upper and lower case; they "
        "are kept as different."
        for spellings in alike.values()
        if len(spellings) > 1
    ]
    return _cut(lines, "names differ only in case")


def about_dates(dataset: str, start: pd.Timestamp, end: pd.Timestamp, today: dt.date) -> list[str]:
    """Say if dates are too early or too late to be true."""
    lines = []
    if start.year < EARLIEST_YEAR:
        lines.append(f"{dataset}: begins on {start:%Y-%m-%d}, before {EARLIEST_YEAR}.")
    horizon = today + dt.timedelta(days=_HORIZON_DAYS.get(dataset, 1))
    if end.date() > horizon:
        lines.append(f"{dataset}: ends on {end:%Y-%m-%d}, in the future (today is {today}).")
    return lines


def _counted(count: int, cadence: Cadence) -> str:
    one, many = _UNIT[cadence]
    return f"{count} {one} is" if count == 1 else f"{count} {many} are"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _cut(lines: list[str], what: str) -> list[str]:
    if len(lines) <= _SHOWN:
        return lines
    return [*lines[: _SHOWN - 1], f"{len(lines) - _SHOWN + 1} more {what}."]
