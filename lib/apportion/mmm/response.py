"""What the posterior says in money: contributions, returns, curves, forecasts.

All functions take a fitted model and give posterior draws, first axis (n_draws,), in the currency
of the data. A window is a range of weeks [start, stop). A daily model is worked out by day and
given by week, in the same definitions.

Definitions
-----------
contribution
    Outcome lost in a week if the channel had never spent.
ROI of a window
    Outcome lost if the window's spend had not been spent, from the window's start until its
    carry-over ends, over that spend. Spend after the last week is taken as the window's mean.
marginal ROI
    Derivative of the same when the window's spend is scaled up: what the next unit earns.
curve
    Mean weekly contribution in the window when the channel's actual flight is scaled, so that it
    passes through current spend and contribution.
saturation point
    Scale of the flight at which the next unit earns half of the average unit.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from apportion.mmm import baseline
from apportion.mmm.adstock import LAGS, adstock
from apportion.mmm.days import usual_week, weekly
from apportion.mmm.noise import burn_in, drawn, whitened
from apportion.mmm.past_quarters import unforeseen_spread
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.saturation import Curve, elasticity, hill
from apportion.mmm.scaling import outcome_scale, spend_scale

MAX_SCALE = 6.0
"""Curves end, and a saturation point counts as not reached, at this multiple of current spend."""

_SEARCHED_SCALES = (1e-3, 1e3)
_BISECTIONS = 40
_BREAK_EVEN_STEPS = 41
_BREAK_EVEN_BISECTIONS = 12
_NODES = 61
YEAR = 52

Samples = NDArray[np.float64]


class Returns(NamedTuple):
    """ROI and marginal ROI of a window, each (n_draws, n_channels); NaN without spend in it."""

    roi: Samples
    marginal_roi: Samples


class Prediction(NamedTuple):
    """Expected and replicated outcome, each (n_draws, n_weeks)."""

    expected: Samples
    replicated: Samples


def contribution(fitted: FittedMMM) -> Samples:
    """Give what each channel caused in each week, (n_draws, n_channels, n_weeks)."""
    per_week = fitted.data.rows.per_week
    return _ceiling(fitted) * weekly(_effect(fitted, _adstocked(fitted)), per_week)


def returns(fitted: FittedMMM, start: int, stop: int) -> Returns:
    """Give ROI and marginal ROI of the spend of the weeks [start, stop)."""
    rows, per_week = fitted.data.rows, fitted.data.rows.per_week
    inside = slice(start * per_week, stop * per_week)
    until = inside.stop + LAGS * per_week - 1
    usual = usual_week(rows.spend[inside], per_week)
    later = np.tile(usual, (max(0, stop + LAGS - fitted.data.n_weeks), 1))
    spend = np.vstack([rows.spend, later])[:until] / spend_scale(fitted.data)
    window = np.zeros_like(spend)
    window[inside] = spend[inside]
    actual = _carried(fitted, spend)[..., inside.start :]
    # Adstock is linear, so switching the window off subtracts the window's own adstock.
    own = _carried(fitted, window)[..., inside.start :]
    effect = _effect(fitted, actual)
    dark = _effect(fitted, np.maximum(actual - own, 0.0))
    slope = fitted.draws.slope[..., None]
    share = np.divide(own, actual, out=np.zeros_like(own), where=actual > 0)
    growth = effect * elasticity(effect, slope) * share
    spent = rows.spend[inside].sum(0)
    per_unit = np.divide(1.0, spent, out=np.full_like(spent, np.nan), where=spent > 0)
    worth = _ceiling(fitted)[..., 0] * per_unit
    return Returns(worth * (effect - dark).sum(-1), worth * growth.sum(-1))


def curve(fitted: FittedMMM, scales: NDArray[np.float64], start: int, stop: int) -> Samples:
    """Give the mean weekly contribution at `scales` times the flight.

    Parameters
    ----------
    scales : ndarray, shape (n_scales,) or (n_scales, n_channels, 1)
        The same for all channels, or each channel's own.

    Returns
    -------
    ndarray, shape (n_draws, n_channels, n_scales)
    """
    flight = _flight(fitted, start, stop)
    means = [_effect(fitted, flight * scale).mean(-1) for scale in scales]
    return np.asarray(_weekly_ceiling(fitted)[..., None] * np.stack(means, -1))


def saturation_scale(fitted: FittedMMM, start: int, stop: int) -> Samples:
    """Give the multiple of the flight where the next unit earns half of the average unit.

    Returns
    -------
    ndarray, shape (n_draws, n_channels)
        A draw may lie far beyond `MAX_SCALE`, which is then the honest end of an interval.
    """
    flight = _flight(fitted, start, stop)
    slope = fitted.draws.slope[..., None]

    def still_steep(scale: Samples) -> NDArray[np.bool_]:
        effect = _effect(fitted, flight * scale[..., None])
        return np.asarray((effect * (elasticity(effect, slope) - 0.5)).sum(-1) > 0)

    low, high = (np.full(fitted.draws.slope.shape, end) for end in _SEARCHED_SCALES)
    for _ in range(_BISECTIONS):
        middle = np.sqrt(low * high)
        steep = still_steep(middle)
        low, high = np.where(steep, middle, low), np.where(steep, high, middle)
    return np.asarray(np.sqrt(low * high))


def break_even_scale(fitted: FittedMMM, start: int, stop: int, *, margin: float = 1.0) -> Samples:
    """Give the highest multiple of the flight at which the next unit still earns itself.

    Parameters
    ----------
    margin : float
        Share of the outcome that is earned; 1: the outcome itself.

    Returns
    -------
    ndarray, shape (n_draws, n_channels)
        Zero where no unit ever earns itself. A draw may lie far beyond
        `MAX_SCALE`, which is then the honest end of an interval.
    """
    flight = _flight(fitted, start, stop)
    slope = fitted.draws.slope[..., None]
    spend = fitted.data.spend[start:stop].mean(0)
    worth = margin * _weekly_ceiling(fitted) / np.where(spend > 0, spend, np.inf)

    def earns(scale: Samples) -> NDArray[np.bool_]:
        effect = _effect(fitted, flight * scale[..., None])
        return np.asarray(worth * (effect * elasticity(effect, slope)).mean(-1) >= scale)

    scales = np.geomspace(*_SEARCHED_SCALES, _BREAK_EVEN_STEPS)
    low = np.zeros(slope.shape[:2])
    for scale in scales:  # the return may rise before it falls: keep the last scale that earns
        low = np.where(earns(np.full_like(low, scale)), scale, low)
    found = low > 0
    high = np.minimum(low * scales[1] / scales[0], scales[-1])
    for _ in range(_BREAK_EVEN_BISECTIONS):
        middle = np.where(found, np.sqrt(low * high), scales[0])
        earning = earns(middle)
        low, high = np.where(earning, middle, low), np.where(earning, high, middle)
    return np.where(found, low, 0.0)


def mean_curves(
    fitted: FittedMMM, start: int, stop: int, *, max_scale: float = MAX_SCALE
) -> Sequence[Curve]:
    """Give each channel's posterior mean curve in weekly spend, for the budget.

    The curve is exact in value and slope at 61 spends and interpolated by cubics between them.
    """
    scales = max_scale * np.linspace(0, 1, _NODES) ** 2
    flight = _flight(fitted, start, stop)
    slope = fitted.draws.slope[..., None]
    ceiling = _weekly_ceiling(fitted)
    values, slopes = [], []
    for scale in np.maximum(scales, 1e-9):
        effect = _effect(fitted, flight * scale)
        growth = effect * elasticity(effect, slope) / scale
        values.append((ceiling * effect.mean(-1)).mean(0))
        slopes.append((ceiling * growth.mean(-1)).mean(0))
    current = fitted.data.spend[start:stop].mean(0)
    return [
        _spline(scales * spend, np.array(values)[:, row], np.array(slopes)[:, row] / spend)
        if spend > 0
        else _nothing
        for row, spend in enumerate(current)
    ]


def predict(
    fitted: FittedMMM,
    spend: NDArray[np.float64],
    controls: NDArray[np.float64],
    rng: np.random.Generator,
) -> Prediction:
    """Give the outcome of the training weeks and of any that follow, by week.

    Parameters
    ----------
    spend, controls : ndarray, shape (n_rows, n_channels) and (n_rows, n_controls)
        The training weeks first, then the weeks to forecast; of a daily model, days.

    Notes
    -----
    Organic channels go on in the weeks to forecast as in the mean week of the last year. Demand
    that budgets follow is not foreseen, but it will come: in training the allowances explained it,
    ahead it is part of the noise, by stretches of what was seen. And all weeks ahead may lie on one
    side of what is expected, as past quarters did (:mod:`apportion.mmm.past_quarters`).
    """
    data, draws = fitted.data, fitted.draws
    rows, scale = data.rows, outcome_scale(data)
    linear = baseline.of(data, controls)
    media = _media(fitted, spend)
    brought = _organic(fitted, len(spend))
    expected = media + brought + linear.offset + draws.baseline @ linear.columns.T
    before = burn_in(rows.autoregression)
    luck = rng.standard_normal((len(expected), before + expected.shape[1]))
    noise = drawn(luck, rows.autoregression) * draws.sigma[:, None]
    later = len(spend) - rows.size
    if later:
        noise[:, rows.size :] += _unforeseen_demand(fitted, later, rng)
        left = rows.outcome / scale - (media + brought)[:, : rows.size].mean(0)
        spread = unforeseen_spread(data, left, float(draws.sigma.mean()))
        noise[:, rows.size :] += spread * rng.standard_normal((len(noise), 1))
    found = (expected * scale, (expected + noise) * scale)
    return Prediction(*(weekly(each, rows.per_week) for each in found))


def innovations(fitted: FittedMMM) -> NDArray[np.float64]:
    """Give what the model missed of each row beside what the rows before tell, (n_rows,)."""
    data, rows = fitted.data, fitted.data.rows
    linear = baseline.of(data)
    caused = (_media(fitted, rows.spend) + _organic(fitted, rows.size)).mean(0)
    expected = caused + linear.offset + linear.columns @ fitted.draws.baseline.mean(0)
    return whitened(rows.outcome / outcome_scale(data) - expected, rows.autoregression)


def media(fitted: FittedMMM, spend: NDArray[np.float64]) -> Samples:
    """Give what spend causes by week, (n_draws, n_weeks), of rows as in :func:`predict`."""
    caused = outcome_scale(fitted.data) * _media(fitted, spend)
    return weekly(caused, fitted.data.rows.per_week)


def _media(fitted: FittedMMM, spend: NDArray[np.float64]) -> Samples:
    """Give what spend causes in each row, (n_draws, n_rows), in mean rows."""
    effect = _effect(fitted, _carried(fitted, spend / spend_scale(fitted.data)))
    return np.asarray(np.einsum("dc,dct->dt", fitted.draws.beta, effect))


def _organic(fitted: FittedMMM, rows: int) -> Samples:
    """Give what organic channels bring, (n_draws, rows), or nothing, in mean weeks."""
    organic = fitted.organic
    if organic is None:
        return np.zeros((len(fitted.draws.sigma), rows))
    volume, per_week = organic.data.rows.spend, organic.data.rows.per_week
    usual = usual_week(volume[-YEAR * per_week :], per_week)
    later = np.tile(usual, (max(0, rows - len(volume)) // per_week, 1))
    return _media(organic, np.vstack([volume, later]))[:, :rows]


def _unforeseen_demand(fitted: FittedMMM, rows: int, rng: np.random.Generator) -> Samples:
    """Give what the allowances may bring in rows ahead, (n_draws, rows), in mean rows."""
    data, size = fitted.data, fitted.data.rows.size
    mean = baseline.allowance_mean(data)
    own = fitted.draws.baseline[:, -len(mean) :]
    brought = mean + own @ baseline.allowance_spread(data).T
    begins = rng.integers(size, size=(len(brought), 1))
    unexplained = baseline.unexplained_spend(data)
    out = np.zeros((len(brought), rows))
    for row in range(rows):
        out[:, row] = (brought * unexplained[(begins[:, 0] + row) % size]).sum(1)
    return out


def _adstocked(fitted: FittedMMM) -> Samples:
    return _carried(fitted, fitted.data.rows.spend / spend_scale(fitted.data))


def _flight(fitted: FittedMMM, start: int, stop: int) -> Samples:
    """Give the adstocked rows of the weeks [start, stop)."""
    per_week = fitted.data.rows.per_week
    return _adstocked(fitted)[..., start * per_week : stop * per_week]


def _carried(fitted: FittedMMM, flights: NDArray[np.float64]) -> Samples:
    per_week = fitted.data.rows.per_week
    return adstock(flights, fitted.draws.alpha, fitted.peak, per_week=per_week)


def _effect(fitted: FittedMMM, adstocked: Samples) -> Samples:
    draws = fitted.draws
    return hill(adstocked, draws.half_saturation[..., None], draws.slope[..., None])


def _ceiling(fitted: FittedMMM) -> Samples:
    """Give the highest possible effect of a row, (n_draws, n_channels, 1)."""
    return fitted.draws.beta[..., None] * outcome_scale(fitted.data)


def _weekly_ceiling(fitted: FittedMMM) -> Samples:
    """Give the highest possible effect of a week, (n_draws, n_channels)."""
    return np.asarray(_ceiling(fitted)[..., 0] * fitted.data.rows.per_week)


def _spline(
    spend: NDArray[np.float64], revenue: NDArray[np.float64], slope: NDArray[np.float64]
) -> Curve:
    from scipy.interpolate import CubicHermiteSpline  # a third of a second, for every command

    value = CubicHermiteSpline(spend, revenue, slope)
    derivative = value.derivative()
    return lambda at: (value(at), derivative(at))


def _nothing(at: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.zeros_like(at), np.zeros_like(at)
