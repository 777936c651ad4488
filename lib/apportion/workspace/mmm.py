"""The media mix model of one tenant: train a version, read the versions there are."""

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from apportion.errors import ConflictError, NotFoundError, UnreachableError
from apportion.mmm.data import MediaMixData
from apportion.mmm.posterior import FittedMMM
from apportion.results.accounts import Actor
from apportion.results.mmm import (
    BudgetPlan,
    Check,
    MMMResults,
    ModelStatus,
    Objective,
    Risk,
    SpendBounds,
)
from apportion.results.runs import ChainProgress, Run
from apportion.store import TenantStore
from apportion.workspace.mmm_data import BeforeTraining, before_training, prepared
from apportion.workspace.mmm_settings import Experiments, MMMSettingsWorkspace
from apportion.workspace.runs import Report, RunsWorkspace, reason_of
from apportion.workspace.versions import VersionsWorkspace

if TYPE_CHECKING:
    from apportion.mmm.planner import Planner

OnProgress = Callable[[float, str], None]
PATIENCE_SECONDS = 120
"""How long a trained model waits for a database that does not answer."""


class MMMWorkspace:
    """The tenant's model versions."""

    def __init__(
        self,
        store: TenantStore,
        runs: RunsWorkspace,
        versions: VersionsWorkspace,
        *,
        run_id: str | None,
        experiments: Experiments = tuple,
    ) -> None:
        self._store = store
        self._runs = runs
        self._versions = versions
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
        training = self._store.training()
        try:
            found = self._store.latest_model()
        except NotFoundError:
            found = MMMResults(
                model_id="",
                version=0,
                status=ModelStatus.DRAFT,
                currency=self._store.tenant.currency,
            )
        return found.model_copy(update={"training": training})

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
        return self.planner().optimise(
            total_budget, bounds, objective=objective, target=target, risk=risk
        )

    def planner(self, version: int | None = None) -> "Planner":
        """Give a completed version, or the current one, ready to price budgets.

        Raises
        ------
        NotFoundError
            If there is no such version, or it has not completed.
        """
        # Here and not above: showing a stored model needs no optimiser.
        from apportion.mmm.planner import Planner

        results = self._store.model(version)
        posterior = self._store.posterior(results.model_id)
        return Planner(FittedMMM.from_bytes(posterior), results)

    def before_training(self) -> BeforeTraining:
        """Give what there is to train on, with the source data read once.

        Why all channels with enough spend cannot carry a model, if they cannot, is kept in it and
        not raised.
        """
        return before_training(self._store, self.settings.get())

    def check(
        self,
        channels: str | Sequence[str] = "",
        start: str | dt.date | None = None,
        end: str | dt.date | None = None,
    ) -> tuple[Check, ...]:
        """Look at the data of a training before it is asked for; the cautions say what to do.

        Raises
        ------
        ParameterError, DataError
            As :meth:`prepare`.
        """
        from apportion.mmm.data_checks import checks_before

        return checks_before(self.prepare(channels, start, end))

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

    def request(
        self,
        channels: str | Sequence[str] = "",
        start: str | dt.date | None = None,
        end: str | dt.date | None = None,
        *,
        requested_by: Actor | None = None,
    ) -> Run:
        """Ask for a training in the background; the version that it makes has the run's id.

        The data are looked at first, so that what cannot carry a model is refused at once.

        Raises
        ------
        AlreadyRequestedError
            If a training of this tenant waits or runs; it names the run.
        ParameterError, DataError
            As :meth:`prepare`.
        """
        self.prepare(channels, start, end)
        names = channels if isinstance(channels, str) else ",".join(channels)
        asked = {"channels": names, "start": str(start or ""), "end": str(end or "")}
        parameters = {name: value for name, value in asked.items() if value}
        return self._runs.request("mmm", parameters, requested_by=requested_by, exclusive=True)

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
        version stays current. So it does where the new one is a wild jump from it
        (:mod:`apportion.mmm.succession`): that one is stored, but held back. Then every version is
        measured against the weeks that have come since. Data that cannot carry a model are refused
        before anything is stored.

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

        done = None if self._run_id is None else self._store.model_of_run(self._run_id)
        if done is not None:  # by an earlier process of this run, which ended right after it
            self._versions.measure()
            return done
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
                done = self._complete(run_id, model.model_id, results, trained.posterior)
            except BaseException as error:
                with suppress(ConflictError):  # the run was cancelled, and the version with it
                    self._store.fail_model(model.model_id, reason_of(error))
                raise
            self._versions.measure()
            return done

    def _complete(
        self, run_id: str, model_id: str, results: MMMResults, posterior: bytes
    ) -> MMMResults:
        """Store a version, also if the database is being restarted; it is stored once."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._store.complete_model(
                    model_id,
                    results,
                    posterior,
                    held_back=self._versions.why_held_back(results),
                )
            except UnreachableError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
            except ConflictError:
                done = self._store.model_of_run(run_id)
                if done is None:
                    raise
                return done  # it was stored, and only the answer was lost

    def _reporter(self, run_id: str, on_progress: OnProgress | None) -> Report:
        store = self._runs.reporter(run_id)

        def report(share: float, message: str, chains: Sequence[ChainProgress] = (), /) -> None:
            if on_progress is not None:
                on_progress(share, message)
            store(share, message, chains)

        return report
