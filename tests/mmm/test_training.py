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
from apportion.mmm import calibration, response, summary
from apportion.mmm.advice import advised
from apportion.mmm.data import prepare
from apportion.mmm.fit import fit
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.priors import ChannelPrior, of_channel
from apportion.mmm.settings import SamplerSettings
from apportion.mmm.train import LIBRARIES, summarise, train
from apportion.results.base import Interval
from apportion.results.calibration import Direction, LiftTest
from apportion.results.mmm import CheckLevel, HowSure, MMMResults, ModelStatus
from apportion.results.mmm_settings import BudgetSetting, ChannelSettings
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
    stored = FittedMMM.from_bytes(trained.posterior)
    again = summary.effects(stored)

    assert advised(again.channels, stored.data, results.checks) == results.channels
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


def test_a_test_narrows_its_channel_and_stands_beside_the_model():
    known = company(21, weeks=90)
    data = known.data
    row = int(np.argmax(known.contribution.sum(1)))
    first = data.weeks[30].astype("datetime64[D]").astype(dt.date)
    dark = data.spend.copy()
    dark[30:38, row] = 0
    caused = known.contribution[row, 30:38].sum() * 0.25  # of the test regions; carry-over left out
    test = LiftTest(
        id="t",
        name="Pause",
        channel=data.channels[row],
        start=first,
        end=first + dt.timedelta(days=55),
        outcome_share=0.25,
        lift=0.05,
        lift_interval=Interval(lower=0.04, upper=0.06),
        incremental_outcome=caused,
        incremental_outcome_interval=Interval(lower=0.9 * caused, upper=1.1 * caused),
        direction=Direction.OFF,
    )
    entered, entries = calibration.enter(
        data, [test, test.model_copy(update={"id": "off"})], off={"off"}
    )

    found = train(entered, seed=1, settings=SHORT, entries=entries).results

    used, unused = found.experiments
    assert (used.used, unused.used) == (True, False)
    assert "switched off" in unused.reason
    before, after = used.roi_before_interval, used.roi_after_interval
    assert after.upper - after.lower < 0.7 * (before.upper - before.lower)
    assert used.roi_after == found.channels[row].current_roi
    assert used.test_roi_interval.lower < used.model_roi < used.test_roi_interval.upper


def test_an_allowance_takes_back_what_unseen_demand_was_credited_to_its_channel():
    known = company(23, weeks=130)
    rng = np.random.default_rng(23)
    demand = np.convolve(rng.standard_normal(133), np.ones(4) / 2, "valid")
    spend = known.data.spend.copy()
    spend[:, 0] *= np.exp(0.5 * demand)
    outcome = known.data.outcome + 0.06 * known.data.outcome.mean() * demand
    chased = replace(known.data, spend=spend, outcome=outcome)
    planned = ChannelPrior(allowance_mean=0.0, allowance_sd=1e-9)
    follows = of_channel(ChannelSettings(budget_setting=BudgetSetting.FOLLOWS_DEMAND))

    def roi(first):
        data = replace(chased, priors=(first, *(planned,) * 5))
        return np.exp(fit(data, settings=SHORT, seed=1).fitted.draws.log_roi)

    credited, allowed = roi(planned), roi(follows)

    assert np.median(allowed[:, 0]) < 0.7 * np.median(credited[:, 0])
    assert np.log(allowed[:, 0]).std() > 1.2 * np.log(credited[:, 0]).std()
    # The other channels are told about by the weeks as before.
    assert np.median(allowed[:, 1:], 0) == pytest.approx(np.median(credited[:, 1:], 0), rel=0.35)


def test_organic_channels_take_their_part_and_every_week_adds_up():
    known = company(22, weeks=90)
    rng = np.random.default_rng(3)
    volume = rng.uniform(50, 150, 90)
    brought = 0.05 * known.data.outcome.mean() * volume / volume.mean()
    data = replace(
        known.data,
        outcome=known.data.outcome + brought,
        organic=("newsletter",),
        volume=volume[:, None],
    )

    found = train(data, seed=1, settings=SHORT).results

    (mail,) = found.organic
    assert mail.channel == "newsletter"
    assert mail.contribution_interval.lower < brought[-52:].sum() < mail.contribution_interval.upper
    split = found.decomposition
    added = np.array(split.baseline) + sum(np.array(each) for each in split.channels.values())
    assert added == pytest.approx(np.array(split.expected))
    assert [*split.channels] == [*data.channels, "newsletter"]
    assert min(split.baseline) > 0
    assert "newsletter" not in {row.channel for row in found.channels}


def test_short_data_train_without_holdout():
    found = train(company(20, weeks=40).data, seed=1, settings=SHORT).results

    assert found.model_fit.holdout_mape is None
    assert found.estimate_window == found.date_range
