"""The model's log density and its gradient, written by hand.

The same density as :func:`apportion.mmm.model.build` (a test holds one to the other, values and
gradients). numba compiles it once per machine and keeps it on disk, for any number of weeks,
channels, controls and tests, so a fresh process samples at once; PyMC compiles for half a minute
whenever the number of channels changes.

Two things are written otherwise than in the definition, with the same value. The adstock is a
recursion, a[t] = x[t] + r a[t-1] - r^L x[t-L], so a week costs the same however long the carry-over
lasts (but where an effect comes late: there it is a plain sum over the lags); by day, r is the
seventh root of the retention. And where the
baseline has K columns, only its K directions are turned to; what is left of the squared error has
variance sigma^2 in every direction.

The sampler calls C functions by their address, so its threads never wait for Python; the data reach
them as one block of numbers. numba keeps compiled code by the date of *this file alone*: whatever
comes from elsewhere (the priors, the number of lags) is an argument, never a constant.

Parameters are unconstrained, in the order of the definition: logit alpha, log half-saturation, log
of the slope above 1, log ROI (n_channels each), log sigma.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from numba import carray, types  # type: ignore[attr-defined]
from numpy.typing import NDArray

from apportion.mmm import baseline, priors
from apportion.mmm.adstock import LAGS
from apportion.mmm.data import MediaMixData
from apportion.mmm.noise import whitened
from apportion.mmm.scaling import inputs, outcome_scale

Array = NDArray[np.float64]

SAMPLED = ("alpha", "half_saturation", "slope_excess", "log_roi", "sigma")
"""The parameters that the sampler moves."""

KEPT = (*SAMPLED, "slope", "beta")

_TINY = 1e-9
_SIZES = 5
_DOUBLES = types.CPointer(types.double)  # type: ignore[no-untyped-call]
_DENSITY = types.int64(types.uint64, _DOUBLES, _DOUBLES, _DOUBLES, types.voidptr)
_EXPAND = types.int64(types.uint64, types.uint64, _DOUBLES, _DOUBLES, types.voidptr)
_FAST = {"reassoc", "contract", "arcp", "nsz"}  # no assumption that numbers are finite


class Arguments(NamedTuple):
    """What the density needs to know of the data, contiguous."""

    flights: Array
    """(n_channels, n_rows), each with a mean of 1."""
    totals: Array
    outcome: Array
    """(n_rows,), less the baseline's offset."""
    directions: Array
    """Left singular vectors of the baseline's design, whitened, (n_columns, n_rows)."""
    explained: Array
    """Squared singular values, (n_columns,)."""
    roi_mean: Array
    roi_sd: Array
    retention_a: Array
    retention_b: Array
    peak: Array
    tested: NDArray[np.int64]
    """Channel of each test, (n_tests,)."""
    more: Array
    less: Array
    counted: Array
    estimate: Array
    standard_error: Array
    autoregression: Array
    """How the noise goes on from row to row, (n_lags,)."""
    beliefs: Array
    """Mean and sd of the log half-saturation, sd of the slope above 1, sd of the noise, lags, and
    rows of a week."""


def arguments(data: MediaMixData) -> Arguments:
    """Give what the density needs to know of `data`."""
    given, rows = inputs(data), data.rows
    linear = baseline.of(data)
    white = whitened(linear.columns, rows.autoregression)
    left, singular, _ = np.linalg.svd(white, full_matrices=False)
    table = priors.table(given.priors)
    tests = given.tests
    return Arguments(
        flights=np.ascontiguousarray(given.flights.T),
        totals=given.totals,
        outcome=rows.outcome / outcome_scale(data) - linear.offset,
        directions=np.ascontiguousarray(left.T),
        explained=singular**2,
        roi_mean=table["roi_log_mean"],
        roi_sd=table["roi_log_sd"],
        retention_a=table["retention_a"],
        retention_b=table["retention_b"],
        peak=table["peak"],
        tested=tests.channel,
        more=np.ascontiguousarray(tests.more),
        less=np.ascontiguousarray(tests.less),
        counted=np.ascontiguousarray(tests.counted),
        estimate=tests.estimate,
        standard_error=tests.standard_error,
        autoregression=rows.autoregression,
        beliefs=np.array(
            [
                priors.HALF_SATURATION_LOG_MEAN,
                priors.HALF_SATURATION_LOG_SD,
                priors.SLOPE_EXCESS_SD,
                priors.noise_sd(rows.per_week),
                float(LAGS * rows.per_week),
                float(rows.per_week),
            ]
        ),
    )


def start(arguments: Arguments, seed: int) -> Array:
    """Give a starting point near the middle of the prior."""
    channels = len(arguments.totals)
    middle = np.concatenate(
        [
            np.log(arguments.retention_a / arguments.retention_b),
            np.full(channels, arguments.beliefs[0]),
            np.full(channels, np.log(arguments.beliefs[2])),
            arguments.roi_mean,
            [np.log(arguments.beliefs[3] / 3)],
        ]
    )
    return np.asarray(middle + np.random.default_rng(seed).uniform(-0.5, 0.5, len(middle)))


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _carried_late(  # type: ignore[no-untyped-def]
    flight, retention, lags, per_week, peak, carried, slope
):
    share, growth = np.empty(lags), np.empty(lags)
    for lag in range(lags):
        power = (lag / per_week - peak) ** 2
        share[lag] = retention**power
        growth[lag] = power * retention ** (power - 1) if power > 0 else 0.0
    total, total_slope = share.sum(), growth.sum()
    for week in range(len(flight)):
        value = rise = 0.0
        for lag in range(min(lags, week + 1)):
            value += share[lag] * flight[week - lag]
            rise += growth[lag] * flight[week - lag]
        carried[week] = value / total + _TINY
        slope[week] = (rise - value / total * total_slope) / total


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _carried(  # type: ignore[no-untyped-def]
    flight, retention, lags, per_week, peak, carried, slope
):
    """Fill `carried` with the adstock of a flight and `slope` with its derivative by retention."""
    if peak > 0:
        _carried_late(flight, retention, lags, per_week, peak, carried, slope)
        return
    kept = retention ** (1 / per_week)  # from one row to the next
    by_retention = kept / (per_week * retention)
    total, total_slope, power = 0.0, 0.0, 1.0
    for lag in range(lags):
        total += power
        if lag + 1 < lags:
            total_slope += (lag + 1) * power
        power *= kept
    last = kept**lags
    last_slope = lags * kept ** (lags - 1)
    value = growth = 0.0
    for week in range(len(flight)):
        growth = value + kept * growth
        value = flight[week] + kept * value
        if week >= lags:
            growth -= last_slope * flight[week - lags]
            value -= last * flight[week - lags]
        value = max(value, 0.0)
        carried[week] = value / total + _TINY
        slope[week] = by_retention * (growth - value / total * total_slope) / total


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _saturated(carried, log_half, steepness, log_ratio, effect):  # type: ignore[no-untyped-def]
    for week in range(len(carried)):
        log_ratio[week] = np.log(carried[week]) - log_half
        effect[week] = 1 / (1 + np.exp(-steepness * log_ratio[week]))


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
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


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _whitened(values, autoregression):  # type: ignore[no-untyped-def]
    """Take from each row what those before it tell; backwards, the transpose of the same."""
    out = values.copy()
    for lag in range(len(autoregression)):
        for row in range(lag + 1, len(values)):
            out[row] -= autoregression[lag] * values[row - lag - 1]
    return out


@numba.njit(cache=True, nogil=True)
def _betas(point, flights, totals, peak, lags, per_week):  # type: ignore[no-untyped-def]
    """Give the highest effect of a week per channel, (n_channels,), at an unconstrained point."""
    channels, weeks = flights.shape
    carried, slope = np.empty(weeks), np.empty(weeks)
    log_ratio, effect = np.empty(weeks), np.empty(weeks)
    out = np.empty(channels)
    for c in range(channels):
        retention = 1 / (1 + np.exp(-point[c]))
        _carried(flights[c], retention, lags, per_week, peak[c], carried, slope)
        steepness = 1 + np.exp(point[2 * channels + c])
        _saturated(carried, point[channels + c], steepness, log_ratio, effect)
        out[c] = np.exp(point[3 * channels + c]) * totals[c] / max(effect.sum(), _TINY)
    return out


@numba.njit(cache=True, nogil=True)
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
    peak,
    tested,
    more,
    less,
    counted,
    estimate,
    standard_error,
    autoregression,
    beliefs,
):
    """Give the log density of an unconstrained point, but for a constant, and its gradient."""
    channels, weeks = flights.shape
    half_mean, half_sd, excess_sd, noise_sd = beliefs[0], beliefs[1], beliefs[2], beliefs[3]
    lags, per_week = int(beliefs[4]), beliefs[5]
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
        _carried(flights[c], alpha[c], lags, per_week, peak[c], carried[c], slope[c])
        _saturated(carried[c], log_half[c], 1 + excess[c], log_ratio[c], effect[c])
        summed[c] = max(effect[c].sum(), _TINY)
        beta[c] = np.exp(log_roi[c]) * totals[c] / summed[c]
        left -= beta[c] * effect[c]

    left = _whitened(left, autoregression)

    # The outcome, its baseline integrated out.
    noise = sigma**2
    turned = directions @ left
    inside = noise + explained
    value = -0.5 * ((left * left).sum() - (turned * turned).sum()) / noise
    value -= 0.5 * (turned * turned / inside + np.log(inside)).sum()
    value -= (weeks - len(explained)) * log_sigma
    by_white = left / noise - (turned / noise - turned / inside) @ directions
    backwards = np.ascontiguousarray(by_white[::-1])
    by_left = np.ascontiguousarray(_whitened(backwards, autoregression)[::-1])
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
        _carried(more[test], alpha[c], lags, per_week, peak[c], high[0], high[1])
        _saturated(high[0], log_half[c], 1 + excess[c], high[2], high[3])
        _carried(less[test], alpha[c], lags, per_week, peak[c], low[0], low[1])
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
        if summed[c] > _TINY:
            by_effect[c] -= by_beta[c] * beta[c] / summed[c]
        found = _pulled(by_effect[c], carried[c], slope[c], log_ratio[c], effect[c], 1 + excess[c])
        a, b = retention_a[c], retention_b[c]
        half = (log_half[c] - half_mean) / half_sd
        roi = (log_roi[c] - roi_mean[c]) / roi_sd[c]
        steep = (excess[c] / excess_sd) ** 2
        value += a * np.log(alpha[c]) + b * np.log(1 - alpha[c])
        value += np.log(excess[c]) - 0.5 * (half * half + roi * roi + steep)
        gradient[c] = (by_alpha[c] + found[0]) * alpha[c] * (1 - alpha[c])
        gradient[c] += a * (1 - alpha[c]) - b * alpha[c]
        gradient[channels + c] = by_half[c] + found[1] - half / half_sd
        gradient[2 * channels + c] = (by_slope[c] + found[2]) * excess[c] + 1 - steep
        gradient[3 * channels + c] = by_beta[c] * beta[c] - roi / roi_sd[c]
    value += log_sigma - 0.5 * (sigma / noise_sd) ** 2
    gradient[4 * channels] = by_sigma + 1 - (sigma / noise_sd) ** 2
    return value, gradient


def packed(given: Arguments) -> NDArray[np.float64]:
    """Give the data as one block of numbers."""
    channels, weeks = given.flights.shape
    sizes = [channels, weeks, len(given.explained), len(given.tested), len(given.autoregression)]
    return np.concatenate([np.array(sizes, float), *(np.ravel(array) for array in given)])


@numba.njit(cache=True, nogil=True)
def _unpacked(address):  # type: ignore[no-untyped-def]
    """Give the arrays of a block, without a copy but for the tests' channels."""
    sizes = carray(address, (_SIZES,), np.float64)
    c, t, k, n = int(sizes[0]), int(sizes[1]), int(sizes[2]), int(sizes[3])
    p = int(sizes[4])
    length = _SIZES + c * t + c + t + k * t + k + 5 * c + n + 3 * n * t + 2 * n + p + 6
    block = carray(address, (length,), np.float64)
    at = _SIZES
    flights = block[at : at + c * t].reshape(c, t)
    at += c * t
    totals = block[at : at + c]
    at += c
    outcome = block[at : at + t]
    at += t
    directions = block[at : at + k * t].reshape(k, t)
    at += k * t
    explained = block[at : at + k]
    at += k
    roi_mean = block[at : at + c]
    at += c
    roi_sd = block[at : at + c]
    at += c
    retention_a = block[at : at + c]
    at += c
    retention_b = block[at : at + c]
    at += c
    peak = block[at : at + c]
    at += c
    tested = block[at : at + n].astype(np.int64)
    at += n
    more = block[at : at + n * t].reshape(n, t)
    at += n * t
    less = block[at : at + n * t].reshape(n, t)
    at += n * t
    counted = block[at : at + n * t].reshape(n, t)
    at += n * t
    estimate = block[at : at + n]
    at += n
    standard_error = block[at : at + n]
    at += n
    autoregression = block[at : at + p]
    at += p
    beliefs = block[at : at + 6]
    return (
        flights,
        totals,
        outcome,
        directions,
        explained,
        roi_mean,
        roi_sd,
        retention_a,
        retention_b,
        peak,
        tested,
        more,
        less,
        counted,
        estimate,
        standard_error,
        autoregression,
        beliefs,
    )


def _density_at(size: Any, point_: Any, gradient_: Any, value_: Any, address: Any) -> Any:
    point = carray(point_, (size,))
    gradient = carray(gradient_, (size,))
    value = carray(value_, (1,))
    found, slope = density(point, *_unpacked(address))
    value[0] = found
    gradient[:] = slope
    if not np.all(np.isfinite(slope)):
        return 3
    return 0 if np.isfinite(found) else 4


def _expanded_at(size: Any, kept: Any, point_: Any, out_: Any, address: Any) -> Any:
    point = carray(point_, (size,))
    out = carray(out_, (kept,))
    given = _unpacked(address)
    c = len(given[1])
    for channel in range(c):
        excess = np.exp(point[2 * c + channel])
        out[channel] = 1 / (1 + np.exp(-point[channel]))
        out[c + channel] = np.exp(point[c + channel])
        out[2 * c + channel] = excess
        out[3 * c + channel] = point[3 * c + channel]
        out[4 * c + 1 + channel] = 1 + excess
    out[4 * c] = np.exp(point[4 * c])
    beliefs = given[17]
    lags, per_week = int(beliefs[4]), beliefs[5]
    out[5 * c + 1 :] = _betas(point, given[0], given[1], given[9], lags, per_week)
    return 0


density_at = numba.cfunc(_DENSITY, cache=True)(_density_at)
"""The log density and its gradient as a C function."""

expanded_at = numba.cfunc(_EXPAND, cache=True)(_expanded_at)
"""What is kept of a draw, in the order of :data:`KEPT`, as a C function."""
