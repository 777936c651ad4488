"""Sampling: nutpie's NUTS over the hand-written density, interruptible at any moment.

Chains run in parallel, so linear algebra is held to one thread each. Draws in which the outcome
without media would be negative in some week are left out: together with the exact draws of the
baseline that is sampling from the prior that has no negative baseline.
"""

import time
from dataclasses import dataclass
from typing import Any

import arviz
import numpy as np
import nutpie
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from apportion.errors import ModelRefusedError, RunFailedError
from apportion.mmm.data import MediaMixData
from apportion.mmm.density import SAMPLED, arguments
from apportion.mmm.native import sampler_model
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.settings import OnProgress, SamplerSettings, ShouldStop, ignore_progress
from apportion.results.mmm import SamplerDiagnostics
from apportion.results.runs import ChainProgress

_POLL_SECONDS = 0.2
_PROGRESS_MILLISECONDS = 200


@dataclass(frozen=True, eq=False)
class Sampled:
    """A posterior, whether its chains agree, and how long they took."""

    fitted: FittedMMM
    diagnostics: SamplerDiagnostics
    seconds: float
    negative_share: float
    """Share of draws left out, because without media some week's outcome would be negative."""


def fit(
    data: MediaMixData,
    *,
    settings: SamplerSettings,
    seed: int,
    on_progress: OnProgress = ignore_progress,
    should_stop: ShouldStop = lambda: False,
) -> Sampled:
    """Sample the posterior of `data`.

    Raises
    ------
    RunFailedError
        If `should_stop` said so.
    ModelRefusedError
        If the sampler did not move at all.
    """
    _stop_if(should_stop())
    begun = time.perf_counter()
    with threadpool_limits(1):
        trace = _sample(sampler_model(arguments(data)), settings, seed, on_progress, should_stop)
    seconds = time.perf_counter() - begun
    posterior = trace.posterior.to_dataset()
    samples = {str(name): _flat(posterior[name].to_numpy()) for name in posterior.data_vars}
    fitted, negative = FittedMMM.from_samples(samples, data, np.random.default_rng(seed))
    return Sampled(
        fitted=fitted,
        diagnostics=_diagnostics(posterior, trace.sample_stats, settings),
        seconds=seconds,
        negative_share=negative,
    )


def _sample(
    compiled: Any,
    settings: SamplerSettings,
    seed: int,
    on_progress: OnProgress,
    should_stop: ShouldStop,
) -> Any:
    steps = settings.chains * (settings.tune + settings.draws)
    seen: list[Any] = []

    def record(chains: list[Any]) -> None:
        # Runs in the sampler's own thread, where an exception would be lost: only take note.
        nonlocal seen
        seen = chains

    running = nutpie.sample(
        compiled,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=settings.cores,
        seed=seed,
        target_accept=settings.target_accept,
        adaptation=settings.adaptation,
        save_warmup=False,
        progress_bar=False,
        blocking=False,
        progress_callback=record,
        progress_rate=_PROGRESS_MILLISECONDS,
    )
    try:
        while True:
            try:
                return running.wait(timeout=_POLL_SECONDS)
            except TimeoutError:
                _stop_if(should_stop())
                chains = _progress_of(seen)
                finished = sum(chain.draws for chain in chains)
                message = f"Sampling, step {finished:,} of {steps:,}"
                on_progress(min(finished / steps, 1.0), message, chains)
    except BaseException:
        running.cancel()
        raise


def _progress_of(chains: list[Any]) -> tuple[ChainProgress, ...]:
    return tuple(
        ChainProgress(
            chain=number,
            draws=chain.finished_draws,
            total=chain.total_draws,
            divergences=chain.divergences,
        )
        for number, chain in enumerate(chains, start=1)
    )


def _stop_if(stop: bool) -> None:
    if stop:
        raise RunFailedError("The training was stopped before it ended; nothing was stored.")


def _flat(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Join the chains: (n_chains, n_draws, …) to (n_chains * n_draws, …)."""
    return values.reshape(-1, *values.shape[2:])


def _diagnostics(posterior: Any, stats: Any, settings: SamplerSettings) -> SamplerDiagnostics:
    sampled = posterior[list(SAMPLED)]
    r_hat = _worst(arviz.rhat(sampled), np.max)
    if not np.isfinite(r_hat):
        raise ModelRefusedError(
            "The sampler did not move, so there is no result (R-hat cannot be computed). Check the "
            "data for amounts of very different size, or choose other dates."
        )
    return SamplerDiagnostics(
        r_hat=r_hat,
        ess_bulk=_worst(arviz.ess(sampled, method="bulk"), np.min),
        ess_tail=_worst(arviz.ess(sampled, method="tail"), np.min),
        divergences=int(stats["diverging"].sum()),
        chains=settings.chains,
        draws=settings.draws,
        tune=settings.tune,
    )


def _worst(values: Any, worst: Any) -> float:
    return float(worst([worst(values[name].to_numpy()) for name in values.data_vars]))
