"""Training by sampling: the truth comes back at the stated rate, or the model says that it cannot.

All companies here have six channels, so the model is compiled once.
"""

import datetime as dt
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from apportion.errors import ModelRefusedError, RunFailedError
from apportion.mmm import response, summary
from apportion.mmm.data import prepare
from apportion.mmm.fit import fit
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.settings import SamplerSettings
from apportion.mmm.train import LIBRARIES, summarise, train
from apportion.results.mmm import CheckLevel, HowSure, MMMResults, ModelStatus
from mmm.companies import company, media_mix_data
from mmm.frames_of import controls_of, dates, outcomes_of, spend_of

pytestmark = pytest.mark.slow

SHORT = SamplerSettings(tune=300, draws=300)
FINISHED = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def reports():
    return []


@pytest.fixture(scope="module")
def trained(reports):
    def on_progress(share, message, chains=()):
        reports.append((share, message))

    settings = SamplerSettings(tune=500, draws=500)
    return train(company(11).data, seed=1, settings=settings, on_progress=on_progress)


@pytest.fixture(scope="module")
def results(trained):
    return summarise(trained, model_id="a model", version=3, currency="EUR", finished_at=FINISHED)


def test_intervals_of_roi_hold_the_truth_as_often_as_they_say():
    seeds = range(2000, 2006)
    inside = {0.5: 0, 0.9: 0}
    totals = 0
    for seed in seeds:
        known = company(seed)
        fitted = fit(known.data, settings=SHORT, seed=seed).fitted
        roi = response.contribution(fitted).sum(-1) / known.data.spend.sum(0)
        media = (roi * known.data.spend.sum(0)).sum(1)
        for level in inside:
            low, high = np.quantile(roi, [(1 - level) / 2, (1 + level) / 2], axis=0)
            inside[level] += int(((low <= known.roi) & (known.roi <= high)).sum())
        low, high = np.quantile(media, [0.05, 0.95])
        totals += low <= known.contribution.sum() <= high

    # The truth is drawn from the prior, so the 36 channels fall inside with these probabilities;
    # a calibrated model misses each of these bounds once in 200.
    channels = 6 * len(seeds)
    for level, count in inside.items():
        assert count >= binom.ppf(0.005, channels, level)
    assert inside[0.5] <= binom.ppf(0.995, channels, 0.5)
    assert totals >= binom.ppf(0.005, len(seeds), 0.9)


def test_a_trained_model_is_complete(results):
    assert results.status is ModelStatus.COMPLETED
    assert (results.model_id, results.version, results.currency) == ("a model", 3, "EUR")
    assert results.last_run_at == FINISHED
    assert results.date_range.start == dt.date(2024, 1, 1)
    assert results.date_range.end == dt.date(2025, 12, 28)
    assert results.estimate_window.start == dt.date(2024, 12, 30)
    assert [row.channel for row in results.channels] == list(company(11).data.channels)
    assert results.model_fit.r2 > 0.8
    assert results.model_fit.holdout_mape < results.model_fit.last_year_mape
    assert results.diagnostics.r_hat < 1.05
    assert results.provenance.seed == 1
    assert set(results.provenance.library_versions) == {"python", *LIBRARIES}
    assert 0 < results.provenance.sampling_seconds < results.provenance.wall_seconds


def test_results_survive_being_written_and_read(results):
    assert MMMResults.model_validate_json(results.model_dump_json()) == results


def test_figures_come_back_from_the_stored_posterior(trained, results):
    again = summary.effects(FittedMMM.from_bytes(trained.posterior))

    assert again.channels == results.channels
    assert again.curves == results.saturation_curves


def test_the_data_hash_is_that_of_the_data(results):
    assert results.provenance.data_hash == company(11).data.data_hash


def test_progress_never_falls_and_ends_with_the_whole(trained, reports):
    shares = [share for share, _ in reports]

    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)
    assert len(shares) > 5
    assert reports[0][1] == "Preparing the sampler"
    assert any(message.startswith("Sampling, step") for _, message in reports)
    assert any("without the last quarter" in message for _, message in reports)


def test_the_same_seed_gives_the_same_model_and_another_seed_another():
    known = company(12)

    first, again, other = (
        fit(known.data, settings=SamplerSettings(tune=50, draws=50), seed=seed).fitted.draws
        for seed in (5, 5, 6)
    )

    assert np.array_equal(first.log_roi, again.log_roi)
    assert not np.array_equal(first.log_roi, other.log_roi)


def test_stopping_ends_the_sampling_at_once():
    asked = []

    def should_stop():
        asked.append(time.perf_counter())
        return len(asked) > 4

    with pytest.raises(RunFailedError, match=r"stopped before it ended; nothing was stored"):
        fit(
            company(15).data,
            settings=SamplerSettings(tune=500, draws=200_000),
            seed=1,
            should_stop=should_stop,
        )

    assert len(asked) == 5
    assert time.perf_counter() - asked[-1] < 1


def test_channels_that_always_move_together_are_flagged_and_keep_their_spend():
    known = company(16).data
    spend = known.spend.copy()
    spend[:, 1] = spend[:, 0] * np.random.default_rng(1).uniform(0.99, 1.01, len(spend))
    days = dates(len(spend))
    twins = prepare(
        spend_of(days, **dict(zip("abcdef", spend.T, strict=True))),
        outcomes_of(days, known.outcome),
        controls_of(days, **dict(zip("xy", known.controls.T, strict=True))),
    )

    found = train(twins, seed=1, settings=SHORT).results

    assert ("a", "b") in [row.channels for row in found.checks if row.code == "collinear_spend"]
    for row in found.channels[:2]:
        assert row.how_sure is HowSure.CANNOT_TELL
        assert row.optimal_spend == row.current_spend


def test_a_channel_that_never_varies_cannot_be_told():
    known = company(17).data
    spend = known.spend.copy()
    spend[:, 2] = spend[:, 2].mean()

    found = train(replace(known, spend=spend), seed=1, settings=SHORT).results

    row = found.channels[2]
    assert row.how_sure is HowSure.CANNOT_TELL
    assert row.optimal_spend == row.current_spend
    assert all(check.level is CheckLevel.CAUTION for check in found.checks)


def test_a_model_with_too_few_effective_draws_is_refused_with_the_figure():
    with pytest.raises(ModelRefusedError, match=r"chains disagree.*R-hat \d\.\d{3}, \d+ effective"):
        train(company(18).data, seed=1, settings=SamplerSettings(tune=5, draws=6))


def test_media_larger_than_the_outcome_are_refused():
    known = company(19)
    caused = known.contribution.sum(0)
    noise = 0.03 * caused.mean() * np.random.default_rng(1).standard_normal(len(caused))
    data = media_mix_data(known.data.spend, caused - 0.4 * caused.mean() + noise)

    with pytest.raises(
        ModelRefusedError, match=r"the outcome would fall below zero.*100% of draws"
    ):
        train(data, seed=1, settings=SHORT)


def test_short_data_train_without_holdout():
    found = train(company(20, weeks=40).data, seed=1, settings=SHORT).results

    assert found.model_fit.holdout_mape is None
    assert found.estimate_window == found.date_range
