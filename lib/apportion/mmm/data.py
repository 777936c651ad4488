"""From frames to the arrays a media mix model sees, or a refusal that says what to do.

What would make a model meaningless is refused; what a reader of the result must know is kept as a
check beside the arrays.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from apportion.errors import DataError, NotEnoughDataError, ParameterError
from apportion.mmm import calendar_controls, days, noise, organic, priors
from apportion.mmm import channels as channel_choice
from apportion.mmm import controls as control_choice
from apportion.mmm.days import Rows
from apportion.mmm.lifts import Lift
from apportion.mmm.priors import ChannelPrior
from apportion.mmm.weeks import DAYS, Calendar, as_date, calendar, days_of
from apportion.results.mmm import Check, CheckLevel, DateRange
from apportion.results.mmm_settings import Grain, MMMSettings

MIN_WEEKS = 26
"""Below half a year the yearly pattern and media cannot be told apart at all."""

WEEKS_A_YEAR = 52

USUAL = MMMSettings()
_NO_EVENTS = pd.DataFrame({"start": [], "end": [], "name": []})

MAX_WEEKS = 4 * WEEKS_A_YEAR
"""Unless a start is given, the last four years: more weeks tell more about media, and before that
the business is seldom the same."""


@dataclass(frozen=True, eq=False)
class MediaMixData:
    """Consecutive weeks of spend, outcome and controls; amounts in the tenant's currency.

    The outcome is meant to be money in the same currency as the spend: the model's prior on the
    return of a channel says so.
    """

    weeks: NDArray[np.datetime64]
    """First day of each week, shape (n_weeks,)."""
    channels: tuple[str, ...]
    control_names: tuple[str, ...]
    spend: NDArray[np.float64]
    """Shape (n_weeks, n_channels)."""
    outcome: NDArray[np.float64]
    """Shape (n_weeks,)."""
    controls: NDArray[np.float64]
    """Shape (n_weeks, n_controls)."""
    outcome_name: str = "revenue"
    checks: tuple[Check, ...] = ()
    priors: tuple[ChannelPrior, ...] = ()
    """One per channel; empty: the usual ones."""
    organic: tuple[str, ...] = ()
    """Channels that cost nothing: their volume is known, not their spend."""
    volume: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    """Of the organic channels (impressions, say), shape (n_weeks, n_organic)."""
    lifts: tuple[Lift, ...] = ()
    """Experiments that calibrate the model."""
    daily: Rows | None = None
    """The days of the same weeks, where the model is fitted to days; None: it is fitted to weeks.
    The weeks hold their sums, of controls their means."""
    grains: tuple[Grain, ...] = (Grain.WEEK,)
    """What a model of these data can be fitted to: days where all are daily."""

    @property
    def grain(self) -> Grain:
        """What the model is fitted to."""
        return Grain.WEEK if self.daily is None else Grain.DAY

    @property
    def rows(self) -> Rows:
        """What the model is fitted to: the weeks, or their days."""
        volume = self.volume if self.organic else np.zeros((self.n_weeks, 0))
        return self.daily or Rows(self.spend, self.outcome, self.controls, volume, per_week=1)

    @property
    def channel_priors(self) -> tuple[ChannelPrior, ...]:
        """The prior of each channel."""
        return self.priors or (ChannelPrior(),) * len(self.channels)

    @property
    def n_weeks(self) -> int:
        """Number of weeks."""
        return len(self.weeks)

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """First day of each row."""
        return self.weeks if self.daily is None else Calendar(self.weeks).days.starts

    @property
    def date_range(self) -> DateRange:
        """First day of the first week to last day of the last."""
        return self.range_of(0, self.n_weeks)

    def range_of(self, start: int, stop: int) -> DateRange:
        """Give the days of the weeks [start, stop)."""
        last = self.weeks[stop - 1] + np.timedelta64(DAYS - 1, "D")
        return DateRange(start=as_date(self.weeks[start]), end=as_date(last))

    @property
    def data_hash(self) -> str:
        """SHA-256 of names, weeks, arrays, priors and experiments: all that a model is made of."""
        digest = hashlib.sha256()
        names = (self.outcome_name, *self.channels, "", *self.control_names)
        digest.update("\0".join(names).encode())
        digest.update(self.weeks.astype("datetime64[D]").astype("<i8").tobytes())
        digest.update("\0".join(self.organic).encode())
        given = np.array([astuple(prior) for prior in self.channel_priors])
        tests = [np.array([each.estimate, each.standard_error]) for each in self.lifts]
        flights = [part for each in self.lifts for part in (each.more, each.less, each.counted)]
        for array in (
            self.spend,
            self.outcome,
            self.controls,
            self.volume,
            given,
            *tests,
            *flights,
            *(getattr(self.daily, name) for name in days.ARRAYS if self.daily is not None),
        ):
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
        return digest.hexdigest()

    def first(self, n_weeks: int) -> "MediaMixData":
        """Give the first `n_weeks` weeks alone."""
        rows = n_weeks * self.rows.per_week
        return replace(
            self,
            weeks=self.weeks[:n_weeks],
            spend=self.spend[:n_weeks],
            outcome=self.outcome[:n_weeks],
            controls=self.controls[:n_weeks],
            volume=self.volume[:n_weeks],
            daily=self.daily and self.daily.first(n_weeks),
            lifts=tuple(
                replace(
                    lift,
                    more=lift.more[:rows],
                    less=lift.less[:rows],
                    counted=lift.counted[:rows],
                )
                for lift in self.lifts
                if not lift.counted[rows:].any()
            ),
        )

    def with_days(self, rows: Rows) -> "MediaMixData":
        """Give the data as fitted to days, the weeks being their sums; their noise is estimated."""

        def by_week(values: NDArray[np.float64]) -> NDArray[np.float64]:
            return values.reshape(self.n_weeks, rows.per_week, *values.shape[1:])

        return replace(
            self,
            daily=noise.estimated(rows),
            spend=by_week(rows.spend).sum(1),
            outcome=by_week(rows.outcome).sum(1),
            controls=by_week(rows.controls).mean(1),
            volume=by_week(rows.volume).sum(1),
        )


def prepare(
    spend: pd.DataFrame,
    outcomes: pd.DataFrame,
    controls: pd.DataFrame,
    *,
    channels: Sequence[str] | None = None,
    start: dt.date | None = None,
    end: dt.date | None = None,
    outcome: str = "revenue",
    events: pd.DataFrame | None = None,
    settings: MMMSettings = USUAL,
) -> MediaMixData:
    """Give the arrays of a model.

    Spend is summed over campaigns and regions, a week without a row counting as no spend. The
    outcome is the total if the data have one (rows without a region), else the sum over regions.
    Controls are averaged over the week (or day); one that is constant tells nothing and is left
    out.

    Parameters
    ----------
    spend, outcomes, controls : DataFrame
        By ``frames.SPEND``, ``frames.OUTCOMES`` and ``frames.CONTROLS``; daily or weekly, each in
        its own rhythm (see :mod:`apportion.mmm.weeks`).
    channels : sequence of str, optional
        Channels to model; None: every channel with enough weeks of spend.
    start, end : date, optional
        First and last day to use; None: the last `MAX_WEEKS` complete weeks.
    outcome : str
        The metric to explain, an amount of money.
    events : DataFrame, optional
        By ``frames.EVENTS``; promotions and the like, each a control.
    settings : MMMSettings
        What is known of the channels, whose holidays count, and whether the model is fitted to
        weeks or to days.

    Raises
    ------
    ParameterError
        If a channel, the metric, the holidays' country or the dates asked for are not in the data.
    NotEnoughDataError
        If there are too few weeks, or a channel asked for has too few weeks of spend.
    DataError
        If the outcome has gaps, does not vary or is not positive on average; of a daily model also
        if the outcome or the spend of a channel is not daily.
    """
    if start is not None and end is not None and start > end:
        raise ParameterError(f"The start {start} lies after the end {end}. Exchange the two.")
    if spend.empty:
        raise NotEnoughDataError("There is no spend. Import the dataset spend first.")
    named = channel_choice.named(spend, channels)
    total = _total(outcomes, outcome)
    found = _window(total, spend, start, end)
    values, short_weeks = _outcome(total, found)
    free, volume = organic.choose(spend, found, named)
    paid = None if named is None else tuple(name for name in named if name not in free)
    chosen = channel_choice.choose(spend, found, paid)
    by_day = settings.grain is Grain.DAY
    each = found.days if by_day else found
    names, matrix, about_controls = control_choice.choose(controls, each)
    holidays, on_holidays = calendar_controls.of_holidays(settings.holidays, each)
    happened = events if events is not None and settings.use_events else _NO_EVENTS
    named_events, in_events = calendar_controls.of_events(happened, each)
    known = np.ascontiguousarray(np.column_stack([matrix, on_holidays, in_events]))
    data = MediaMixData(
        weeks=found.starts,
        channels=chosen.names,
        control_names=(*names, *holidays, *named_events),
        spend=chosen.spend,
        outcome=values,
        controls=known,
        outcome_name=outcome,
        priors=tuple(priors.of_channel(settings.channel(name)) for name in chosen.names),
        organic=free,
        volume=volume,
        checks=(*short_weeks, *chosen.checks, *about_controls),
    )
    why_not_daily = days.why_not(total, spend, (*chosen.names, *free), found.days)
    if not why_not_daily:
        data = replace(data, grains=tuple(Grain))
    if by_day:
        if why_not_daily:
            raise DataError(why_not_daily)
        rows = Rows(
            spend=channel_choice.spend_of(spend, each, chosen.names),
            outcome=days.outcome_of(total, each),
            controls=known,
            volume=organic.volume_of(spend, each, free),
        )
        data = data.with_days(rows)
    return replace(data, checks=(*data.checks, *_below_spend(data)))


def _total(outcomes: pd.DataFrame, metric: str) -> pd.DataFrame:
    if outcomes.empty:
        raise NotEnoughDataError("There is no outcome. Import the dataset outcomes first.")
    rows = outcomes[outcomes["metric"] == metric]
    if rows.empty:
        metrics = ", ".join(sorted(outcomes["metric"].unique()))
        raise ParameterError(
            f"There is no outcome {metric!r}; found {metrics}. Name one of these, or import it."
        )
    whole = rows[rows["region"] == ""]
    return whole if not whole.empty else rows


def _window(
    total: pd.DataFrame, spend: pd.DataFrame, start: dt.date | None, end: dt.date | None
) -> Calendar:
    found = calendar(total["date"], spend, start=start, end=end)
    if not len(found.starts) and (start is not None or end is not None):
        both = calendar(total["date"], spend, start=None, end=None)
        if len(both.starts):
            raise ParameterError(
                f"No complete week of spend and {total['metric'].iloc[0]} lies between "
                f"{start or 'the beginning'} and {end or 'the end'}; "
                f"the data reach from {both.first_day} to {both.last_day}. Choose dates inside."
            )
    if len(found.starts) < MIN_WEEKS:
        raise NotEnoughDataError(
            f"{len(found.starts)} complete weeks of spend and {total['metric'].iloc[0]} together; "
            f"the model needs at least {MIN_WEEKS}, better 104. "
            "Lengthen the date range or import more weeks."
        )
    return found if start is not None else replace(found, starts=found.starts[-MAX_WEEKS:])


def _outcome(total: pd.DataFrame, found: Calendar) -> tuple[NDArray[np.float64], tuple[Check, ...]]:
    metric, size = total["metric"].iloc[0], len(found.starts)
    dates = days_of(total["date"])
    week = found.index(dates)
    inside = (week >= 0) & (week < size)
    amounts = total["value"].to_numpy(dtype=np.float64)[inside]
    values = np.bincount(week[inside], weights=amounts, minlength=size)
    days = np.bincount(found.index(np.unique(dates[inside])), minlength=size)
    usual = int(np.median(days))
    gaps = found.starts[days < usual / 2]
    if len(gaps):
        raise DataError(
            f"The outcome {metric} is missing in {len(gaps)} of {size} weeks: "
            f"{_listed(gaps)}. Import these weeks, or choose dates without them."
        )
    typical = min(values.mean(), values[-WEEKS_A_YEAR:].mean())
    if not (np.isfinite(typical) and typical > 0):
        raise DataError(
            f"The outcome {metric} must be positive on average; found a mean week of "
            f"{typical:g}. Check the file, or choose another outcome."
        )
    if np.ptp(values) <= 1e-9 * abs(values.mean()):
        raise DataError(
            f"The outcome {metric} is the same in all {size} weeks ({values[0]:g}), so nothing can "
            "be learned from it. Check the file, or choose another outcome."
        )
    short = found.starts[days < usual]
    if not len(short):
        return values, ()
    return values, (
        Check(
            code="outcome_days_missing",
            level=CheckLevel.CAUTION,
            message=f"{metric} has fewer than {usual} days in {len(short)} weeks "
            f"({_listed(short)}). If these days are missing, import them and train again.",
        ),
    )


def _below_spend(data: MediaMixData) -> tuple[Check, ...]:
    if data.outcome.sum() >= data.spend.sum():
        return ()
    return (
        Check(
            code="outcome_below_spend",
            level=CheckLevel.CAUTION,
            message=f"All {data.outcome_name} ({data.outcome.sum():,.0f}) is less than the media "
            f"spend ({data.spend.sum():,.0f}). The model expects both in the same currency: "
            "check the units.",
        ),
    )


def _listed(weeks: NDArray[np.datetime64], most: int = 5) -> str:
    names = ", ".join(f"{as_date(week)}" for week in weeks[:most])
    return names if len(weeks) <= most else f"{names} and {len(weeks) - most} more"
