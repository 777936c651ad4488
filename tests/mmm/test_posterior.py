"""The stored form: read back it is the same model, and nothing heavy is needed to read it."""

import subprocess
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest

from apportion.errors import DataError
from apportion.mmm import baseline, posterior, response
from apportion.mmm.posterior import MAX_DRAWS, FittedMMM
from mmm.companies import prior_draws, prior_fit

READING = """
import sys
from apportion.mmm import budget, data, diagnostics, posterior, response, summary, train
never = {"pymc", "pytensor", "nutpie", "arviz", "numba", "matplotlib", "holidays"}
heavy = never & set(sys.modules)
sys.exit(f"loaded {heavy}" if heavy else 0)
"""


def test_reading_a_result_loads_neither_sampler_nor_compiler():
    done = subprocess.run([sys.executable, "-c", READING], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def stored_fit(seed, **options):
    fitted = prior_fit(seed, **options)
    return kept_of(asdict(fitted.draws), fitted.data)


def kept_of(samples, data):
    return FittedMMM.from_samples(samples, data, np.random.default_rng(1))[0]


def test_a_model_read_back_gives_the_same_figures():
    fitted = stored_fit(1)

    again = FittedMMM.from_bytes(fitted.to_bytes())

    assert again.data.data_hash == fitted.data.data_hash
    assert again.data.channels == fitted.data.channels
    assert again.data.date_range == fitted.data.date_range
    found, expected = (response.returns(model, 52, 104) for model in (again, fitted))
    assert np.array_equal(found.roi, expected.roi)
    assert np.array_equal(found.marginal_roi, expected.marginal_roi)


def test_a_model_without_controls_is_read_back():
    fitted = stored_fit(2)
    bare = FittedMMM(
        fitted.draws,
        type(fitted.data)(
            **vars(fitted.data) | {"control_names": (), "controls": np.zeros((104, 0))}
        ),
    )

    again = FittedMMM.from_bytes(bare.to_bytes())

    assert again.data.control_names == ()
    assert again.data.controls.shape == (104, 0)


def test_draws_are_thinned_evenly_over_all_chains():
    fitted = prior_fit(3, size=10)
    samples = asdict(prior_draws(4000, 3, np.random.default_rng(1), beta=1e-6))
    samples["sigma"] = 1e-6 * np.arange(1.0, 4001)

    kept = kept_of(samples, fitted.data).draws

    assert len(kept.sigma) == MAX_DRAWS
    assert kept.alpha.shape == (MAX_DRAWS, 3)
    assert set(np.diff(kept.sigma * 1e6).round()) == {4.0, 5.0}
    assert kept.sigma[0] == pytest.approx(1e-6)
    assert kept.sigma[-1] == pytest.approx(4e-3)


def test_draws_with_a_negative_baseline_are_left_out_and_counted():
    data = prior_fit(5, size=1).data
    samples = asdict(prior_draws(400, 3, np.random.default_rng(1), beta=1e-6, sigma=0.01))
    samples["beta"][:100] = 5.0  # media alone are far above the outcome

    fitted, share = FittedMMM.from_samples(samples, data, np.random.default_rng(1))

    linear = baseline.of(data)
    without = linear.offset + fitted.draws.baseline @ linear.columns.T
    assert share == 0.25
    assert len(fitted.draws.sigma) == 300
    assert without.min() >= 0


def test_organic_channels_are_read_back_with_their_volume():
    rng = np.random.default_rng(6)
    paid = prior_fit(6, size=40).data
    data = replace(paid, organic=("mail",), volume=rng.uniform(1, 2, (paid.n_weeks, 1)))
    fitted = kept_of(asdict(prior_draws(40, 4, rng, beta=0.02)), data)

    again = FittedMMM.from_bytes(fitted.to_bytes())

    assert again.draws.alpha.shape[1] == 3
    assert np.array_equal(again.organic.draws.alpha, fitted.organic.draws.alpha)
    assert again.organic.data.channels == ("mail",)
    assert again.data.data_hash == data.data_hash


def test_another_form_is_refused(monkeypatch):
    stored = stored_fit(4).to_bytes()
    monkeypatch.setattr(posterior, "FORMAT", 9)

    with pytest.raises(DataError, match=r"has form 3; .* reads the forms 9 and 4. Train the"):
        FittedMMM.from_bytes(stored)
