"""Does a channel's spend follow demand that the model cannot see? The lead test.

Given this and past weeks' spend of all channels and the baseline, next week's spend cannot have
caused this week's outcome. Where it helps to explain it nevertheless, the budget was set by what
the outcome was (or by what moves both). The test sees demand that is followed a week late; demand
that is followed within the week leaves no trace, and no test of timing can find it.

In a daily model the same is asked of the next day's spend too, given the past week day by day: that
sees demand that is followed a day late.

References
----------
.. [1] Sims, C. A. (1972). Money, income, and causality. American Economic Review 62(4).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from apportion.mmm import baseline
from apportion.mmm.adstock import adstock
from apportion.mmm.data import MediaMixData
from apportion.mmm.days import Rows
from apportion.mmm.noise import whitened
from apportion.mmm.weeks import DAYS
from apportion.results.mmm_settings import BudgetSetting, DemandWarning

FIRES_ABOVE = 2.33
"""t value: a Normal exceeds it in 1 % of cases."""

SILENCE = (
    "That the test is silent proves nothing: where a budget follows demand within the same week, "
    "no test of timing can see it. How the budget is set must be asked."
)

_RETENTION = 0.4
_PAST = 3
_LEAST_FREE = 20


def lead_test(data: MediaMixData) -> NDArray[np.float64]:
    """Give each channel's t value by week, (n_channels,).

    NaN where the weeks do not suffice, or the spend is explained wholly by the rest.
    """
    return _lead_test(replace(data, daily=None).rows, _PAST)


def daily_lead_test(data: MediaMixData) -> NDArray[np.float64]:
    """Give the same by day, of a daily model."""
    return _lead_test(data.rows, DAYS)


def warnings(data: MediaMixData) -> tuple[DemandWarning, ...]:
    """Give what the lead test says of each channel, in words; of a daily model, the clearer one."""
    by_week = lead_test(data)
    by_day = by_week if data.daily is None else daily_lead_test(data)
    return tuple(
        _warning(name, float(max(week, day)), "day" if day > week else "week")
        for name, week, day in zip(data.channels, by_week, by_day, strict=True)
        if np.isfinite([week, day]).all()
    )


def _lead_test(rows: Rows, past: int) -> NDArray[np.float64]:
    """Give each channel's t value; `past` rows of its own spend are among what is given."""
    size, channels = rows.spend.shape
    out = np.full(channels, np.nan)
    linear = baseline.design(rows.controls, size, per_week=rows.per_week)
    if size - 1 - past - linear.shape[1] - 2 * channels - past < _LEAST_FREE:
        return out
    mean = rows.spend.mean(0)
    relative = rows.spend / np.where(mean > 0, mean, 1.0)
    retention = np.full((1, channels), _RETENTION)
    carried = adstock(relative, retention, per_week=rows.per_week)[0].T
    logs = np.log1p(relative)
    given = np.column_stack([linear, np.log1p(carried), logs])
    now = slice(past, size - 1)

    def white(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return whitened(values, rows.autoregression)

    for row in range(channels):
        before = [logs[past - lag : size - 1 - lag, row] for lag in range(1, past + 1)]
        out[row] = _t_value(
            white(rows.outcome[now]),
            white(logs[past + 1 :, row]),
            white(np.column_stack([given[now], *before])),
        )
    return out


def _warning(channel: str, value: float, unit: str) -> DemandWarning:
    fires = value > FIRES_ABOVE
    message = (
        f"Next {unit}'s spend on {channel} explains this {unit}'s outcome (t = {value:.1f}), which "
        "it cannot have caused: its budget seems to follow demand. Set it to follow demand, so "
        "that the model does not credit the channel with demand that was there anyway; a lift test "
        "settles it."
        if fires
        else SILENCE
    )
    return DemandWarning(
        channel=channel,
        t_value=value,
        fires=fires,
        proposal=BudgetSetting.FOLLOWS_DEMAND if fires else BudgetSetting.NOT_SURE,
        message=message,
    )


def _t_value(
    outcome: NDArray[np.float64], tested: NDArray[np.float64], given: NDArray[np.float64]
) -> float:
    """Give the t value of `tested` in the least-squares regression of `outcome`, given the rest."""
    scale = np.maximum(np.abs(given).max(0), 1e-12)
    left, singular, _ = np.linalg.svd(given / scale, full_matrices=False)
    basis = left[:, singular > 1e-9 * singular[0]]
    outcome = outcome - basis @ (basis.T @ outcome)
    own = tested - basis @ (basis.T @ tested)
    strength = float(own @ own)
    if strength <= 1e-9 * float(tested @ tested):
        return float("nan")
    slope = float(own @ outcome) / strength
    error = outcome - slope * own
    free = len(outcome) - basis.shape[1] - 1
    return slope * float(np.sqrt(strength * free / (error @ error)))
