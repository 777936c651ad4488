"""The stored form: read back it is the same model, and nothing heavy is needed to read it."""

import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from apportion.errors import DataError
from apportion.mmm import posterior, response
from apportion.mmm.posterior import MAX_DRAWS, FittedMMM
from mmm.companies import prior_draws, prior_fit

READING = """
import sys
from apportion.mmm import budget, data, diagnostics, posterior, response, summary, train
heavy = {"pymc", "pytensor", "nutpie", "arviz", "numba", "matplotlib"} & set(sys.modules)
sys.exit(f"loaded {heavy}" if heavy else 0)
"""


def test_reading_a_result_loads_neither_sampler_nor_compiler():
    done = subprocess.run([sys.executable, "-c", READING], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def stored_fit(seed, **options):
    fitted = prior_fit(seed, **options)
    return FittedMMM.from_samples(asdict(fitted.draws), fitted.data)


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
    samples = asdict(prior_draws(4000, 3, np.random.default_rng(1)))
    samples["sigma"] = np.arange(4000.0)

    kept = FittedMMM.from_samples(samples, fitted.data).draws

    assert len(kept.sigma) == MAX_DRAWS
    assert kept.alpha.shape == (MAX_DRAWS, 3)
    assert set(np.diff(kept.sigma)) == {4.0, 5.0}
    assert kept.sigma[0] == 0
    assert kept.sigma[-1] == 3999


def test_another_form_is_refused(monkeypatch):
    stored = stored_fit(4).to_bytes()
    monkeypatch.setattr(posterior, "FORMAT", 2)

    with pytest.raises(DataError, match=r"has form 1; .* reads form 2. Train the model again"):
        FittedMMM.from_bytes(stored)
