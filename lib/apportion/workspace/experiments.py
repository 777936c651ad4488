"""Geo experiments of one tenant: plan, start, follow, read out."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from apportion.errors import ApportionError, ConflictError, DataError
from apportion.incrementality import checks, planning
from apportion.incrementality.certificate import certify
from apportion.incrementality.frame import frame
from apportion.incrementality.readout import monitor, read_out
from apportion.incrementality.synthetic_control import fit_sets
from apportion.results.accounts import COMMAND_LINE, ActingMember, Actor, AuditAction
from apportion.results.calibration import LiftTest
from apportion.results.experiment_design import (
    ExperimentCheck,
    PowerCheck,
)
from apportion.results.incrementality import (
    Certificate,
    ExperimentResults,
    ExperimentStatus,
    IncrementalityExperiment,
    Monitoring,
    NewExperiment,
)
from apportion.results.mmm import CheckLevel
from apportion.store import TenantStore
from apportion.workspace.experiment_data import ExperimentData, changed_regions_of, first_needed
from apportion.workspace.experiment_designs import ExperimentDesigns
from apportion.workspace.experiment_fields import checked
from apportion.workspace.lift_tests import lift_test

OnProgress = Callable[[float, str], None]
LONGEST_REASON = 500


class ExperimentsWorkspace:
    """The tenant's geo experiments."""

    def __init__(self, store: TenantStore, member: ActingMember | None) -> None:
        self._store = store
        self._member = member
        self.data = ExperimentData(store)
        self.designs = ExperimentDesigns(self.data)

    def list(self) -> list[IncrementalityExperiment]:
        """Give all experiments, the latest test first."""
        return [self._with_progress(each) for each in self._store.experiments()]

    def get(self, experiment_id: str) -> IncrementalityExperiment:
        """Give one experiment; NotFoundError if it is not there."""
        return self._with_progress(self._store.experiment(experiment_id))

    def certificate(self, experiment_id: str) -> Certificate:
        """Give what a read-out was computed from; NotFoundError if it was not read out."""
        return self._store.certificate(experiment_id)

    def lift_tests(self) -> tuple[LiftTest, ...]:
        """Give what the completed experiments tell a media mix model."""
        found = [lift_test(each) for each in self._store.experiments()]
        return tuple(each for each in found if each is not None)

    def create(self, new: NewExperiment) -> IncrementalityExperiment:
        """Store a draft, with its power and what speaks against it.

        Raises
        ------
        FieldError
            If a field cannot be used, whatever the data say.
        """
        return self._store.add_experiment(self._draft(new), by=self._actor)

    def change(self, experiment_id: str, new: NewExperiment) -> IncrementalityExperiment:
        """Change a draft.

        Raises
        ------
        NotFoundError, FieldError
            If it is not there, or a field cannot be used.
        ConflictError
            If it is no draft any more.
        """
        before = self._store.experiment(experiment_id)
        if before.status is not ExperimentStatus.DRAFT:
            raise ConflictError(
                f"The experiment is {before.status}; only a draft can be changed. Make another."
            )
        kept = {"id": before.id, "created_at": before.created_at, "seed": before.seed}
        return self._store.save_experiment(
            self._draft(new, before.id).model_copy(update=kept),
            was=ExperimentStatus.DRAFT,
            action=AuditAction.EXPERIMENT_CHANGED,
            by=self._actor,
        )

    def delete(self, experiment_id: str) -> None:
        """Delete an experiment with its read-out; NotFoundError if it is not there."""
        self._store.delete_experiment(experiment_id, by=self._actor, at=_now())

    def assess(
        self, new: NewExperiment, experiment_id: str = ""
    ) -> tuple[PowerCheck | None, tuple[ExperimentCheck, ...]]:
        """Give power and checks of what would be created; nothing is stored."""
        draft = self._draft(new, experiment_id)
        return draft.power, draft.checks

    def start(self, experiment_id: str, *, override_reason: str = "") -> IncrementalityExperiment:
        """Start a draft.

        Parameters
        ----------
        override_reason : str
            Why it is started without 80 % power at its minimum effect; the read-out carries it.

        Raises
        ------
        NotFoundError, ConflictError
            If it is not there, or no draft.
        DataError
            If something speaks against it that has to be mended first, or power is too low and no
            reason is given.
        """
        before = self._store.experiment(experiment_id)
        if before.status is not ExperimentStatus.DRAFT:
            raise ConflictError(f"The experiment is {before.status}; only a draft can be started.")
        power, found = self._assess(before)
        if refused := [check for check in found if check.level is CheckLevel.REFUSE]:
            raise DataError(" ".join(check.message for check in refused))
        reason = _plain(override_reason)
        is_enough = power is not None and power.is_sufficient
        if not is_enough and not reason:
            raise DataError(_too_little(before, power))
        return self._move(
            before.model_copy(
                update={
                    "power": power,
                    "checks": found,
                    "override_reason": "" if is_enough else reason,
                }
            ),
            ExperimentStatus.RUNNING,
            AuditAction.EXPERIMENT_STARTED,
        )

    def cancel(self, experiment_id: str, *, reason: str = "") -> IncrementalityExperiment:
        """Cancel a draft or a running experiment; it keeps everything that it holds.

        Raises
        ------
        NotFoundError, ConflictError
            If it is not there, or completed or cancelled.
        """
        before = self._store.experiment(experiment_id)
        if before.status not in (ExperimentStatus.DRAFT, ExperimentStatus.RUNNING):
            raise ConflictError(f"The experiment is {before.status}; it cannot be cancelled.")
        return self._move(
            before.model_copy(update={"reason": _plain(reason)}),
            ExperimentStatus.CANCELLED,
            AuditAction.EXPERIMENT_CANCELLED,
        )

    def read_out(self, experiment_id: str) -> IncrementalityExperiment:
        """Read a running experiment out and complete it, with its certificate.

        Raises
        ------
        NotFoundError, ConflictError
            If it is not there, or not running.
        NotEnoughDataError
            If days of the test are missing; unless a planned look has ended it.
        """
        before = self._store.experiment(experiment_id)
        if before.status is not ExperimentStatus.RUNNING:
            raise ConflictError(
                f"The experiment is {before.status}; only a running one can be read out."
            )
        panel = self.data.panel(before.metric, first_needed(before))
        around = self.data.around(before, self._store.experiments())
        now = _now()
        results = read_out(
            before, panel, at=now, around=around, stopped_early_on=self._stopped_on(before)
        )
        return self._complete(before, results, now)

    def _complete(
        self, before: IncrementalityExperiment, results: ExperimentResults, now: dt.datetime
    ) -> IncrementalityExperiment:
        done = before.model_copy(
            update={
                "status": ExperimentStatus.COMPLETED,
                "results": results,
                "progress": 1.0,
                "updated_at": now,
            }
        )
        panel = self.data.panel(before.metric, first_needed(before))
        return self._with_progress(
            self._store.save_experiment(
                done,
                was=ExperimentStatus.RUNNING,
                action=AuditAction.EXPERIMENT_COMPLETED,
                by=self._actor,
                certificate=certify(done, panel),
            )
        )

    def _stopped_on(self, experiment: IncrementalityExperiment) -> dt.date | None:
        """Give the last day with data if a planned look has ended the test before its end."""
        last = self.data.panel(experiment.metric, first_needed(experiment)).last_day
        if not experiment.weekly_looks or last >= experiment.end_date:
            return None
        looks = self.monitor(experiment.id).looks
        return last if any(look.is_crossed for look in looks) else None

    def monitor(self, experiment_id: str) -> Monitoring:
        """Give how a started experiment goes: trajectory and data quality, and no verdict.

        Raises
        ------
        NotFoundError, NotEnoughDataError
            If it is not there, or its data are not.
        """
        found = self._store.experiment(experiment_id)
        panel = self.data.panel(found.metric, first_needed(found))
        return monitor(found, panel, self.data.around(found, self._store.experiments()))

    def refresh(
        self, on_progress: OnProgress | None = None
    ) -> tuple[IncrementalityExperiment, ...]:
        """Start the drafts that are due, and read out the tests whose last day's data are there.

        A draft without enough power, or with something that has to be mended, stays a draft.
        """
        waiting = [
            each
            for each in self._store.experiments()
            if each.status in (ExperimentStatus.DRAFT, ExperimentStatus.RUNNING)
        ]
        changed = []
        for done, each in enumerate(waiting):
            if on_progress is not None:
                on_progress(done / len(waiting), each.name)
            moved = self._move_if_due(each)
            if moved is not None:
                changed.append(moved)
        return tuple(changed)

    def _draft(self, new: NewExperiment, experiment_id: str = "") -> IncrementalityExperiment:
        known = self.data.regions(new.metric)
        given = checked(new, known)
        now = _now()
        draft = IncrementalityExperiment(
            **given.model_dump(exclude={"pre_test_days", "channel", "design"}, by_alias=False),
            id=experiment_id,
            status=ExperimentStatus.DRAFT,
            pre_test_days=given.pre_test_days
            or self.designs.default_baseline(given.metric, given.start_date),
            channel=given.channel or str(given.platform),
            design=given.design,
            created_at=now,
            updated_at=now,
        )
        power, found = self._assess(draft)
        return draft.model_copy(update={"power": power, "checks": found})

    def _assess(
        self, draft: IncrementalityExperiment
    ) -> tuple[PowerCheck | None, tuple[ExperimentCheck, ...]]:
        try:
            panel = self.data.panel(draft.metric, first_needed(draft))
            laid = frame(draft, panel)
            power = planning.power_check(draft, panel)
        except DataError as error:
            return None, (checks.refusal("no_data", str(error)),)
        others = changed_regions_of(draft, self._store.experiments())
        fits = fit_sets(laid.filled.baseline, laid.members)
        return power, checks.before_start(
            laid,
            fits,
            power,
            promotions=self.data.promotions(draft.start_date),
            running=others,
            earlier=others,
            planned_change=draft.budget_estimate,
        )

    def _move(
        self,
        experiment: IncrementalityExperiment,
        status: ExperimentStatus,
        action: AuditAction,
    ) -> IncrementalityExperiment:
        moved = experiment.model_copy(update={"status": status, "updated_at": _now()})
        saved = self._store.save_experiment(
            moved, was=experiment.status, action=action, by=self._actor
        )
        return self._with_progress(saved)

    def _move_if_due(self, each: IncrementalityExperiment) -> IncrementalityExperiment | None:
        moved = None
        if each.status is ExperimentStatus.DRAFT:
            if each.start_date > self._today():
                return None
            try:
                each = moved = self.start(each.id)
            except ApportionError:
                return None  # the draft says why on its page
        last = self.data.last_day()
        if last is None or last < each.end_date:
            return moved
        try:
            return self.read_out(each.id)
        except DataError:
            return moved  # the metric of a region is late: read out at the next run

    def _with_progress(self, each: IncrementalityExperiment) -> IncrementalityExperiment:
        if each.status is not ExperimentStatus.RUNNING:
            done = 1.0 if each.status is ExperimentStatus.COMPLETED else 0.0
        else:
            passed = (self._today() - each.start_date).days
            done = min(max(passed / each.days, 0.0), 1.0)
        return each.model_copy(update={"progress": done})

    def _today(self) -> dt.date:
        return _now().astimezone(ZoneInfo(self._store.tenant.timezone)).date()

    @property
    def _actor(self) -> Actor:
        if self._member is None:
            return COMMAND_LINE
        return Actor(name=self._member.name, user_id=self._member.id)


def _too_little(experiment: IncrementalityExperiment, power: PowerCheck | None) -> str:
    effect = f"{experiment.minimum_effect_percent:g}%"
    way_out = (
        "Take more regions or days, state a larger minimum effect, or have an analyst override "
        "it with a reason, which the read-out will carry."
    )
    if power is None:
        return f"History is too short to tell the test's power at {effect}. {way_out}"
    if power.mde_percent is None:
        return f"No power can be promised for this test at {effect}. {way_out}"
    return (
        f"The test would find a lift of {effect} with {power.power:.0%} power; it needs 80%, which "
        f"it reaches at {power.mde_percent:.1f}%. {way_out}"
    )


def _plain(reason: str) -> str:
    """Give a reason as one line of characters that can be stored and shown."""
    printable = (each if each.isprintable() else " " for each in reason)
    return "".join(printable).strip()[:LONGEST_REASON]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
