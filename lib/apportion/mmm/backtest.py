"""Back-test: what a stored version forecasts for the weeks after its data, against what happened.

A fit says how well a model follows the weeks that it has seen; this says whether it could be relied
on. The forecast knows the spend and the controls of the later weeks, because the question is
whether the model turns *them* into the right outcome, not whether somebody can foresee them.
"""

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from apportion.errors import DataError
from apportion.mmm import response
from apportion.mmm.data import WEEKS_A_YEAR, MediaMixData
from apportion.mmm.diagnostics import interval, mape
from apportion.mmm.posterior import FittedMMM
from apportion.results.backtest import BackTest
from apportion.results.base import LEVEL

MOST_WEEKS = WEEKS_A_YEAR
"""Beyond a year ahead nobody uses a version any more, and its trend has lost its meaning."""


def backtest(
    fitted: FittedMMM,
    later: MediaMixData,
    *,
    model_id: str,
    version: int,
    measured_at: dt.datetime,
    seed: int = 1,
) -> BackTest | None:
    """Measure a version against the weeks that have come since.

    Parameters
    ----------
    fitted : FittedMMM
        The version as it is stored.
    later : MediaMixData
        The data as they are now; the weeks up to the last trained one are not looked at, and of the
        later ones at most `MOST_WEEKS`.

    Returns
    -------
    BackTest or None
        None: no complete week has come since.

    Raises
    ------
    DataError
        If a channel or a control of the version is no longer in the data, its outcome is another
        one, or the weeks begin on another weekday.
    """
    data = fitted.data
    _check(data, later)
    last = data.weeks[-1]
    new = np.flatnonzero(later.weeks > last)[:MOST_WEEKS]
    if not len(new):
        return None
    if later.weeks[new[0]] != last + np.timedelta64(7, "D"):
        raise DataError(
            f"The weeks after {last} that version {version} was trained on do not follow it "
            f"directly: the next one found begins on {later.weeks[new[0]]}. Import the missing "
            "weeks."
        )
    seen, rows = data.rows, later.rows
    at = slice(int(new[0]) * rows.per_week, (int(new[-1]) + 1) * rows.per_week)
    spend = rows.spend[at][:, _columns(later.channels, data.channels)]
    controls = rows.controls[at][:, _columns(later.control_names, data.control_names)]
    forecast = response.predict(
        fitted,
        np.vstack([seen.spend, spend]),
        np.vstack([seen.controls, controls]),
        np.random.default_rng(seed),
    )
    outcome = later.outcome[new]
    expected = forecast.expected[:, data.n_weeks :].mean(0)
    replicated = forecast.replicated[:, data.n_weeks :]
    lower, upper = np.quantile(replicated, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    promised = _errors(replicated, expected)
    return BackTest(
        model_id=model_id,
        version=version,
        period=later.range_of(int(new[0]), int(new[-1]) + 1),
        weeks=len(new),
        mape=mape(outcome, expected),
        promised_mape=float(promised.mean()),
        promised_mape_interval=interval(promised),
        last_year_mape=_last_year(data, later, new),
        bias=float(expected.sum() / outcome.sum() - 1),
        coverage90=float(np.mean((lower <= outcome) & (outcome <= upper))),
        measured_at=measured_at,
    )


def _errors(replicated: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the MAPE, (n_draws,), that would be measured if each draw were what happened."""
    return np.asarray((np.abs(expected - replicated) / np.abs(replicated)).mean(1))


def _last_year(data: MediaMixData, later: MediaMixData, new: NDArray[np.intp]) -> float | None:
    weeks = np.concatenate([data.weeks, later.weeks[new]])
    outcome = np.concatenate([data.outcome, later.outcome[new]])
    first = len(weeks) - len(new) - WEEKS_A_YEAR
    if first < 0:
        return None
    return mape(outcome[data.n_weeks :], outcome[first : first + len(new)])


def _check(data: MediaMixData, later: MediaMixData) -> None:
    if later.outcome_name != data.outcome_name:
        raise DataError(
            f"The version explains {data.outcome_name}, the data hold {later.outcome_name}."
        )
    gone = [
        name
        for known, names in (
            (later.channels, data.channels),
            (later.control_names, data.control_names),
        )
        for name in names
        if name not in known
    ]
    if gone:
        raise DataError(
            f"{', '.join(gone)}: in the version, but not (any more) in the data. Import it again, "
            "or leave this version aside."
        )
    if later.grain is not data.grain:
        raise DataError(f"The version counts by {data.grain}, the data given by {later.grain}.")
    if (later.weeks[0] - data.weeks[0]).astype(np.int64) % 7:
        raise DataError(
            "The weeks of the data begin on another weekday than those of the version. Train a "
            "new version."
        )


def _columns(known: tuple[str, ...], wanted: tuple[str, ...]) -> list[int]:
    return [known.index(name) for name in wanted]
