"""A week's budget, split by what a stored model expects: for the most revenue, or for a target.

Amounts are whole cents. How far each channel may go is in :mod:`apportion.mmm.limits`.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from apportion.errors import FieldError, NotEnoughDataError
from apportion.mmm import response
from apportion.mmm.careful import worst_mean
from apportion.mmm.cents import digits_of, whole_cents
from apportion.mmm.diagnostics import interval
from apportion.mmm.limits import ROUNDING, held_channels, limits, money
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.response import MAX_SCALE
from apportion.mmm.splitting import Splitter
from apportion.mmm.summary import Window
from apportion.results.mmm import (
    BudgetPlan,
    ChannelPlan,
    Check,
    CheckLevel,
    MMMResults,
    Objective,
    Risk,
    SpendBounds,
)

MONEY_OUTCOME = "revenue"
"""The outcome that is money; any other is a count, such as orders."""

Amounts = NDArray[np.float64]


def plan(
    fitted: FittedMMM,
    results: MMMResults,
    total: float | None,
    bounds: Mapping[str, SpendBounds],
    *,
    objective: Objective = Objective.MOST_REVENUE,
    target: float | None = None,
    risk: Risk = Risk.MEAN,
) -> BudgetPlan:
    """Split a budget over the channels of a completed model.

    Parameters
    ----------
    fitted, results : FittedMMM and MMMResults
        The same completed version's.
    total : float, optional
        What is to be spent in a week, all of it; None where the objective seeks it.
    bounds : mapping of str to SpendBounds
        Limits of single channels in a week, in place of the usual ones.
    target : float, optional
        What the objective aims at: a return, a cost per unit or a revenue a week.

    Raises
    ------
    FieldError
        If there is no such channel, the limits leave no way to spend exactly `total`, or the
        target is out of reach.
    NotEnoughDataError
        If no channel has spend in the window.
    """
    window = Window.of(fitted)
    current = fitted.data.spend[window.start : window.stop].mean(0)
    digits = digits_of(results.currency)
    _check_current(current)
    _check_asked(objective, total, target, fitted.data.outcome_name)
    if total is not None:
        _check_total(total, current.sum(), 10.0**-digits)
    held = held_channels(results)
    lower, upper = limits(fitted.data.channels, current, held, total, bounds)
    splitter = Splitter(fitted, window, lower, upper, risk)
    spent = _total(splitter, objective, total, target, digits)
    best = whole_cents(splitter.split(spent), spent, lower, upper, digits=digits)
    kept = [name for name in fitted.data.channels if name in held - bounds.keys()]
    priced = _priced(fitted, results, window, best, lower, upper)
    reached = priced.careful_revenue if risk is Risk.CAREFUL else priced.projected_revenue
    return priced.model_copy(
        update={
            "objective": objective,
            "target": target,
            "risk": risk,
            "bound": max(splitter.bound(spent), reached),
            "checks": (*_kept(kept), *priced.checks),
        }
    )


def price(fitted: FittedMMM, results: MMMResults, spend: Mapping[str, float]) -> BudgetPlan:
    """Say what a given split of a week would bring.

    Parameters
    ----------
    fitted, results : FittedMMM and MMMResults
        The same completed version's.
    spend : mapping of str to float
        What each channel gets in a week; one that is not named keeps its spend.

    Raises
    ------
    FieldError
        If there is no such channel, or an amount is beyond where its curve ends.
    NotEnoughDataError
        If no channel has spend in the window.
    """
    window = Window.of(fitted)
    current = fitted.data.spend[window.start : window.stop].mean(0)
    _check_current(current)
    digits = digits_of(results.currency)
    names = fitted.data.channels
    for name, amount in spend.items():
        if name not in names:
            raise FieldError(
                "spend", name, found="no such channel", allowed=f"one of {', '.join(names)}"
            )
        most = MAX_SCALE * current[names.index(name)] * (1 + ROUNDING) + 10.0**-digits
        if not 0 <= amount <= most:
            raise FieldError(
                "spend",
                name,
                found=money(amount),
                allowed=f"0 to {money(most)}, which is {MAX_SCALE:g} times what is spent now",
            )
    given = np.array([spend.get(name, now) for name, now in zip(names, current, strict=True)])
    return _priced(fitted, results, window, given, given, given)


def _priced(
    fitted: FittedMMM,
    results: MMMResults,
    window: Window,
    best: Amounts,
    lower: Amounts,
    upper: Amounts,
) -> BudgetPlan:
    current = fitted.data.spend[window.start : window.stop].mean(0)
    now, then = _revenue(fitted, window, current, best)
    beyond = best > fitted.data.spend.max(0) * (1 + ROUNDING)
    gain = (then - now).sum(1)
    total = float(round(best.sum(), digits_of(results.currency)))
    per_unit = 1 / total if total > 0 else 0.0
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
        projected_roi=float(then.sum(1).mean() * per_unit),
        projected_roi_interval=interval(then.sum(1) * per_unit),
        careful_revenue=worst_mean(then.sum(1)),
        gain=float(gain.mean()),
        gain_interval=interval(gain),
        probability_better=float((gain > 0).mean()),
        checks=_beyond([name for row, name in enumerate(fitted.data.channels) if beyond[row]]),
    )


def _check_current(current: Amounts) -> None:
    if not current.sum() > 0:
        raise NotEnoughDataError(
            "No channel has spend in the last year of the model. Import newer spend, train again."
        )


def _check_total(total: float, current: float, smallest: float) -> None:
    if not smallest <= total <= MAX_SCALE * current * (1 + ROUNDING):
        raise FieldError(
            "total_budget",
            found=money(total),
            allowed=f"a week's budget above 0, up to {money(MAX_SCALE * current)}, which is "
            f"{MAX_SCALE:g} times what is spent now",
        )


def _check_asked(
    objective: Objective, total: float | None, target: float | None, outcome: str
) -> None:
    if objective is Objective.MOST_REVENUE:
        if total is None:
            raise FieldError("total_budget", found="nothing", allowed="what a week may cost")
        if target is not None:
            raise FieldError(
                "target", found=f"{target:g}", allowed="nothing, where the total is given"
            )
        return
    if total is not None:
        raise FieldError(
            "total_budget",
            found=money(total),
            allowed=f"nothing, where the objective ({objective.value}) seeks the total",
        )
    if target is None or not 0 < target < float("inf"):
        raise FieldError(
            "target",
            found="nothing" if target is None else f"{target:g}",
            allowed="a number above 0",
        )
    if objective is Objective.TARGET_CPA and outcome == MONEY_OUTCOME:
        raise FieldError(
            "objective",
            found=objective.value,
            allowed=f"{Objective.TARGET_ROI.value}, because this model explains revenue and not a "
            "count such as orders",
        )


def _total(
    splitter: Splitter,
    objective: Objective,
    total: float | None,
    target: float | None,
    digits: int,
) -> float:
    """Give the budget of a week in whole cents."""
    if total is not None:
        return round(total, digits)
    assert target is not None
    if objective is Objective.LEAST_BUDGET:
        return _up(splitter.least_budget(target), digits)
    if objective is Objective.TARGET_CPA:
        found = splitter.largest_budget(1 / target, name_of=lambda roi: f"{1 / roi:,.2f}")
    else:
        found = splitter.largest_budget(target, name_of=lambda roi: f"{roi:.3g}")
    return -_up(-found, digits)


def _up(amount: float, digits: int) -> float:
    return float(np.ceil(amount * 10**digits) / 10**digits)


def _revenue(
    fitted: FittedMMM, window: Window, current: Amounts, best: Amounts
) -> tuple[Amounts, Amounts]:
    """Give every draw's revenue a week at current and at best spend, (n_draws, n_channels)."""
    silent = current == 0
    scales = np.stack([np.ones(len(current)), np.where(silent, 1.0, best / (current + silent))])
    revenue = response.curve(fitted, scales[..., None], window.start, window.stop)
    return revenue[..., 0], revenue[..., 1]


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
