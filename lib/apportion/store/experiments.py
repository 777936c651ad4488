"""Geo experiments of one tenant: drafts can be changed, what is completed cannot."""

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import Row

from apportion.errors import ConflictError
from apportion.results.accounts import Actor, AuditAction
from apportion.results.incrementality import Certificate, ExperimentStatus, IncrementalityExperiment
from apportion.store.audit import add_event
from apportion.store.schema import incrementality_experiments as experiments
from apportion.store.tenant_bound import TenantBound, not_found, parse_id
from apportion.store.tenant_connection import TenantConnection

_SETTINGS = {
    "metric",
    "channel",
    "minimum_effect_percent",
    "margin",
    "weekly_looks",
    "seed",
}
"""Fields of an experiment that are stored together."""

_COLUMNS = [column for column in experiments.c if column.name not in {"tenant_id", "certificate"}]


class Experiments(TenantBound):
    """The tenant's geo experiments."""

    def experiments(self) -> list[IncrementalityExperiment]:
        """Give all experiments, the latest test first."""
        with self._reading() as connection:
            statement = connection.select(*_COLUMNS, of=experiments)
            order = (experiments.c.start_date.desc(), experiments.c.created_at.desc())
            rows = connection.execute(statement.order_by(*order, experiments.c.id)).all()
        return [_experiment(row) for row in rows]

    def experiment(self, experiment_id: str) -> IncrementalityExperiment:
        """Give one experiment; NotFoundError if it is not there."""
        key = parse_id(experiment_id, "experiment")
        with self._reading() as connection:
            return _experiment(_row(connection, key))

    def certificate(self, experiment_id: str) -> Certificate:
        """Give the certificate of a completed experiment.

        Raises
        ------
        NotFoundError
            If there is no such experiment, or it was not read out.
        """
        key = parse_id(experiment_id, "experiment")
        with self._reading() as connection:
            statement = connection.select(experiments.c.certificate, of=experiments)
            row = connection.execute(statement.where(experiments.c.id == key)).one_or_none()
        if row is None:
            raise not_found("experiment", key)
        if row.certificate is None:
            raise not_found("certificate of experiment", key)
        return Certificate.model_validate(row.certificate)

    def add_experiment(
        self, experiment: IncrementalityExperiment, *, by: Actor
    ) -> IncrementalityExperiment:
        """Store a new experiment under an id of its own, and give it."""
        key = uuid4()
        with self._writing() as connection:
            connection.insert(
                experiments, id=key, created_at=experiment.created_at, **_values(experiment)
            )
            _note(connection, AuditAction.EXPERIMENT_CREATED, experiment, by)
        return self.experiment(str(key))

    def save_experiment(
        self,
        experiment: IncrementalityExperiment,
        *,
        was: ExperimentStatus,
        action: AuditAction,
        by: Actor,
        certificate: Certificate | None = None,
    ) -> IncrementalityExperiment:
        """Store another state of an experiment.

        Parameters
        ----------
        was : ExperimentStatus
            The status from which it moves: what somebody else has moved meanwhile stays.

        Raises
        ------
        NotFoundError
            If there is no such experiment.
        ConflictError
            If its status is another by now, or it is completed.
        """
        key = parse_id(experiment.id, "experiment")
        with self._writing() as connection:
            status = _row(connection, key).status
            if status != was or was is ExperimentStatus.COMPLETED:
                raise ConflictError(
                    f"The experiment is {status}; it cannot be changed this way. Load it again."
                )
            values = _values(experiment)
            if certificate is not None:
                values["certificate"] = _document(certificate)
            is_same = (experiments.c.id == key, experiments.c.status == was)
            if connection.update(experiments, *is_same, **values) == 0:
                raise ConflictError("Somebody else has just changed the experiment.")
            _note(connection, action, experiment, by)
        return self.experiment(experiment.id)

    def delete_experiment(self, experiment_id: str, *, by: Actor, at: dt.datetime) -> None:
        """Delete an experiment with its read-out; NotFoundError if it is not there."""
        key = parse_id(experiment_id, "experiment")
        with self._writing() as connection:
            row = _row(connection, key)
            connection.delete(experiments, experiments.c.id == key)
            details: dict[str, JsonValue] = {"status": row.status}
            add_event(
                connection,
                AuditAction.EXPERIMENT_DELETED,
                at=at,
                by=by,
                subject=row.name,
                details=details,
            )


def _row(connection: TenantConnection, key: UUID) -> Row[Any]:
    statement = connection.select(*_COLUMNS, of=experiments).where(experiments.c.id == key)
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise not_found("experiment", key)
    return row


def _experiment(row: Row[Any]) -> IncrementalityExperiment:
    found = dict(row._mapping)
    settings = found.pop("settings") or {}
    given = {name: value for name, value in found.items() if value is not None}
    given["budget_estimate"] = found["budget_estimate"]
    return IncrementalityExperiment.model_validate({**given, **settings, "id": str(row.id)})


def _values(experiment: IncrementalityExperiment) -> dict[str, Any]:
    """Give the columns of an experiment, but for its id and when it was made."""
    document = _document(experiment)
    return {
        "name": experiment.name,
        "platform": experiment.platform,
        "status": experiment.status,
        "test_regions": list(experiment.test_regions),
        "control_regions": list(experiment.control_regions),
        "start_date": experiment.start_date,
        "end_date": experiment.end_date,
        "pre_test_days": experiment.pre_test_days,
        "budget_estimate": experiment.budget_estimate,
        "direction": experiment.direction,
        "override_reason": experiment.override_reason,
        "reason": experiment.reason,
        "settings": experiment.model_dump(mode="json", by_alias=False, include=_SETTINGS),
        "updated_at": experiment.updated_at,
        **{name: document[name] for name in ("results", "power", "design", "checks")},
    }


def _document(of: IncrementalityExperiment | Certificate) -> dict[str, Any]:
    return of.model_dump(mode="json", by_alias=True)


def _note(
    connection: TenantConnection,
    action: AuditAction,
    experiment: IncrementalityExperiment,
    by: Actor,
) -> None:
    details: dict[str, JsonValue] = {"status": experiment.status}
    for name, text in (
        ("overrideReason", experiment.override_reason),
        ("reason", experiment.reason),
    ):
        if text:
            details[name] = text
    add_event(
        connection,
        action,
        at=experiment.updated_at,
        by=by,
        subject=experiment.name,
        details=details,
    )
