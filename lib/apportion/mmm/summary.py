"""From a fitted model to what is shown: ``MMMResults`` without its identity.

Estimates are posterior means, so that what adds up in every draw (shares, weeks, contributions and
baseline) adds up on the page too; the saturation point, which may lie beyond the range searched, is
a median. Intervals are central, 90 %.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apportion.mmm import priors, response
from apportion.mmm.budget import optimise
from apportion.mmm.channels import RECENT_WEEKS
from apportion.mmm.data import USUAL
from apportion.mmm.diagnostics import contraction, how_sure, interval
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.response import Prediction
from apportion.results.base import LEVEL, Interval
from apportion.results.calibration import Z90
from apportion.results.mmm import (
    ChannelEffect,
    CurvePoint,
    Decomposition,
    HowSure,
    OrganicEffect,
    SaturationCurve,
)
from apportion.results.mmm_settings import MMMSettings

WINDOW_WEEKS = RECENT_WEEKS
"""Estimates are those of the last year: a whole year, so that no season weighs double."""

LEAST_SHARE, MOST_SHARE = 0.5, 1.5
"""Bounds of the recommended spend, in multiples of the current one."""

_FINE_SCALES = np.arange(0, 41) / 20  # 0 to 2, the current spend among them
_COARSE_SCALES = np.arange(11, 31) / 5  # 2.2 to 6


@dataclass(frozen=True, eq=False)
class Window:
    """The weeks that estimates refer to, [start, stop), and each channel's own start.

    A channel without spend in the last year has no return there; its return, curve and saturation
    point are those of all its weeks.
    """

    start: int
    stop: int
    own_start: tuple[int, ...]

    @classmethod
    def of(cls, fitted: FittedMMM) -> "Window":
        """Give the last year, or all weeks if there are fewer."""
        stop = fitted.data.n_weeks
        start = max(0, stop - WINDOW_WEEKS)
        recent = fitted.data.spend[start:].sum(0) > 0
        return cls(start, stop, tuple(start if spends else 0 for spends in recent))

    @property
    def silent(self) -> tuple[bool, ...]:
        """Which channels have no spend in the window."""
        return tuple(own < self.start for own in self.own_start)

    def own(self, measure: Callable[[int], NDArray[np.float64]]) -> NDArray[np.float64]:
        """Give `measure` (n_draws, n_channels, …), each channel's taken from its own start."""
        by_start = {start: measure(start) for start in set(self.own_start)}
        columns = [by_start[start][:, row] for row, start in enumerate(self.own_start)]
        return np.stack(columns, axis=1)

    def flight_spend(self, fitted: FittedMMM) -> NDArray[np.float64]:
        """Give each channel's mean week over its own weeks, (n_channels,)."""
        spend = fitted.data.spend
        means = [spend[start : self.stop, row].mean() for row, start in enumerate(self.own_start)]
        return np.array(means)


@dataclass(frozen=True, eq=False)
class Effects:
    """What is shown per channel, and the share of all media."""

    media_percent: float
    media_percent_interval: Interval
    channels: tuple[ChannelEffect, ...]
    curves: tuple[SaturationCurve, ...]


def effects(
    fitted: FittedMMM,
    *,
    entangled: Collection[str] = (),
    keep_budget: bool = False,
    told: MMMSettings = USUAL,
) -> Effects:
    """Give every channel's figures.

    Parameters
    ----------
    entangled : collection of str
        Channels that a check found to be inseparable from another: what they earn alone cannot be
        told, however narrow the interval.
    keep_budget : bool
        Recommend the current spend for every channel, because the model forecasts badly.
    told : MMMSettings
        What it was trained with.
    """
    window = Window.of(fitted)
    weeks = slice(window.start, window.stop)
    caused = response.contribution(fitted)[..., weeks].sum(-1)
    of_media = 100 * caused / caused.sum(1, keepdims=True)
    of_all = 100 * caused / fitted.data.outcome[weeks].sum()
    roi = window.own(lambda start: response.returns(fitted, start, window.stop).roi)
    marginal = window.own(lambda start: response.returns(fitted, start, window.stop).marginal_roi)
    scale = window.own(lambda start: response.saturation_scale(fitted, start, window.stop))
    point = scale * window.flight_spend(fitted)
    reached = np.median(scale, axis=0) <= response.MAX_SCALE
    contracted = contraction(fitted)
    prior = priors.table(fitted.data.channel_priors)
    margin = told.margin or 1.0
    even = window.own(
        lambda start: response.break_even_scale(fitted, start, window.stop, margin=margin)
    )
    even_point = even * window.flight_spend(fitted)
    is_reached = np.median(even, axis=0) <= response.MAX_SCALE
    sure = tuple(
        HowSure.CANNOT_TELL
        if silent or name in entangled
        else how_sure(marginal[:, row], float(contracted[row]))
        for row, (name, silent) in enumerate(zip(fitted.data.channels, window.silent, strict=True))
    )
    current = fitted.data.spend[weeks].mean(0)
    free = np.array([not keep_budget and level is not HowSure.CANNOT_TELL for level in sure])
    best = _best_spend(fitted, window, current, free)
    channels = tuple(
        ChannelEffect(
            channel=name,
            contribution_percent=float(of_media[:, row].mean()),
            contribution_percent_interval=interval(of_media[:, row]),
            contribution=float(caused[:, row].mean()),
            contribution_interval=interval(caused[:, row]),
            revenue_percent=float(of_all[:, row].mean()),
            revenue_percent_interval=interval(of_all[:, row]),
            current_roi=float(roi[:, row].mean()),
            current_roi_interval=interval(roi[:, row]),
            marginal_roi=float(marginal[:, row].mean()),
            marginal_roi_interval=interval(marginal[:, row]),
            saturation_point=float(np.median(point[:, row])) if reached[row] else None,
            saturation_point_interval=interval(point[:, row]) if reached[row] else None,
            current_spend=float(current[row]),
            optimal_spend=float(best[row]),
            highest_spend=float(fitted.data.spend[:, row].max()),
            contraction=float(contracted[row]),
            how_sure=sure[row],
            budget_setting=told.channel(name).budget_setting,
            break_even_spend=float(np.median(even_point[:, row])) if is_reached[row] else None,
            break_even_spend_interval=interval(even_point[:, row]) if is_reached[row] else None,
            prior_roi=float(np.exp(prior["roi_log_mean"][row])),
            prior_roi_interval=_believed(prior["roi_log_mean"][row], prior["roi_log_sd"][row]),
            whole_roi=float(np.median(np.exp(fitted.draws.log_roi[:, row]))),
            whole_roi_interval=interval(np.exp(fitted.draws.log_roi[:, row])),
        )
        for row, name in enumerate(fitted.data.channels)
    )
    return Effects(
        media_percent=float(of_all.sum(1).mean()),
        media_percent_interval=interval(of_all.sum(1)),
        channels=channels,
        curves=_curves(fitted, window, np.median(scale, axis=0)),
    )


def organic(fitted: FittedMMM) -> tuple[OrganicEffect, ...]:
    """Give what the channels without spend brought in the window."""
    free = fitted.organic
    if free is None:
        return ()
    window = Window.of(fitted)
    weeks = slice(window.start, window.stop)
    caused = response.contribution(free)[..., weeks].sum(-1)
    of_all = 100 * caused / fitted.data.outcome[weeks].sum()
    contracted = contraction(free)
    return tuple(
        OrganicEffect(
            channel=name,
            contribution=float(caused[:, row].mean()),
            contribution_interval=interval(caused[:, row]),
            revenue_percent=float(of_all[:, row].mean()),
            revenue_percent_interval=interval(of_all[:, row]),
            contraction=float(contracted[row]),
        )
        for row, name in enumerate(free.data.channels)
    )


def decomposition(fitted: FittedMMM, prediction: Prediction) -> Decomposition:
    """Split every week's expected outcome by cause; the band holds 90 % of the weeks."""
    caused = response.contribution(fitted).mean(0)
    names = fitted.data.channels
    if fitted.organic is not None:
        caused = np.vstack([caused, response.contribution(fitted.organic).mean(0)])
        names = (*names, *fitted.data.organic)
    expected = prediction.expected.mean(0)
    lower, upper = np.quantile(prediction.replicated, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return Decomposition(
        weeks=tuple(fitted.data.weeks.astype("datetime64[D]").tolist()),
        observed=tuple(fitted.data.outcome.tolist()),
        expected=tuple(expected.tolist()),
        expected_lower=tuple(lower.tolist()),
        expected_upper=tuple(upper.tolist()),
        baseline=tuple((expected - caused.sum(0)).tolist()),
        channels={name: tuple(caused[row].tolist()) for row, name in enumerate(names)},
    )


def _believed(log_mean: float, log_sd: float) -> Interval:
    lower, upper = np.exp(log_mean + log_sd * np.array([-Z90, Z90]))
    return Interval(lower=float(lower), upper=float(upper))


def _best_spend(
    fitted: FittedMMM,
    window: Window,
    current: NDArray[np.float64],
    free: NDArray[np.bool_],
) -> NDArray[np.float64]:
    best = current.copy()
    if free.sum() < 2:
        return best
    curves = response.mean_curves(fitted, window.start, window.stop, max_scale=MOST_SHARE)
    best[free] = optimise(
        [curve for curve, is_free in zip(curves, free, strict=True) if is_free],
        float(current[free].sum()),
        LEAST_SHARE * current[free],
        MOST_SHARE * current[free],
    )
    return best


def _curves(
    fitted: FittedMMM, window: Window, saturation: NDArray[np.float64]
) -> tuple[SaturationCurve, ...]:
    """Give the curves to twice the current spend, or somewhat beyond the saturation point."""
    spend = window.flight_spend(fitted)
    far = np.where(saturation <= response.MAX_SCALE, 1.25 * saturation, 0.0)
    top = np.clip(far, _FINE_SCALES[-1], response.MAX_SCALE)
    scales = np.concatenate([_FINE_SCALES, _COARSE_SCALES])
    revenue = window.own(lambda start: response.curve(fitted, scales, start, window.stop))
    return tuple(
        SaturationCurve(
            channel=name,
            curve=tuple(
                CurvePoint(
                    spend=float(scale * spend[row]),
                    revenue=float(revenue[:, row, index].mean()),
                    revenue_interval=interval(revenue[:, row, index]),
                )
                for index, scale in enumerate(scales)
                if scale <= top[row]
            ),
        )
        for row, name in enumerate(fitted.data.channels)
    )
