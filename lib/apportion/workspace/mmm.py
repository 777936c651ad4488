"""The media mix model of one tenant: train a version, read the versions there are."""

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from apportion.errors import NotFoundError
from apportion.mmm.data import MediaMixData
from apportion.mmm.posterior import FittedMMM
from apportion.results.mmm import (
    BudgetPlan,
    MMMResults,
    ModelStatus,
    Objective,
    Risk,
    SpendBounds,
)
from apportion.store import TenantStore
from apportion.workspace.mmm_data import prepared
from apportion.workspace.mmm_settings import Experiments, MMMSettingsWorkspace
from apportion.workspace.runs import RunsWorkspace, reason_of

OnProgress = Callable[[float, str], None]
REPORT_SECONDS = 0.5
"""How often, at most, progress is written to the database."""


class MMMWorkspace:
    """The tenant's model versions."""

    def __init__(
        self,
        store: TenantStore,
        runs: RunsWorkspace,
        *,
        run_id: str | None,
        experiments: Experiments = tuple,
    ) -> None:
        self._store = store
        self._runs = runs
        self._run_id = run_id
        self._experiments = experiments

    @cached_property
    def settings(self) -> MMMSettingsWorkspace:
        """What the model is told in words, and the lift tests that calibrate it."""
        return MMMSettingsWorkspace(self._store, self._experiments)

    def latest(self) -> MMMResults:
        """Give the current completed version; without one, the newest, or an empty draft.

        While a version is being trained, `training` says how far it is.
        """
        self._runs.fail_abandoned()
        try:
            found = self._store.latest_model()
        except NotFoundError:
            return MMMResults(
                model_id="",
                version=0,
                status=ModelStatus.DRAFT,
                currency=self._store.tenant.currency,
            )
        return found.model_copy(update={"training": self._store.training()})

    def version(self, version: int) -> MMMResults:
        """Give one version; NotFoundError if it is not there."""
        return self._store.model(version)

    def versions(self, limit: int | None = None, *, before: int | None = None) -> list[MMMResults]:
        """Give the versions, newest first, without their heavy parts; `before`: older than this."""
        self._runs.fail_abandoned()
        return self._store.models(limit=limit, before=before)

    def optimise(
        self,
        total_budget: float | None,
        bounds: Mapping[str, SpendBounds] | None = None,
        *,
        objective: Objective = Objective.MOST_REVENUE,
        target: float | None = None,
        risk: Risk = Risk.MEAN,
    ) -> BudgetPlan:
        """Split a week's budget by what the current version expects.

        Parameters
        ----------
        total_budget : float, optional
            What is to be spent in a week; None where the objective seeks it.
        bounds : mapping of str to SpendBounds, optional
            Limits of single channels in a week; for the others see :mod:`apportion.mmm.limits`.
        objective, target, risk
            As in :func:`apportion.mmm.plan.plan`.

        Raises
        ------
        NotFoundError
            If no version has completed.
        FieldError
            If there is no such channel, the limits leave no way to spend exactly the total, or the
            target is out of reach.
        """
        # Here and not above: showing a stored model needs no optimiser.
        from apportion.mmm.plan import plan

        results = self._store.model()
        fitted = FittedMMM.from_bytes(self._store.posterior(results.model_id))
        return plan(
            fitted,
            results,
            total_budget,
            bounds or {},
            objective=objective,
            target=target,
            risk=risk,
        )

    def prepare(
        self,
        channels: str | Sequence[str] = "",
        start: str | dt.date | None = None,
        end: str | dt.date | None = None,
        outcome: str = "",
    ) -> MediaMixData:
        """Give the weeks that a model would be trained on.

        Parameters
        ----------
        channels : str or sequence of str
            Names, or one comma-separated string; empty: every channel with enough spend.
        start, end : date or ISO string, optional
            First and last training day.
        outcome : str
            The metric to explain; empty: revenue, or the only metric there is.

        Raises
        ------
        ParameterError
            If a date is not a date.
        DataError
            If the data cannot carry a model; the message says what is missing.
        """
        return prepared(
            self._store,
            self.settings.get(),
            channels=channels,
            start=start,
            end=end,
            outcome=outcome,
        )

    def refresh(
        self,
        channels: str | Sequence[str] = "",
        start: str | dt.date | None = None,
        end: str | dt.date | None = None,
        outcome: str = "",
        seed: int = 1,
        on_progress: OnProgress | None = None,
    ) -> MMMResults:
        """Train a model, check it, and store it as the new current version.

        A model that its checks refuse is stored as failed, with the reason, and the previous
        version stays current. Data that cannot carry a model are refused before anything is stored.

        Raises
        ------
        ConflictError
            If a training of this tenant runs already.
        ParameterError, DataError
            As :meth:`prepare`; ModelRefusedError if the fitted model must not be believed.
        """
        # Here and not above: showing a stored model must not import the sampler.
        from apportion.mmm.calibration import enter
        from apportion.mmm.train import summarise, train

        settings = self.settings.get()
        data, entries = enter(
            self.prepare(channels, start, end, outcome),
            self.settings.lift_tests(),
            off=settings.experiments_off,
        )
        with self._runs.of_this_process("mmm", self._run_id) as run_id:
            model = self._store.start_model(
                channels=data.channels,
                start=data.date_range.start,
                end=data.date_range.end,
                run_id=run_id,
            )
            try:
                trained = train(
                    data,
                    seed=seed,
                    entries=entries,
                    told=settings,
                    on_progress=self._reporter(run_id, on_progress),
                )
                results = summarise(
                    trained,
                    model_id=model.model_id,
                    version=model.version,
                    currency=self._store.tenant.currency,
                    finished_at=dt.datetime.now(dt.UTC),
                )
                return self._store.complete_model(model.model_id, results, trained.posterior)
            except BaseException as error:
                self._store.fail_model(model.model_id, reason_of(error))
                raise

    def _reporter(self, run_id: str, on_progress: OnProgress | None) -> OnProgress:
        last = 0.0

        def report(fraction: float, message: str) -> None:
            nonlocal last
            if on_progress is not None:
                on_progress(fraction, message)
            if time.monotonic() - last >= REPORT_SECONDS:
                last = time.monotonic()
                self._runs.report(run_id, fraction, message)

        return report
