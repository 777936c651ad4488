"""The noise of days: what one day is beside the model goes on for some days.

Days whose noise is taken for independent make a daily model too sure: seven days that are all a
little high count as seven witnesses. So the noise of a day is its own luck and a part that lasts,
of which a share stays from day to day. How large and how lasting that part is, is estimated before
sampling, by restricted maximum likelihood beside all that may explain the outcome (so that what the
baseline takes up is not missed), averaged over a grid by its likelihood; from then on it is known.
The model sees everything *whitened*: each day less what the two weeks before it tell of it. Weeks
are taken as independent, and have no coefficients.

References
----------
.. [1] Patterson, H. D. and Thompson, R. (1971). Recovery of inter-block information when block
   sizes are unequal. Biometrika 58(3).
.. [2] Hyndman, R. J. and Athanasopoulos, G. (2021). Forecasting: principles and practice, 3rd
   edition, section 10.1: regression with ARIMA errors. OTexts.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from apportion.mmm.adstock import adstock
from apportion.mmm.baseline import design
from apportion.mmm.days import Rows

LAGS = 14
"""Days that tell of the next one."""

STAYING = (0.3, 0.5, 0.65, 0.75, 0.85, 0.9, 0.95)
"""Shares of what lasts that may stay from one day to the next."""

LASTING = (0.1, 0.2, 0.35, 0.6, 1.0)
"""Shares of the noise's variance that may last."""

_RETENTION = 0.4
_LEAST_FREE = 20
_NOTHING = 1e-10  # in mean days of the outcome: what rounding leaves
_BURN_IN = 91

Array = NDArray[np.float64]


def estimated(rows: Rows) -> Rows:
    """Give the rows with how their noise goes on."""
    mean = rows.spend.mean(0)
    relative = rows.spend / np.where(mean > 0, mean, 1.0)
    retention = np.full((1, rows.spend.shape[1]), _RETENTION)
    carried = adstock(relative, retention, per_week=rows.per_week)[0].T
    linear = design(rows.controls, rows.size, per_week=rows.per_week)
    columns = np.column_stack([linear, np.log1p(carried), np.log1p(relative)])
    found = autoregression(rows.outcome / rows.outcome.mean(), columns)
    return replace(rows, autoregression=found)


def autoregression(outcome: Array, columns: Array) -> Array:
    """Estimate how what `columns` do not explain goes on from row to row.

    Parameters
    ----------
    outcome : ndarray, shape (n_rows,)
    columns : ndarray, shape (n_rows, n_columns)
        What may explain the outcome.

    Returns
    -------
    ndarray, shape (LAGS,)
        Empty where too few rows are left to tell, or nothing is.
    """
    left, singular, _ = np.linalg.svd(columns, full_matrices=False)
    basis = left[:, singular > 1e-9 * singular[0]]
    free = len(outcome) - basis.shape[1]
    error = outcome - basis @ (basis.T @ outcome)
    spread = np.sqrt(error @ error / max(free, 1))
    if free < _LEAST_FREE or not spread > _NOTHING:
        return np.zeros(0)
    whole = np.column_stack([basis, error / spread])
    lag = np.arange(LAGS + 1)
    known = [np.where(lag, share * stays**lag, 1.0) for stays in STAYING for share in LASTING]
    correlations = [(lag == 0).astype(float), *known]
    loss, variance = [], []
    for correlation in correlations:
        found = _coefficients(correlation)
        white = whitened(whole, found)
        diagonal = np.diag(np.linalg.cholesky(white.T @ white))
        innovation = diagonal[-1] ** 2 / free
        loss.append(free * np.log(innovation) / 2 + np.log(diagonal[:-1]).sum())
        variance.append(innovation / (1 - found @ correlation[1:]))
    likelihood = np.exp(np.min(loss) - np.array(loss))
    covariance = (likelihood * np.array(variance)) @ np.array(correlations)
    return _coefficients(covariance)


def _coefficients(covariance: Array) -> Array:
    """Give the best forecast of a row from those before it, (LAGS,), by Yule and Walker."""
    distance = np.abs(np.subtract.outer(np.arange(LAGS), np.arange(LAGS)))
    return np.asarray(np.linalg.solve(covariance[distance], covariance[1:]))


def whitened(values: Array, coefficients: Array) -> Array:
    """Take from each row what the rows before it tell of it, along the first axis.

    Nothing is known of the rows before the first.
    """
    out = np.array(values, dtype=np.float64)
    for lag, coefficient in enumerate(coefficients, start=1):
        out[lag:] -= coefficient * values[:-lag]
    return out


def drawn(innovations: Array, coefficients: Array) -> Array:
    """Turn independent draws into noise of this autoregression, along the last axis.

    Parameters
    ----------
    innovations : ndarray, shape (n_draws, `burn_in` + n_rows)

    Returns
    -------
    ndarray, shape (n_draws, n_rows)
        As it is when it has gone on for long.
    """
    if not len(coefficients):
        return innovations
    out = np.array(innovations)
    for row in range(out.shape[1]):
        for lag, coefficient in enumerate(coefficients[:row], start=1):
            out[:, row] += coefficient * out[:, row - lag]
    return out[:, burn_in(coefficients) :]


def burn_in(coefficients: Array) -> int:
    """Give the rows that :func:`drawn` needs before those it gives."""
    return _BURN_IN if len(coefficients) else 0


def deviation_of_sum(coefficients: Array, rows: int) -> float:
    """Give the standard deviation of a sum of rows whose innovations have one of 1."""
    answer = np.zeros(_BURN_IN * 4 + rows)
    answer[0] = 1.0
    for row in range(1, len(answer)):
        past = answer[max(0, row - len(coefficients)) : row][::-1]
        answer[row] = coefficients[: len(past)] @ past
    # Of each innovation, what it adds to `rows` rows in a row, wherever it falls.
    falling = np.convolve(answer, np.ones(rows))
    return float(np.sqrt((falling**2).sum()))
