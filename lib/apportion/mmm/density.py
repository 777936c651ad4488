"""The model's log density and its gradient, written by hand.

The same density as :func:`apportion.mmm.model.build` (a test holds one to the other, values and
gradients). numba compiles it once per machine and keeps it on disk, for any number of weeks,
channels, controls and tests, so a fresh process samples at once; PyMC compiles for half a minute
whenever the number of channels changes.

Two things are written otherwise than in the definition, with the same value. The adstock is a
recursion, a[t] = x[t] + r a[t-1] - r^L x[t-L], so a week costs the same however long the carry-over
lasts. And where the baseline has K columns, only its K directions are turned to; what is left of
the squared error has variance sigma^2 in every direction.

Parameters are unconstrained, in the order of the definition: logit alpha, log half-saturation, log
of the slope above 1, log ROI (n_channels each), log sigma.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from apportion.mmm import baseline, priors
from apportion.mmm.adstock import LAGS
from apportion.mmm.data import MediaMixData
from apportion.mmm.scaling import inputs, outcome_scale

Array = NDArray[np.float64]

_TINY = 1e-9
_FAST = {"reassoc", "contract", "arcp", "nsz"}  # no assumption that numbers are finite
_HALF = (priors.HALF_SATURATION_LOG_MEAN, priors.HALF_SATURATION_LOG_SD)
_EXCESS = priors.SLOPE_EXCESS_SD
_NOISE = priors.NOISE_SD


class Arguments(NamedTuple):
    """What the density needs to know of the data, contiguous."""

    flights: Array
    """(n_channels, n_weeks), each with a mean of 1."""
    totals: Array
    outcome: Array
    """(n_weeks,), less the baseline's offset."""
    directions: Array
    """Left singular vectors of the baseline's design, (n_columns, n_weeks)."""
    explained: Array
    """Squared singular values, (n_columns,)."""
    roi_mean: Array
    roi_sd: Array
    retention_a: Array
    retention_b: Array
    tested: NDArray[np.int64]
    """Channel of each test, (n_tests,)."""
    more: Array
    less: Array
    counted: Array
    estimate: Array
    standard_error: Array


def arguments(data: MediaMixData) -> Arguments:
    """Give what the density needs to know of `data`."""
    given = inputs(data)
    linear = baseline.of(data)
    left, singular, _ = np.linalg.svd(linear.columns, full_matrices=False)
    table = priors.table(given.priors)
    tests = given.tests
    return Arguments(
        flights=np.ascontiguousarray(given.flights.T),
        totals=given.totals,
        outcome=data.outcome / outcome_scale(data) - linear.offset,
        directions=np.ascontiguousarray(left.T),
        explained=singular**2,
        roi_mean=table["roi_log_mean"],
        roi_sd=table["roi_log_sd"],
        retention_a=table["retention_a"],
        retention_b=table["retention_b"],
        tested=tests.channel,
        more=np.ascontiguousarray(tests.more),
        less=np.ascontiguousarray(tests.less),
        counted=np.ascontiguousarray(tests.counted),
        estimate=tests.estimate,
        standard_error=tests.standard_error,
    )


def start(arguments: Arguments, seed: int) -> Array:
    """Give a starting point near the middle of the prior."""
    channels = len(arguments.totals)
    middle = np.concatenate(
        [
            np.log(arguments.retention_a / arguments.retention_b),
            np.full(channels, _HALF[0]),
            np.full(channels, np.log(_EXCESS)),
            arguments.roi_mean,
            [np.log(_NOISE / 3)],
        ]
    )
    return np.asarray(middle + np.random.default_rng(seed).uniform(-0.5, 0.5, len(middle)))


@numba.njit(cache=True, nogil=True, fastmath=_FAST)  # type: ignore[untyped-decorator]
def _carried(flight, retention, carried, slope):  # type: ignore[no-untyped-def]
    """Fill `carried` with the adstock of a flight and `slope` with its derivative by retention."""
    total, total_slope, power = 0.0, 0.0, 1.0
    for lag in range(LAGS):
        total += power
        if lag + 1 < LAGS:
            total_slope += (lag + 1) * power
        power *= retention
    last = retention**LAGS
    last_slope = LAGS * retention ** (LAGS - 1)
    value = growth = 0.0
    for week in range(len(flight)):
        growth = value + retention * growth
        value = flight[week] + retention * value
        if week >= LAGS:
            growth -= last_slope * flight[week - LAGS]
            value -= last * flight[week - LAGS]
        value = max(value, 0.0)
        carried[week] = value / total + _TINY
        slope[week] = (growth - value / total * total_slope) / total


@numba.njit(cache=True, nogil=True, fastmath=_FAST)  # type: ignore[untyped-decorator]
def _saturated(carried, log_half, steepness, log_ratio, effect):  # type: ignore[no-untyped-def]
    for week in range(len(carried)):
        log_ratio[week] = np.log(carried[week]) - log_half
        effect[week] = 1 / (1 + np.exp(-steepness * log_ratio[week]))


@numba.njit(cache=True, nogil=True, fastmath=_FAST)  # type: ignore[untyped-decorator]
def _pulled(by_effect, carried, slope, log_ratio, effect, steepness):  # type: ignore[no-untyped-def]
    """Give the gradient by retention, log half-saturation and slope, from that by the effect."""
    by_retention = by_half = by_steepness = 0.0
    for week in range(len(effect)):
        inner = by_effect[week] * effect[week] * (1 - effect[week])
        by_steepness += inner * log_ratio[week]
        inner *= steepness
        by_half -= inner
        by_retention += inner * slope[week] / carried[week]
    return by_retention, by_half, by_steepness


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def betas(  # type: ignore[no-untyped-def]
    point, flights, totals
):
    """Give the highest effect of a week per channel, (n_channels,), at an unconstrained point."""
    channels, weeks = flights.shape
    carried, slope = np.empty(weeks), np.empty(weeks)
    log_ratio, effect = np.empty(weeks), np.empty(weeks)
    out = np.empty(channels)
    for c in range(channels):
        _carried(flights[c], 1 / (1 + np.exp(-point[c])), carried, slope)
        steepness = 1 + np.exp(point[2 * channels + c])
        _saturated(carried, point[channels + c], steepness, log_ratio, effect)
        out[c] = np.exp(point[3 * channels + c]) * totals[c] / max(effect.sum(), _TINY)
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def density(  # type: ignore[no-untyped-def]
    point,
    flights,
    totals,
    outcome,
    directions,
    explained,
    roi_mean,
    roi_sd,
    retention_a,
    retention_b,
    tested,
    more,
    less,
    counted,
    estimate,
    standard_error,
):
    """Give the log density of an unconstrained point, but for a constant, and its gradient."""
    channels, weeks = flights.shape
    alpha = 1 / (1 + np.exp(-point[:channels]))
    log_half = point[channels : 2 * channels]
    excess = np.exp(point[2 * channels : 3 * channels])
    log_roi = point[3 * channels : 4 * channels]
    log_sigma = point[4 * channels]
    sigma = np.exp(log_sigma)
    shape = (channels, weeks)
    carried, slope, log_ratio, effect = (
        np.empty(shape),
        np.empty(shape),
        np.empty(shape),
        np.empty(shape),
    )
    beta, summed = np.empty(channels), np.empty(channels)
    left = outcome.copy()
    for c in range(channels):
        _carried(flights[c], alpha[c], carried[c], slope[c])
        _saturated(carried[c], log_half[c], 1 + excess[c], log_ratio[c], effect[c])
        summed[c] = max(effect[c].sum(), _TINY)
        beta[c] = np.exp(log_roi[c]) * totals[c] / summed[c]
        left -= beta[c] * effect[c]

    # The outcome, its baseline integrated out.
    noise = sigma**2
    turned = directions @ left
    inside = noise + explained
    value = -0.5 * ((left * left).sum() - (turned * turned).sum()) / noise
    value -= 0.5 * (turned * turned / inside + np.log(inside)).sum()
    value -= (weeks - len(explained)) * log_sigma
    by_left = left / noise - (turned / noise - turned / inside) @ directions
    by_sigma = ((left * left).sum() - (turned * turned).sum()) / noise
    by_sigma += noise * ((turned / inside) ** 2 - 1 / inside).sum() - (weeks - len(explained))

    by_beta = effect @ by_left
    by_effect = np.empty(shape)
    for c in range(channels):
        by_effect[c] = beta[c] * by_left
    by_alpha, by_half, by_slope = np.zeros(channels), np.zeros(channels), np.zeros(channels)

    # The experiments.
    rows = (4, weeks)
    for test in range(len(tested)):
        c = tested[test]
        high, low = np.empty(rows), np.empty(rows)
        _carried(more[test], alpha[c], high[0], high[1])
        _saturated(high[0], log_half[c], 1 + excess[c], high[2], high[3])
        _carried(less[test], alpha[c], low[0], low[1])
        _saturated(low[0], log_half[c], 1 + excess[c], low[2], low[3])
        gained = (counted[test] * (high[3] - low[3])).sum()
        miss = (estimate[test] - beta[c] * gained) / standard_error[test]
        value -= 0.5 * miss * miss
        pull = miss / standard_error[test]
        by_beta[c] += pull * gained
        weight = pull * beta[c] * counted[test]
        found = _pulled(weight, high[0], high[1], high[2], high[3], 1 + excess[c])
        lost = _pulled(weight, low[0], low[1], low[2], low[3], 1 + excess[c])
        by_alpha[c] += found[0] - lost[0]
        by_half[c] += found[1] - lost[1]
        by_slope[c] += found[2] - lost[2]

    # The priors, and back to unconstrained parameters.
    gradient = np.empty(4 * channels + 1)
    for c in range(channels):
        by_effect[c] -= by_beta[c] * beta[c] / summed[c]
        found = _pulled(by_effect[c], carried[c], slope[c], log_ratio[c], effect[c], 1 + excess[c])
        a, b = retention_a[c], retention_b[c]
        half = (log_half[c] - _HALF[0]) / _HALF[1]
        roi = (log_roi[c] - roi_mean[c]) / roi_sd[c]
        steep = (excess[c] / _EXCESS) ** 2
        value += a * np.log(alpha[c]) + b * np.log(1 - alpha[c])
        value += np.log(excess[c]) - 0.5 * (half * half + roi * roi + steep)
        gradient[c] = (by_alpha[c] + found[0]) * alpha[c] * (1 - alpha[c])
        gradient[c] += a * (1 - alpha[c]) - b * alpha[c]
        gradient[channels + c] = by_half[c] + found[1] - half / _HALF[1]
        gradient[2 * channels + c] = (by_slope[c] + found[2]) * excess[c] + 1 - steep
        gradient[3 * channels + c] = by_beta[c] * beta[c] - roi / roi_sd[c]
    value += log_sigma - 0.5 * (sigma / _NOISE) ** 2
    gradient[4 * channels] = by_sigma + 1 - (sigma / _NOISE) ** 2
    return value, gradient
