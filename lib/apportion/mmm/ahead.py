"""The weeks to come: what to expect of planned spend, season included.

The level and the trend's slope go on as they were last, the season repeats, and controls are taken
to be those of the same weeks of last year; the forecast says so. Planned spend carries no news of
demand. The interval of the whole is that of sums of draws, so that it holds what the weeks have in
common.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from apportion.errors import FieldError
from apportion.mmm import response
from apportion.mmm.cents import digits_of, whole_cents
from apportion.mmm.data import WEEKS_A_YEAR
from apportion.mmm.days import Rows, usual_week
from apportion.mmm.diagnostics import interval
from apportion.mmm.limits import ROUNDING, money
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.response import MAX_SCALE
from apportion.mmm.summary import Window
from apportion.results.base import LEVEL
from apportion.results.mmm import Check, CheckLevel, MMMResults
from apportion.results.scenarios import Flighting, Forecast, SpendPlan

SEED = 20_261
"""The same for every plan, so that two plans differ by their spend and not by chance."""

Amounts = NDArray[np.float64]


def forecast(fitted: FittedMMM, results: MMMResults, plan: SpendPlan) -> tuple[Forecast, Amounts]:
    """Give what a version expects of a plan.

    Returns
    -------
    Forecast
    ndarray, shape (n_draws,)
        Expected outcome of all weeks, the same draws for every plan.

    Raises
    ------
    FieldError
        If the plan names a channel that there is none of, or an amount beyond where its curve ends.
    """
    data = fitted.data
    digits = digits_of(results.currency)
    spend = planned_spend(fitted, plan, digits)
    rng = np.random.default_rng(SEED)
    rows = np.vstack([data.rows.spend, _by_row(data.rows, spend)])
    predicted = response.predict(fitted, rows, _controls(data.rows, plan.weeks), rng)
    later = slice(data.n_weeks, None)
    expected, possible = predicted.expected[:, later], predicted.replicated[:, later]
    lower, upper = np.quantile(possible, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    media = response.media(fitted, rows)[:, later].sum(1)
    start = data.n_weeks - WEEKS_A_YEAR
    last_year = data.outcome[start : start + plan.weeks] if start >= 0 else None
    first = data.weeks[-1] + np.timedelta64(7, "D")
    weeks = first + 7 * np.arange(plan.weeks).astype("timedelta64[D]")
    told = Forecast(
        model_id=results.model_id,
        version=results.version,
        currency=results.currency,
        outcome=data.outcome_name,
        plan=plan,
        weeks=tuple(_days(weeks)),
        spend={name: tuple(spend[:, row].tolist()) for row, name in enumerate(data.channels)},
        total_spend=float(round(spend.sum(), digits)),
        expected=tuple(expected.mean(0).tolist()),
        expected_lower=tuple(lower.tolist()),
        expected_upper=tuple(upper.tolist()),
        last_year=None if last_year is None else tuple(last_year.tolist()),
        total=float(expected.sum(1).mean()),
        total_interval=interval(possible.sum(1)),
        from_media=float(media.mean()),
        from_media_interval=interval(media),
        checks=(*_assumed(data.control_names, data.n_weeks), *_beyond(fitted, spend, digits)),
    )
    return told, np.asarray(expected.sum(1))


def planned_spend(fitted: FittedMMM, plan: SpendPlan, digits: int) -> Amounts:
    """Give every week's spend in whole cents, (n_weeks, n_channels)."""
    data, window = fitted.data, Window.of(fitted)
    current = data.spend[window.start : window.stop].mean(0)
    mean = current.copy()
    for name, amount in plan.spend.items():
        if name not in data.channels:
            raise FieldError(
                "spend",
                name,
                found="no such channel",
                allowed=f"one of {', '.join(data.channels)}",
            )
        row = data.channels.index(name)
        most = MAX_SCALE * data.spend[:, row].mean()
        if not 0 <= amount <= most * (1 + ROUNDING):
            raise FieldError(
                "spend",
                name,
                found=money(amount),
                allowed=f"0 to {money(most)} a week, which is {MAX_SCALE:g} times the mean week",
            )
        mean[row] = amount
    columns = []
    for row in range(len(mean)):
        flight = mean[row] * _pattern(data.spend[:, row], plan)
        none = np.zeros(plan.weeks)
        columns.append(whole_cents(flight, flight.sum(), none, flight + 1, digits=digits))
    return np.column_stack(columns)


def _pattern(spend: Amounts, plan: SpendPlan) -> Amounts:
    """Give a channel's weeks as multiples of their mean."""
    start = len(spend) - WEEKS_A_YEAR
    same = spend[start : start + plan.weeks] if start >= 0 else np.zeros(0)
    if plan.flighting is Flighting.EVEN or len(same) < plan.weeks or not same.sum() > 0:
        return np.ones(plan.weeks)
    return np.asarray(same / same.mean())


def _by_row(rows: Rows, spend: Amounts) -> Amounts:
    """Spread planned weeks, (n_weeks, n_channels), over days as those of the last year were."""
    usual = usual_week(rows.spend[-WEEKS_A_YEAR * rows.per_week :], rows.per_week)
    spent = usual.sum(0)
    share = np.where(spent > 0, usual / np.where(spent > 0, spent, 1.0), 1 / rows.per_week)
    return np.asarray((spend[:, None, :] * share).reshape(-1, spend.shape[1]))


def _controls(rows: Rows, weeks: int) -> Amounts:
    controls, size, year = rows.controls, rows.size, WEEKS_A_YEAR * rows.per_week
    ahead = weeks * rows.per_week
    if size < year:
        return np.vstack([controls, np.tile(controls.mean(0), (ahead, 1))])
    return np.vstack([controls, controls[size - year + np.arange(ahead) % year]])


def _days(weeks: NDArray[np.datetime64]) -> Sequence[dt.date]:
    days: list[dt.date] = weeks.astype("datetime64[D]").tolist()
    return days


def _assumed(controls: tuple[str, ...], n_weeks: int) -> tuple[Check, ...]:
    if not controls:
        return ()
    when = (
        "those of the same weeks of last year" if n_weeks >= WEEKS_A_YEAR else "their mean so far"
    )
    return (
        Check(
            code="controls_assumed",
            level=CheckLevel.CAUTION,
            message=f"{', '.join(controls)}: taken to be {when}. Prices, promotions or holidays "
            "that fall otherwise will move the outcome.",
        ),
    )


def _beyond(fitted: FittedMMM, spend: Amounts, digits: int) -> tuple[Check, ...]:
    highest = fitted.data.spend.max(0)
    names = tuple(
        name
        for row, name in enumerate(fitted.data.channels)
        if spend[:, row].max() > highest[row] + 10.0**-digits  # whole cents may round up
    )
    if not names:
        return ()
    return (
        Check(
            code="extrapolation",
            level=CheckLevel.CAUTION,
            message=f"Weeks beyond the highest in the data: {', '.join(names)}. What they would "
            "bring is supposed, not seen.",
            channels=names,
        ),
    )
