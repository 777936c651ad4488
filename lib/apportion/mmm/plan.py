"""A week's budget, split for the most revenue that a stored model expects.

Limits of a channel that the caller does not limit:

- If the model tells its effect: 0.5 to 1.5 times its share of the budget.
- If it cannot (or the model as a whole forecasts badly): its spend stays as it is; where the others
  cannot make up the whole difference, its share of the budget stays instead.
- Never more than `MAX_SCALE` times its current spend, where the curves end.

A channel without spend in the window has no flight to scale and stays without.
"""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from apportion.errors import FieldError, NotEnoughDataError
from apportion.mmm import response
from apportion.mmm.budget import optimise
from apportion.mmm.diagnostics import interval
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.response import MAX_SCALE
from apportion.mmm.summary import LEAST_SHARE, MOST_SHARE, Window
from apportion.results.mmm import (
    BudgetPlan,
    ChannelPlan,
    Check,
    CheckLevel,
    HowSure,
    MMMResults,
    SpendBounds,
)

_ROUNDING = 1e-9

Amounts = NDArray[np.float64]


def plan(
    fitted: FittedMMM, results: MMMResults, total: float, bounds: Mapping[str, SpendBounds]
) -> BudgetPlan:
    """Split `total` over the channels of a completed model.

    Parameters
    ----------
    fitted, results : FittedMMM and MMMResults
        The same completed version's.
    total : float
        What is to be spent in a week, all of it.
    bounds : mapping of str to SpendBounds
        Limits of single channels in a week, in place of the usual ones.

    Raises
    ------
    FieldError
        If there is no such channel, or the limits leave no way to spend exactly `total`.
    NotEnoughDataError
        If no channel has spend in the window.
    """
    window = Window.of(fitted)
    current = fitted.data.spend[window.start : window.stop].mean(0)
    _check_total(total, current.sum())
    held = _held(results)
    lower, upper = _limits(fitted.data.channels, current, held, total, bounds)
    best = _split(fitted, window, total, lower, upper)
    silent = current == 0
    scales = np.stack([np.ones(len(current)), np.where(silent, 1.0, best / (current + silent))])
    revenue = response.curve(fitted, scales[..., None], window.start, window.stop)
    now, then = revenue[..., 0], revenue[..., 1]
    beyond = best > fitted.data.spend.max(0) * (1 + _ROUNDING)
    gain = (then - now).sum(1)
    return BudgetPlan(
        model_id=results.model_id,
        version=results.version,
        currency=results.currency,
        estimate_window=fitted.data.range_of(window.start, window.stop),
        total_budget=total,
        current_budget=float(current.sum()),
        allocation=tuple(
            ChannelPlan(
                channel=name,
                current_spend=float(current[row]),
                optimal_spend=float(best[row]),
                lower_bound=float(lower[row]),
                upper_bound=float(upper[row]),
                current_revenue=float(now[:, row].mean()),
                current_revenue_interval=interval(now[:, row]),
                projected_revenue=float(then[:, row].mean()),
                projected_revenue_interval=interval(then[:, row]),
                how_sure=results.channels[row].how_sure,
                is_extrapolated=bool(beyond[row]),
            )
            for row, name in enumerate(fitted.data.channels)
        ),
        current_revenue=float(now.sum(1).mean()),
        current_revenue_interval=interval(now.sum(1)),
        projected_revenue=float(then.sum(1).mean()),
        projected_revenue_interval=interval(then.sum(1)),
        gain=float(gain.mean()),
        gain_interval=interval(gain),
        checks=(
            *_kept([name for name in fitted.data.channels if name in held - bounds.keys()]),
            *_beyond([name for row, name in enumerate(fitted.data.channels) if beyond[row]]),
        ),
    )


def _held(results: MMMResults) -> set[str]:
    if any(check.code == "holdout_worse" for check in results.checks):
        return {effect.channel for effect in results.channels}
    return {effect.channel for effect in results.channels if effect.how_sure is HowSure.CANNOT_TELL}


def _check_total(total: float, current: float) -> None:
    if not current > 0:
        raise NotEnoughDataError(
            "No channel has spend in the last year of the model. Import newer spend, train again."
        )
    if not 0 < total <= MAX_SCALE * current * (1 + _ROUNDING):
        raise FieldError(
            "total_budget",
            found=_money(total),
            allowed=f"a week's budget above 0, up to {_money(MAX_SCALE * current)}, which is "
            f"{MAX_SCALE:g} times what is spent now",
        )


def _limits(
    channels: tuple[str, ...],
    current: Amounts,
    held: Collection[str],
    total: float,
    bounds: Mapping[str, SpendBounds],
) -> tuple[Amounts, Amounts]:
    for name in bounds:
        if name not in channels:
            raise FieldError(
                "bounds", name, found="no such channel", allowed=f"one of {', '.join(channels)}"
            )
    lower, upper = _usual_limits(np.array([name in held for name in channels]), current, total)
    for row, name in enumerate(channels):
        if name in bounds:
            lower[row], upper[row] = _given_limits(name, bounds[name], current[row], total)
    if not lower.sum() * (1 - _ROUNDING) <= total <= upper.sum() * (1 + _ROUNDING):
        raise FieldError(
            "total_budget",
            found=_money(total),
            allowed=f"{_money(lower.sum())} to {_money(upper.sum())}, the sums of the channels' "
            "limits; widen those given, or give limits for more channels",
        )
    return lower, upper


def _usual_limits(held: NDArray[np.bool_], current: Amounts, total: float) -> tuple[Amounts, ...]:
    free = current[~held].sum()
    rest = total - current[held].sum()
    if 0 < rest <= MAX_SCALE * free:
        shares = np.where(held, 1.0, rest / free if free else 0.0)
    else:
        shares = np.full(len(current), total / current.sum())
    lower = np.where(held, shares, LEAST_SHARE * shares)
    upper = np.where(held, shares, np.minimum(MOST_SHARE * shares, MAX_SCALE))
    return lower * current, upper * current


def _given_limits(
    name: str, given: SpendBounds, current: float, total: float
) -> tuple[float, float]:
    most = MAX_SCALE * current
    lower, upper = given.min or 0.0, total if given.max is None else given.max
    if not 0 <= lower <= most:
        raise FieldError(
            "bounds",
            name,
            "min",
            found=_money(lower),
            allowed=f"0 to {_money(most)}, which is {MAX_SCALE:g} times what is spent now",
        )
    if upper < lower:
        raise FieldError(
            "bounds",
            name,
            "max",
            found=_money(upper),
            allowed=f"at least the lower limit, {_money(lower)}",
        )
    return lower, min(upper, most)


def _split(
    fitted: FittedMMM, window: Window, total: float, lower: Amounts, upper: Amounts
) -> Amounts:
    best = lower.copy()
    free = upper > lower
    if free.any():
        curves = response.mean_curves(fitted, window.start, window.stop)
        rest = total - lower[~free].sum()
        best[free] = optimise(
            [curve for curve, is_free in zip(curves, free, strict=True) if is_free],
            float(np.clip(rest, lower[free].sum(), upper[free].sum())),
            lower[free],
            upper[free],
        )
    return best


def _money(amount: float) -> str:
    return f"{amount:,.2f}" if abs(amount) < 1e15 else f"{amount:g}"


def _kept(names: list[str]) -> tuple[Check, ...]:
    if not names:
        return ()
    return (
        Check(
            code="spend_kept",
            level=CheckLevel.CAUTION,
            message="Not optimised, because the model cannot be relied on for them: "
            f"{', '.join(names)}. Give limits for them to have them optimised all the same.",
            channels=tuple(names),
        ),
    )


def _beyond(names: list[str]) -> tuple[Check, ...]:
    if not names:
        return ()
    return (
        Check(
            code="extrapolation",
            level=CheckLevel.CAUTION,
            message=f"Beyond the highest week in the data: {', '.join(names)}. What more "
            "would earn there is supposed, not seen. Go there in steps, or test it.",
            channels=tuple(names),
        ),
    )
