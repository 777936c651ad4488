"""The same model without any media: what level, trend, season and controls alone forecast."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from apportion.mmm import priors
from apportion.mmm.baseline import design
from apportion.mmm.data import MediaMixData
from apportion.mmm.scaling import outcome_scale

_LOG_NOISE = (np.log(0.001), np.log(1.0))


def forecast(data: MediaMixData, controls: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the posterior mean of the outcome, noise at its posterior mode, (n_rows,).

    Parameters
    ----------
    controls : ndarray, shape (n_rows, n_controls)
        The weeks of `data` first, then those to forecast.
    """
    columns = design(controls, data.n_weeks)
    scaled = data.outcome / outcome_scale(data)
    left, singular, right = np.linalg.svd(columns[: data.n_weeks], full_matrices=False)
    turned = left.T @ scaled
    rest = float(scaled @ scaled - turned @ turned)

    def loss(log_noise: float) -> float:
        noise = np.exp(2 * log_noise)
        inside = noise + singular**2
        likelihood = (turned**2 / inside + np.log(inside)).sum()
        likelihood += rest / noise + (data.n_weeks - len(singular)) * 2 * log_noise
        return float(likelihood / 2 + 0.5 * noise / priors.NOISE_SD**2 - log_noise)

    noise = np.exp(2 * minimize_scalar(loss, bounds=_LOG_NOISE, method="bounded").x)
    coefficients = right.T @ (singular * turned / (singular**2 + noise))
    return np.asarray(columns @ coefficients * outcome_scale(data))
