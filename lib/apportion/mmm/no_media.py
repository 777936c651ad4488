"""The same model without any media: what level, trend, season and controls alone forecast."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from apportion.mmm import priors
from apportion.mmm.baseline import design
from apportion.mmm.data import MediaMixData
from apportion.mmm.days import weekly
from apportion.mmm.noise import whitened
from apportion.mmm.scaling import outcome_scale

_LOG_NOISE = (np.log(0.001), np.log(1.0))


def forecast(data: MediaMixData, controls: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the posterior mean of the outcome, noise at its posterior mode, by week, (n_weeks,).

    Parameters
    ----------
    controls : ndarray, shape (n_rows, n_controls)
        The rows of `data` first, then those to forecast.
    """
    rows = data.rows
    columns = design(controls, rows.size, per_week=rows.per_week)
    scaled = rows.outcome / outcome_scale(data)
    seen = whitened(columns[: rows.size], rows.autoregression)
    scaled = whitened(scaled, rows.autoregression)
    left, singular, right = np.linalg.svd(seen, full_matrices=False)
    turned = left.T @ scaled
    rest = float(scaled @ scaled - turned @ turned)

    def loss(log_noise: float) -> float:
        noise = np.exp(2 * log_noise)
        inside = noise + singular**2
        likelihood = (turned**2 / inside + np.log(inside)).sum()
        likelihood += rest / noise + (rows.size - len(singular)) * 2 * log_noise
        return float(likelihood / 2 + 0.5 * noise / priors.noise_sd(rows.per_week) ** 2 - log_noise)

    noise = np.exp(2 * minimize_scalar(loss, bounds=_LOG_NOISE, method="bounded").x)
    coefficients = right.T @ (singular * turned / (singular**2 + noise))
    return weekly(columns @ coefficients * outcome_scale(data), rows.per_week)
