"""The baseline: what the outcome would be without media, and how it is integrated out.

Level, trend, seasonality and controls enter linearly with Gaussian priors. Given the media
parameters their posterior is known exactly, so the sampler never sees them: with U S V' the
singular value decomposition of the design (prior standard deviations folded into its columns), the
entries of U'(outcome - media) are independent with variances sigma^2 + s^2. Their draws come back
afterwards from the exact conditional.

References
----------
.. [1] Gelman, A. et al. (2013). Bayesian Data Analysis, 3rd edition, chapter 14.
"""

import numpy as np
from numpy.typing import NDArray

from apportion.mmm import priors

HARMONICS = 3
KNOTS = 6
WEEKS_PER_YEAR = 52.1775


def design(controls: NDArray[np.float64], n_weeks: int) -> NDArray[np.float64]:
    """Give the baseline's design, in mean weeks of the outcome, prior sd folded into the columns.

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
    seen = controls[:n_weeks]
    deviation = seen.std(0)
    scaled = (controls - seen.mean(0)) / np.where(deviation > 0, deviation, 1.0)
    return np.column_stack(
        [
            np.full(len(week), priors.LEVEL_SD),
            priors.TREND_SD * (week - (n_weeks - 1) / 2) / n_weeks,
            priors.BEND_SD * (hats - hats[:n_weeks].mean(0)),
            priors.SEASON_SD * np.sin(wave),
            priors.SEASON_SD * np.cos(wave),
            priors.CONTROL_SD * scaled,
        ]
    )


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
