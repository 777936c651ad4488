"""The least and the most that each channel may get in a week.

Limits of a channel that the caller does not limit:

- If the model tells its effect: 0.5 to 1.5 times its share of the budget; where the budget itself
  is sought, 0.5 to 1.5 times its current spend.
- If it cannot (or the model as a whole forecasts badly): its spend stays as it is; where the others
  cannot make up the whole difference, its share of the budget stays instead.
- Never more than `MAX_SCALE` times its current spend, where the curves end.

A channel without spend in the window has no flight to scale and stays without.
"""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from apportion.errors import FieldError
from apportion.mmm.response import MAX_SCALE
from apportion.mmm.summary import LEAST_SHARE, MOST_SHARE
from apportion.results.mmm import HowSure, MMMResults, SpendBounds

ROUNDING = 1e-9

Amounts = NDArray[np.float64]


def held_channels(results: MMMResults) -> set[str]:
    """Give the channels that keep their spend: what they earn cannot be told."""
    if any(check.code == "holdout_worse" for check in results.checks):
        return {effect.channel for effect in results.channels}
    return {effect.channel for effect in results.channels if effect.how_sure is HowSure.CANNOT_TELL}


def limits(
    channels: tuple[str, ...],
    current: Amounts,
    held: Collection[str],
    total: float | None,
    bounds: Mapping[str, SpendBounds],
) -> tuple[Amounts, Amounts]:
    """Give the lower and the upper limit of every channel.

    Parameters
    ----------
    current : ndarray, shape (n_channels,)
        Spend a week as it is.
    held : collection of str
        Channels that keep their spend.
    total : float, optional
        The budget of a week; None: it is sought.
    bounds : mapping of str to SpendBounds
        Limits in place of the usual ones.

    Raises
    ------
    FieldError
        If there is no such channel, or the limits leave no way to spend exactly `total`.
    """
    for name in bounds:
        if name not in channels:
            raise FieldError(
                "bounds", name, found="no such channel", allowed=f"one of {', '.join(channels)}"
            )
    keeps = np.array([name in held for name in channels])
    lower, upper = _usual_limits(keeps, current, current.sum() if total is None else total)
    for row, name in enumerate(channels):
        if name in bounds:
            lower[row], upper[row] = _given_limits(name, bounds[name], current[row], total)
    if total is not None and not (
        lower.sum() * (1 - ROUNDING) <= total <= upper.sum() * (1 + ROUNDING)
    ):
        raise FieldError(
            "total_budget",
            found=money(total),
            allowed=f"{money(lower.sum())} to {money(upper.sum())}, the sums of the channels' "
            "limits; widen those given, or give limits for more channels",
        )
    return lower, upper


def money(amount: float) -> str:
    """Give an amount as a message has it."""
    return f"{amount:,.2f}" if abs(amount) < 1e15 else f"{amount:g}"


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
    name: str, given: SpendBounds, current: float, total: float | None
) -> tuple[float, float]:
    most = MAX_SCALE * current
    lower = given.min or 0.0
    upper = given.max if given.max is not None else most if total is None else total
    if not 0 <= lower <= most * (1 + ROUNDING):
        raise FieldError(
            "bounds",
            name,
            "min",
            found=money(lower),
            allowed=f"0 to {money(most)}, which is {MAX_SCALE:g} times what is spent now",
        )
    if upper < lower:
        raise FieldError(
            "bounds",
            name,
            "max",
            found=money(upper),
            allowed=f"at least the lower limit, {money(lower)}",
        )
    return lower, max(lower, min(upper, most))
