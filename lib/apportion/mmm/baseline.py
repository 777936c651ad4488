"""The baseline: what the outcome would be without media, and how it is integrated out.

Level, trend, seasonality, controls and the channels' allowances enter linearly with Gaussian
priors. Given the media parameters their posterior is known exactly, so the sampler never sees them:
with U S V' the singular value decomposition of the design (prior standard deviations folded into
its columns), the entries of U'(outcome - media) are independent with variances sigma^2 + s^2. Their
draws come back afterwards from the exact conditional.

An allowance stands for demand that the model cannot see and that a channel's budget follows: one
column per channel, its log spend with all the rest of the design taken out. What moves the outcome
along that column is not caused by the channel's spend. Where there is such demand, a model without
the column credits the channel with it, and nothing in its fit shows it. How strong such demand is,
is the company's own and the same for all of its channels, so their allowances are correlated: eight
that were independent would be too sure of their sum.

References
----------
.. [1] Gelman, A. et al. (2013). Bayesian Data Analysis, 3rd edition, chapter 14.
.. [2] Chen, A. et al. (2018). Bias correction for paid search in media mix modeling. Google Inc.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from apportion.mmm import priors
from apportion.mmm.data import MediaMixData

HARMONICS = 3
KNOTS = 6
WEEKS_PER_YEAR = 52.1775
RARE = 0.5
"""A control that is zero in more than this share of the weeks marks an event."""


class Baseline(NamedTuple):
    """The linear part: `columns` (n_rows, n_columns) with coefficients N(0, 1), and `offset`."""

    columns: NDArray[np.float64]
    offset: NDArray[np.float64]
    """Prior mean of what the allowances bring, (n_rows,)."""


def of(data: MediaMixData, controls: NDArray[np.float64] | None = None) -> Baseline:
    """Give the baseline of a model, in mean weeks of the outcome.

    Parameters
    ----------
    controls : ndarray, shape (n_rows, n_controls), optional
        The training weeks first, then the weeks to forecast. What is planned for them carries no
        news of demand, so the allowances are zero there.
    """
    controls = data.controls if controls is None else controls
    columns = design(controls, data.n_weeks)
    table = priors.table(data.channel_priors)
    own = np.zeros((len(controls), len(data.channels)))
    own[: data.n_weeks] = unexplained_spend(data)
    allowed = own @ allowance_spread(data)
    return Baseline(np.column_stack([columns, allowed]), own @ table["allowance_mean"])


def allowance_spread(data: MediaMixData) -> NDArray[np.float64]:
    """Give the root of the allowances' prior covariance, (n_channels, n_channels).

    The allowances are their prior means plus this, times standard Normal coefficients.
    """
    deviation = priors.table(data.channel_priors)["allowance_sd"]
    correlation = np.full((len(deviation),) * 2, priors.ALLOWANCE_CORRELATION)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(deviation[:, None] * np.linalg.cholesky(correlation))


def unexplained_spend(data: MediaMixData) -> NDArray[np.float64]:
    """Give each channel's log spend that level, trend, season and controls do not explain.

    Returns
    -------
    ndarray, shape (n_weeks, n_channels)
        Standard deviation 1; zero for a channel whose spend is explained wholly.
    """
    columns = design(data.controls, data.n_weeks)
    mean = data.spend.mean(0)
    logs = np.log1p(data.spend / np.where(mean > 0, mean, 1.0))
    left = logs - columns @ np.linalg.lstsq(columns, logs, rcond=None)[0]
    deviation = left.std(0)
    return np.where(deviation > 1e-6, left / np.maximum(deviation, 1e-12), 0.0)


def design(controls: NDArray[np.float64], n_weeks: int) -> NDArray[np.float64]:
    """Give the design of level, trend, season and controls, prior sd folded into the columns.

    Parameters
    ----------
    controls : ndarray, shape (n_rows, n_controls)
        Rows beyond `n_weeks` are a forecast: scales come from the training weeks alone, and the
        trend's bends stop there.
    n_weeks : int
        Training weeks, at least two.

    Returns
    -------
    ndarray, shape (n_rows, n_columns)
        Columns: level, trend, its bends, sines and cosines of the year, controls.
    """
    week = np.arange(len(controls))
    inside = np.minimum(week, n_weeks - 1) / (n_weeks - 1)
    hats = np.maximum(0, 1 - np.abs(inside[:, None] * (KNOTS - 1) - np.arange(KNOTS)))
    wave = 2 * np.pi * week[:, None] * np.arange(1, HARMONICS + 1) / WEEKS_PER_YEAR
    return np.column_stack(
        [
            np.full(len(week), priors.LEVEL_SD),
            priors.TREND_SD * (week - (n_weeks - 1) / 2) / n_weeks,
            priors.BEND_SD * (hats - hats[:n_weeks].mean(0)),
            priors.SEASON_SD * np.sin(wave),
            priors.SEASON_SD * np.cos(wave),
            _scaled(controls, controls[:n_weeks]),
        ]
    )


def _scaled(controls: NDArray[np.float64], seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give controls in standard deviations, events in shares of their fullest week."""
    deviation = seen.std(0)
    usual = priors.CONTROL_SD * (controls - seen.mean(0)) / np.where(deviation > 0, deviation, 1.0)
    fullest = np.abs(seen).max(0, initial=0.0)
    event = priors.EVENT_SD * controls / np.where(fullest > 0, fullest, 1.0)
    is_event = ((seen == 0).mean(0) > RARE) & (fullest > 0)
    return np.where(is_event, event, usual)


def rotation(columns: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the rotation that makes the weeks independent, and the variance it explains.

    Parameters
    ----------
    columns : ndarray, shape (n_weeks, n_columns)

    Returns
    -------
    rotate : ndarray, shape (n_weeks, n_weeks)
        Orthogonal.
    explained : ndarray, shape (n_weeks,)
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
    columns : ndarray, shape (n_weeks, n_columns)
    residual : ndarray, shape (n_draws, n_weeks)
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
    # Directions that the data do not reach (more columns than weeks) keep their prior, N(0, 1).
    spread = free + ((np.sqrt(noise / total) - 1) * (free @ right.T)) @ right
    return np.asarray(mean @ right + spread)
