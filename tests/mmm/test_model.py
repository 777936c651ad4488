"""The PyMC model: its density is the model's equations, whichever way they are written down."""

import numpy as np
import pytest
from scipy import stats

from apportion.mmm import baseline, density, model, priors
from apportion.mmm.adstock import LAGS, adstock
from apportion.mmm.saturation import hill
from mmm.companies import company

WEEKS, CHANNELS = 40, 2


@pytest.fixture(scope="module")
def small():
    return company(3, weeks=WEEKS, channels=CHANNELS).data


@pytest.fixture(scope="module")
def densities(small):
    """Give log prior and log likelihood as functions of the untransformed parameters."""
    built = model.build(small)
    prior = built.compile_logp(vars=built.free_RVs, jacobian=False)
    likelihood = built.compile_logp(vars=built.observed_RVs)
    return prior, likelihood


def parameters(seed):
    rng = np.random.default_rng(seed)
    return {
        "alpha": rng.uniform(0.05, 0.9, CHANNELS),
        "half_saturation": rng.uniform(0.3, 3, CHANNELS),
        "slope_excess": rng.uniform(0.05, 0.8, CHANNELS),
        "log_roi": rng.normal(0.2, 0.9, CHANNELS),
        "sigma": rng.uniform(0.02, 0.3),
    }


def unconstrained(at):
    return {
        "alpha_logodds__": np.log(at["alpha"] / (1 - at["alpha"])),
        "half_saturation_log__": np.log(at["half_saturation"]),
        "slope_excess_log__": np.log(at["slope_excess"]),
        "log_roi": at["log_roi"],
        "sigma_log__": np.log(at["sigma"]),
    }


def media(data, at):
    """Media in mean weeks of the outcome, by the return that the prior speaks of."""
    carried = adstock(data.spend / data.spend.mean(0), at["alpha"][None])[0]
    effect = hill(carried, at["half_saturation"][:, None], 1 + at["slope_excess"][:, None])
    caused = np.exp(at["log_roi"]) * data.spend.sum(0) / effect.sum(1)
    return caused @ effect / data.outcome.mean()


@pytest.mark.parametrize("seed", range(4))
def test_likelihood_is_that_of_the_model_with_its_baseline_integrated_out(small, densities, seed):
    at = parameters(seed)
    linear = baseline.of(small)
    covariance = at["sigma"] ** 2 * np.eye(WEEKS) + linear.columns @ linear.columns.T

    expected = stats.multivariate_normal.logpdf(
        small.outcome / small.outcome.mean(), media(small, at) + linear.offset, covariance
    )

    assert densities[1](unconstrained(at)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_prior_is_the_one_written_down(densities, seed):
    at = parameters(seed)

    expected = (
        stats.beta.logpdf(at["alpha"], *priors.ALPHA_BETA).sum()
        + stats.norm.logpdf(
            np.log(at["half_saturation"]),
            priors.HALF_SATURATION_LOG_MEAN,
            priors.HALF_SATURATION_LOG_SD,
        ).sum()
        - np.log(at["half_saturation"]).sum()
        + stats.halfnorm.logpdf(at["slope_excess"], 0, priors.SLOPE_EXCESS_SD).sum()
        + stats.norm.logpdf(at["log_roi"], priors.ROI_LOG_MEAN, priors.ROI_LOG_SD).sum()
        + stats.halfnorm.logpdf(at["sigma"], 0, priors.NOISE_SD)
    )

    assert densities[0](unconstrained(at)) == pytest.approx(expected, abs=1e-6)


def test_dimensions_have_names_and_coordinates(small):
    built = model.build(small)

    assert built.coords["channel"] == small.channels
    assert len(built.coords["week"]) == WEEKS
    assert len(built.coords["lag"]) == LAGS
    assert built.named_vars_to_dims["beta"] == ("channel",)
    assert [variable.name for variable in built.free_RVs] == list(density.SAMPLED)
