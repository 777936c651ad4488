"""Training: data in, a judged model out, or a refusal with its reason.

The sampler is imported when a training begins and not before, so that reading a result never loads
it.
"""

import datetime as dt
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from apportion.errors import ModelRefusedError, RunFailedError
from apportion.mmm import (
    advice,
    calibration,
    delay,
    demand,
    diagnostics,
    no_media,
    response,
    summary,
)
from apportion.mmm.calibration import Entry
from apportion.mmm.data import USUAL, WEEKS_A_YEAR, MediaMixData
from apportion.mmm.data_checks import MIN_WEEKS_FOR_HOLDOUT
from apportion.mmm.diagnostics import Holdout
from apportion.mmm.learned import learned
from apportion.mmm.noise import deviation_of_sum
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.response import Prediction
from apportion.mmm.scaling import outcome_scale
from apportion.mmm.settings import DEFAULT, OnProgress, SamplerSettings, ShouldStop, ignore_progress
from apportion.results.mmm import (
    Check,
    CheckLevel,
    ExperimentEffect,
    MMMResults,
    ModelFit,
    ModelStatus,
    Provenance,
    SamplerDiagnostics,
)
from apportion.results.mmm_settings import MMMSettings
from apportion.results.runs import ChainProgress

if TYPE_CHECKING:
    from apportion.mmm.fit import Sampled

HOLDOUT_WEEKS = 13
LIBRARIES = ("apportion", "nutpie", "numba", "arviz", "numpy", "scipy")

# Shares of the whole at which the parts of a training end.
_SAMPLED, _RETRIED, _HELD_OUT, _UNTESTED = 0.45, 0.65, 0.8, 0.95


@dataclass(frozen=True, eq=False)
class TrainedMMM:
    """A model that passed its checks.

    `results` are complete but for identity, currency and time; :func:`summarise` adds these.
    """

    results: MMMResults
    fitted: FittedMMM

    @property
    def posterior(self) -> bytes:
        """The stored form of the posterior."""
        return self.fitted.to_bytes()


def summarise(
    trained: TrainedMMM, *, model_id: str, version: int, currency: str, finished_at: dt.datetime
) -> MMMResults:
    """Give the results of a stored version."""
    return trained.results.model_copy(
        update={
            "model_id": model_id,
            "version": version,
            "currency": currency,
            "last_run_at": finished_at,
        }
    )


def train(
    data: MediaMixData,
    *,
    seed: int,
    entries: Sequence[Entry] = (),
    told: MMMSettings = USUAL,
    settings: SamplerSettings = DEFAULT,
    on_progress: OnProgress = ignore_progress,
    should_stop: ShouldStop = lambda: False,
) -> TrainedMMM:
    """Fit a media mix model, judge it, and work out what it says.

    Sampling is repeated once, with longer chains, if the chains do not quite agree. Where
    experiments calibrate the model, it is fitted without them too, to show what they changed.

    Parameters
    ----------
    entries : sequence of Entry
        The lift tests, used or not; those used are in `data` already.
    told : MMMSettings
        What `data` was prepared with.

    Raises
    ------
    ModelRefusedError
        If the model must not be believed.
    RunFailedError
        If `should_stop` said so.
    """
    begun = time.perf_counter()
    run = _Run(settings, seed, on_progress, should_stop)
    sampled = run.sample(data)
    converged = diagnostics.convergence(sampled.diagnostics)
    _refuse(converged)
    fitted = sampled.fitted
    rng = np.random.default_rng(seed)
    rows = data.rows
    prediction = response.predict(fitted, rows.spend, rows.controls, rng)
    fit = diagnostics.model_fit(
        data.outcome,
        prediction,
        fitted.draws.sigma
        * outcome_scale(data)
        * deviation_of_sum(rows.autoregression, rows.per_week),
        run.holdout(data, rng),
        None if data.daily is None else response.innovations(fitted),
    )
    found = diagnostics.checks(fitted, fit, sampled.negative_share)
    _refuse(*found)
    untested = run.without_tests(data)
    run.stop_if_asked()
    on_progress(_UNTESTED, "Working out returns and curves")
    warned = demand.warnings(data)
    experiments = _experiments(fitted, untested, entries)
    about = (
        *data.checks,
        *((converged,) if converged else ()),
        *found,
        *_silent(fitted),
        *advice.of_demand(warned, told),
        *advice.of_delay(delay.late_channels(data)),
        *advice.of_experiments(experiments),
    )
    results = _results(fitted, prediction, fit, about, told).model_copy(
        update={
            "diagnostics": sampled.diagnostics,
            "experiments": experiments,
            "demand": warned,
            "provenance": Provenance(
                data_hash=data.data_hash,
                seed=seed,
                library_versions=_library_versions(),
                wall_seconds=time.perf_counter() - begun,
                sampling_seconds=run.sampling_seconds,
            ),
        }
    )
    run.stop_if_asked()
    on_progress(1.0, "Trained")
    return TrainedMMM(results, fitted)


class _Run:
    """The samplings of one training: their settings, progress and time."""

    def __init__(
        self,
        settings: SamplerSettings,
        seed: int,
        on_progress: OnProgress,
        should_stop: ShouldStop,
    ) -> None:
        self.settings = settings
        self.seed = seed
        self.on_progress = on_progress
        self.should_stop = should_stop
        self.sampling_seconds = 0.0

    def sample(self, data: MediaMixData) -> "Sampled":
        """Sample, and once more with longer chains if these do not agree; give the better."""
        self.on_progress(0.0, "Preparing the sampler")
        first = self._fit(data, self.settings, "", 0.0, _SAMPLED)
        if diagnostics.convergence(first.diagnostics) is None:
            return first
        second = self._fit(data, self.settings.longer(), " again, longer", _SAMPLED, _RETRIED)
        return min(first, second, key=lambda sampled: _badness(sampled.diagnostics))

    def holdout(self, data: MediaMixData, rng: np.random.Generator) -> Holdout | None:
        """Give how a fit without the last quarter forecasts it; None: too few weeks for that."""
        if data.n_weeks < MIN_WEEKS_FOR_HOLDOUT:
            return None
        seen = data.n_weeks - HOLDOUT_WEEKS
        settings = self.settings.shorter()
        sampled = self._fit(
            data.first(seen), settings, " without the last quarter", _RETRIED, _HELD_OUT
        )
        rows = data.rows
        forecast = response.predict(sampled.fitted, rows.spend, rows.controls, rng)
        outcome = data.outcome[seen:]
        last_year = data.outcome[seen - WEEKS_A_YEAR : data.n_weeks - WEEKS_A_YEAR]
        low, high = np.quantile(forecast.replicated[:, seen:], [0.05, 0.95], axis=0)
        return Holdout(
            mape=diagnostics.mape(outcome, forecast.expected[:, seen:].mean(0)),
            last_year_mape=diagnostics.mape(outcome, last_year),
            no_media_mape=diagnostics.mape(
                outcome, no_media.forecast(data.first(seen), rows.controls)[seen:]
            ),
            coverage90=float(np.mean((low <= outcome) & (outcome <= high))),
        )

    def without_tests(self, data: MediaMixData) -> FittedMMM | None:
        """Give the same model without any experiment; None: it has none."""
        if not data.lifts:
            return None
        bare = replace(data, lifts=())
        return self._fit(
            bare, self.settings, " without the experiments", _HELD_OUT, _UNTESTED
        ).fitted

    def stop_if_asked(self) -> None:
        """Raise RunFailedError if the training is to stop."""
        if self.should_stop():
            raise RunFailedError("The training was stopped before it ended; nothing was stored.")

    def _fit(
        self, data: MediaMixData, settings: SamplerSettings, what: str, low: float, high: float
    ) -> "Sampled":
        from apportion.mmm.fit import fit  # loads the sampler

        def on_progress(
            share: float, message: str, chains: Sequence[ChainProgress] = (), /
        ) -> None:
            told = message.replace(",", f"{what},", 1)
            self.on_progress(low + share * (high - low), told, chains)

        if what:  # it may be over before the sampler reports
            self.on_progress(low, f"Sampling{what}")
        sampled = fit(
            data,
            settings=settings,
            seed=self.seed,
            on_progress=on_progress,
            should_stop=self.should_stop,
        )
        self.sampling_seconds += sampled.seconds
        return sampled


def _badness(found: SamplerDiagnostics) -> tuple[int, float]:
    check = diagnostics.convergence(found)
    level = 0 if check is None else 1 if check.level is CheckLevel.CAUTION else 2
    return level, found.r_hat


def _refuse(*checks: Check | None) -> None:
    refused = [check.message for check in checks if check and check.level is CheckLevel.REFUSE]
    if refused:
        raise ModelRefusedError(" ".join(refused))


def _silent(fitted: FittedMMM) -> tuple[Check, ...]:
    window = summary.Window.of(fitted)
    names = tuple(
        name for name, quiet in zip(fitted.data.channels, window.silent, strict=True) if quiet
    )
    if not names:
        return ()
    return (
        Check(
            code="no_recent_spend",
            level=CheckLevel.CAUTION,
            message=f"No spend in the last {summary.WINDOW_WEEKS} weeks: {', '.join(names)}. "
            "Return, curve and saturation point are those of all earlier weeks.",
            channels=names,
        ),
    )


def _experiments(
    fitted: FittedMMM, untested: FittedMMM | None, entries: Sequence[Entry]
) -> tuple[ExperimentEffect, ...]:
    window = summary.Window.of(fitted)

    def current_roi(model: FittedMMM | None, entry: Entry) -> NDArray[np.float64] | None:
        if model is None or entry.lift is None:
            return None
        start = window.own_start[entry.lift.channel]
        return response.returns(model, start, window.stop).roi[:, entry.lift.channel]

    return tuple(
        calibration.effect_of(
            entry, fitted, untested, current_roi(fitted, entry), current_roi(untested, entry)
        )
        for entry in entries
    )


def _results(
    fitted: FittedMMM,
    prediction: Prediction,
    fit: ModelFit,
    checks: tuple[Check, ...],
    told: MMMSettings,
) -> MMMResults:
    data = fitted.data
    window = summary.Window.of(fitted)
    entangled = {
        name
        for check in checks
        if check.code in ("collinear_spend", "inseparable")
        for name in check.channels
    }
    worse = any(check.code == "holdout_worse" for check in checks)
    effects = summary.effects(fitted, entangled=entangled, keep_budget=worse, told=told)
    return MMMResults(
        model_id="",
        version=0,
        status=ModelStatus.COMPLETED,
        outcome=data.outcome_name,
        date_range=data.date_range,
        estimate_window=data.range_of(window.start, window.stop),
        model_fit=fit,
        media_percent=effects.media_percent,
        media_percent_interval=effects.media_percent_interval,
        channels=advice.advised(effects.channels, data, checks),
        saturation_curves=effects.curves,
        decomposition=summary.decomposition(fitted, prediction),
        learned=learned(fitted),
        organic=summary.organic(fitted),
        checks=checks,
        margin=told.margin,
        told=told,
    )


def _library_versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in LIBRARIES},
    }
