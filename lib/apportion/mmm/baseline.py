"""The baseline: what the outcome would be without media, and how it is integrated out.

Level, trend, seasonality, controls and the channels' allowances (by day also the day of the week)
enter linearly with Gaussian priors. Given the media parameters their posterior is known exactly, so
the sampler never sees them: with U S V' the singular value decomposition of the design (prior
standard deviations folded into its columns), the entries of U'(outcome - media) are independent
with variances sigma^2 + s^2. Their draws come back afterwards from the exact conditional.

An allowance stands for demand that the model cannot see and that a channel's budget follows: one
column per channel, its log spend with all the rest of the design taken out. What moves the outcome
along that column is not caused by the channel's spend. Where there is such demand, a model without
the column credits the channel with it, and nothing in its fit shows it. How strong such demand is,
is the company's own and the same for all of its channels, so their allowances are correlated: eight
that were independent would be too sure of their sum.

In a daily model each channel has two: one for its mean spend of the seven days around, which is
what a weekly model sees, and one for what the day itself has more. Demand that lasts for weeks goes
with the first, and daily noise in the spend must not hide it.

References
----------
.. [1] Gelman, A. et al. (2013). Bayesian Data Analysis, 3rd edition, chapter 14.
.. [2] Chen, A. et al. (2018). Bias correction for paid search in media mix modeling. Google Inc.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from apportion.mmm import priors

if TYPE_CHECKING:  # preparing the data takes a look at their noise, and needs the design for it
    from apportion.mmm.data import MediaMixData

HARMONICS = 3
KNOTS = 6
WEEKS_PER_YEAR = 52.1775
DAYS = 7
RARE = 0.5
"""A control that is zero in more than this share of the rows marks an event."""


class Baseline(NamedTuple):
    """The linear part: `columns` (n_rows, n_columns) with coefficients N(0, 1), and `offset`."""

    columns: NDArray[np.float64]
    offset: NDArray[np.float64]
    """Prior mean of what the allowances bring, (n_rows,)."""


def of(data: "MediaMixData", controls: NDArray[np.float64] | None = None) -> Baseline:
    """Give the baseline of a model, in mean weeks of the outcome.

    Parameters
    ----------
    controls : ndarray, shape (n_rows, n_controls), optional
        The training rows first, then those to forecast. What is planned for them carries no
        news of demand, so the allowances are zero there.
    """
    rows = data.rows
    controls = rows.controls if controls is None else controls
    columns = design(controls, rows.size, per_week=rows.per_week)
    mean = allowance_mean(data)
    own = np.zeros((len(controls), len(mean)))
    own[: rows.size] = unexplained_spend(data)
    allowed = own @ allowance_spread(data)
    return Baseline(np.column_stack([columns, allowed]), own @ mean)


def allowance_mean(data: "MediaMixData") -> NDArray[np.float64]:
    """Give the prior means of the allowances, (n_allowances,): one per channel, by day two."""
    mean = priors.table(data.channel_priors)["allowance_mean"]
    return mean if data.daily is None else np.tile(mean, 2)


def allowance_spread(data: "MediaMixData") -> NDArray[np.float64]:
    """Give the root of the allowances' prior covariance, (n_allowances, n_allowances).

    The allowances are their prior means plus this, times standard Normal coefficients.
    """
    deviation = priors.table(data.channel_priors)["allowance_sd"]
    deviation = deviation if data.daily is None else np.tile(deviation, 2)
    correlation = np.full((len(deviation),) * 2, priors.ALLOWANCE_CORRELATION)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(deviation[:, None] * np.linalg.cholesky(correlation))


def unexplained_spend(data: "MediaMixData") -> NDArray[np.float64]:
    """Give each channel's log spend that level, trend, season and controls do not explain.

    In a daily model, of the seven days around each day first, and then of the day beside these; the
    day of the week explains too.

    Returns
    -------
    ndarray, shape (n_rows, n_allowances)
        Standard deviation 1; zero for a channel whose spend is explained wholly.
    """
    rows = data.rows
    columns = design(rows.controls, rows.size, per_week=rows.per_week)
    mean = rows.spend.mean(0)
    relative = rows.spend / np.where(mean > 0, mean, 1.0)
    logs = np.log1p(relative)
    if data.daily is not None:
        around = np.log1p(_seven_days(relative))
        logs = np.column_stack([around, logs - around])
    left = logs - columns @ np.linalg.lstsq(columns, logs, rcond=None)[0]
    deviation = left.std(0)
    return np.where(deviation > 1e-6, left / np.maximum(deviation, 1e-12), 0.0)


def design(controls: NDArray[np.float64], n_rows: int, *, per_week: int = 1) -> NDArray[np.float64]:
    """Give the design of level, trend, season and controls, prior sd folded into the columns.

    Parameters
    ----------
    controls : ndarray, shape (n_rows, n_controls)
        Rows beyond `n_rows` are a forecast: scales come from the training rows alone, and the
        trend's bends stop there.
    n_rows : int
        Training weeks, or days, at least two.
    per_week : int
        Rows of a week: 1, or 7 where they are days.

    Returns
    -------
    ndarray, shape (n_rows, n_columns)
        Columns: level, trend, its bends, sines and cosines of the year, the day of the week (six
        columns, by day only), controls.
    """
    row = np.arange(len(controls))
    inside = np.minimum(row, n_rows - 1) / (n_rows - 1)
    hats = np.maximum(0, 1 - np.abs(inside[:, None] * (KNOTS - 1) - np.arange(KNOTS)))
    year = WEEKS_PER_YEAR * per_week
    wave = 2 * np.pi * row[:, None] * np.arange(1, HARMONICS + 1) / year
    return np.column_stack(
        [
            np.full(len(row), priors.LEVEL_SD),
            priors.TREND_SD * (row - (n_rows - 1) / 2) / n_rows,
            priors.BEND_SD * (hats - hats[:n_rows].mean(0)),
            priors.SEASON_SD * np.sin(wave),
            priors.SEASON_SD * np.cos(wave),
            priors.WEEKDAY_SD * _contrasts(per_week)[row % per_week],
            _scaled(controls, controls[:n_rows], per_week),
        ]
    )


def _contrasts(size: int) -> NDArray[np.float64]:
    """Give an orthonormal basis of what sums to zero over `size` rows, (size, size - 1)."""
    row = np.arange(size)[:, None]
    step = np.arange(1, size)
    helmert = np.where(row < step, 1.0, np.where(row == step, -step, 0.0))
    return np.asarray(helmert / np.sqrt(step * (step + 1.0)))


def _seven_days(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the mean of the seven days around each day, of fewer at both ends."""
    summed = np.cumsum(np.vstack([np.zeros((1, values.shape[1])), values]), axis=0)
    row = np.arange(len(values))
    first, stop = np.maximum(row - DAYS // 2, 0), np.minimum(row + DAYS // 2 + 1, len(values))
    return np.asarray((summed[stop] - summed[first]) / (stop - first)[:, None])


def _scaled(
    controls: NDArray[np.float64], seen: NDArray[np.float64], per_week: int
) -> NDArray[np.float64]:
    """Give controls in standard deviations, events in shares of their fullest week."""
    deviation = seen.std(0)
    usual = priors.CONTROL_SD * (controls - seen.mean(0)) / np.where(deviation > 0, deviation, 1.0)
    weeks = np.lib.stride_tricks.sliding_window_view(np.abs(seen), per_week, axis=0)
    fullest = weeks.mean(-1).max(0, initial=0.0)
    event = priors.EVENT_SD * controls / np.where(fullest > 0, fullest, 1.0)
    is_event = ((seen == 0).mean(0) > RARE) & (fullest > 0)
    return np.where(is_event, event, usual)


def rotation(columns: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the rotation that makes the rows independent, and the variance it explains.

    Parameters
    ----------
    columns : ndarray, shape (n_rows, n_columns)

    Returns
    -------
    rotate : ndarray, shape (n_rows, n_rows)
        Orthogonal.
    explained : ndarray, shape (n_rows,)
        Prior variance of the baseline along each rotated direction.
    """
    left, singular, _ = np.linalg.svd(columns)
    explained = np.zeros(len(columns))
    explained[: len(singular)] = singular**2
    return np.ascontiguousarray(left.T), explained


def coefficients(
    columns: NDArray[np.float64],
    residual: NDArray[np.float64],
    sigma: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Draw the integrated-out coefficients from their exact conditional posterior.

    Parameters
    ----------
    columns : ndarray, shape (n_rows, n_columns)
    residual : ndarray, shape (n_draws, n_rows)
        Outcome less media, per draw of the sampled parameters.
    sigma : ndarray, shape (n_draws,)

    Returns
    -------
    ndarray, shape (n_draws, n_columns)
    """
    left, singular, right = np.linalg.svd(columns, full_matrices=False)
    free = rng.standard_normal((len(residual), columns.shape[1]))
    noise = sigma[:, None] ** 2
    total = singular**2 + noise
    mean = (residual @ left) * singular / total
    # Directions that the data do not reach (more columns than rows) keep their prior, N(0, 1).
    spread = free + ((np.sqrt(noise / total) - 1) * (free @ right.T)) @ right
    return np.asarray(mean @ right + spread)
