"""Model versions of one tenant: numbered, and never changed once completed or failed."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, func

from apportion.errors import ConflictError
from apportion.results.mmm import DateRange, MMMResults, ModelStatus, Training
from apportion.results.runs import UNFINISHED
from apportion.store.schema import mmm_models, runs
from apportion.store.successions import TRAINED, add_succession, current_model
from apportion.store.tenant_bound import TenantBound, not_found, now, parse_id
from apportion.store.tenant_connection import TenantConnection

_HEAD = (
    mmm_models.c.id,
    mmm_models.c.version,
    mmm_models.c.run_id,
    mmm_models.c.status,
    mmm_models.c.reason,
    mmm_models.c.held_back,
    mmm_models.c.date_range_start,
    mmm_models.c.date_range_end,
    mmm_models.c.model_fit,
    mmm_models.c.created_at,
    mmm_models.c.completed_at,
)
_PROGRESS = (runs.c.id, runs.c.progress, runs.c.message, runs.c.remaining_seconds)


class Models(TenantBound):
    """The tenant's media mix models; :mod:`apportion.store.successions` says which is current."""

    def start_model(
        self,
        *,
        channels: Sequence[str],
        start: dt.date | None,
        end: dt.date | None,
        run_id: str | None = None,
    ) -> MMMResults:
        """Record that the next version is being trained, and give it.

        It gets the id of its run, so that who asks for a training knows the version's id at once.
        A run that is taken over by another process goes on with the version it had begun.

        Raises
        ------
        ConflictError
            If another version is being trained.
        NotFoundError
            If there is no run `run_id`.
        """
        with self._writing() as connection:
            connection.lock("mmm_models")
            own = None if run_id is None else own_run(connection, run_id)
            begun = None if own is None else _begun_by(connection, own)
            if begun is not None:
                is_begun = mmm_models.c.version == begun
                values = {"date_range_start": start, "date_range_end": end}
                connection.update(mmm_models, is_begun, channels=list(channels), **values)
                return self._head(_head_of(connection, begun), current_model(connection))
            _refuse_second_training(connection)
            model_id = own if own is not None and _is_free(connection, own) else uuid4()
            statement = connection.select(func.max(mmm_models.c.version), of=mmm_models)
            version = (connection.execute(statement).scalar_one() or 0) + 1
            connection.insert(
                mmm_models,
                id=model_id,
                version=version,
                run_id=own,
                status=ModelStatus.RUNNING,
                channels=list(channels),
                date_range_start=start,
                date_range_end=end,
                created_at=now(),
            )
        return self.model(version)

    def complete_model(
        self,
        model_id: str,
        results: MMMResults,
        posterior: bytes,
        *,
        held_back: str | None = None,
    ) -> MMMResults:
        """Store what the training gave; from here on the version cannot change.

        The version's own id and number are written into `results`.

        Parameters
        ----------
        held_back : str, optional
            Why it is not to become current; None: it is current from now on.

        Raises
        ------
        NotFoundError
            If there is no such version.
        ConflictError
            If it is not being trained (any more).
        """
        completed_at = results.last_run_at or now()
        with self._writing() as connection:
            connection.lock("mmm_models")
            version = _version_in_training(connection, model_id)
            stored = results.model_copy(
                update={
                    "model_id": model_id,
                    "version": version,
                    "status": ModelStatus.COMPLETED,
                    "last_run_at": completed_at,
                    "reason": None,
                    "held_back": None,
                    "is_current": False,
                    "training": None,
                }
            )
            document = stored.model_dump(mode="json", by_alias=True)
            _leave_training(
                connection,
                model_id,
                status=ModelStatus.COMPLETED,
                results=document,
                model_fit=document["modelFit"],
                provenance=document["provenance"],
                posterior=posterior,
                completed_at=completed_at,
                held_back=held_back,
            )
            if held_back is None:
                add_succession(connection, UUID(model_id), by="", reason=TRAINED)
        return stored.model_copy(update={"held_back": held_back, "is_current": held_back is None})

    def fail_model(self, model_id: str, reason: str) -> MMMResults:
        """Mark a version as failed; the current one stays current.

        Raises
        ------
        NotFoundError
            If there is no such version.
        ConflictError
            If it is not being trained (any more).
        """
        with self._writing() as connection:
            version = _version_in_training(connection, model_id)
            _leave_training(
                connection,
                model_id,
                status=ModelStatus.FAILED,
                reason=reason,
                completed_at=now(),
            )
        return self.model(version)

    def model(self, version: int | None = None) -> MMMResults:
        """Give a version, or the current one.

        Raises
        ------
        NotFoundError
            If there is no such version, or none that completed.
        """
        with self._reading() as connection:
            current = current_model(connection)
            wanted = version if current is None or version is not None else current.version
            statement = connection.select(*_HEAD, mmm_models.c.results, of=mmm_models)
            asked = statement.where(mmm_models.c.version == wanted)
            row = connection.execute(asked).one_or_none()
        if row is None:
            raise not_found("model version", "that is completed" if version is None else version)
        return self._whole(row, current)

    def model_of_run(self, run_id: str) -> MMMResults | None:
        """Give the version that a run has completed; None: it has not."""
        with self._reading() as connection:
            statement = connection.select(mmm_models.c.version, of=mmm_models).where(
                mmm_models.c.run_id == parse_id(run_id, "run"),
                mmm_models.c.status == ModelStatus.COMPLETED,
            )
            version = connection.execute(statement.limit(1)).scalar_one_or_none()
        return None if version is None else self.model(version)

    def latest_model(self) -> MMMResults:
        """Give the current version; without one, the newest, whatever its status.

        Raises
        ------
        NotFoundError
            If there is no version at all.
        """
        with self._reading() as connection:
            current = current_model(connection)
            statement = connection.select(mmm_models.c.version, of=mmm_models)
            newest = statement.order_by(mmm_models.c.version.desc()).limit(1)
            version = connection.execute(newest).scalar() if current is None else current.version
        if version is None:
            raise not_found("model version", "yet")
        return self.model(version)

    def models(self, *, limit: int | None = None, before: int | None = None) -> list[MMMResults]:
        """Give the versions, newest first, without channels, curves and decomposition.

        Parameters
        ----------
        limit : int, optional
            At most so many.
        before : int, optional
            Only versions older than this one.
        """
        with self._reading() as connection:
            statement = connection.select(*_HEAD, of=mmm_models)
            if before is not None:
                statement = statement.where(mmm_models.c.version < before)
            newest = statement.order_by(mmm_models.c.version.desc()).limit(limit)
            rows = connection.execute(newest).all()
            current = current_model(connection)
            asked = connection.select(runs.c.id, runs.c.requested_by, of=runs).where(
                runs.c.id.in_([row.run_id for row in rows if row.run_id is not None])
            )
            people = {found.id: found.requested_by for found in connection.execute(asked)}
        return [
            self._head(row, current).model_copy(update={"trained_by": people.get(row.run_id) or ""})
            for row in rows
        ]

    def training(self) -> Training | None:
        """Give the version that is being trained, or waits for it; None: there is none."""
        with self._reading() as connection:
            columns = (mmm_models.c.id, mmm_models.c.version, mmm_models.c.run_id)
            statement = connection.select(*columns, of=mmm_models)
            is_running = mmm_models.c.status == ModelStatus.RUNNING
            row = connection.execute(statement.where(is_running)).one_or_none()
            is_its = (
                (runs.c.kind == "mmm", runs.c.status.in_(UNFINISHED))
                if row is None
                else (runs.c.id == row.run_id,)
            )
            statement = connection.select(*_PROGRESS, of=runs).where(*is_its)
            run = connection.execute(statement.order_by(runs.c.created_at).limit(1)).one_or_none()
            if row is not None:
                training = Training(
                    model_id=str(row.id),
                    version=row.version,
                    status=ModelStatus.RUNNING,
                    progress=0,
                )
            elif run is not None:
                statement = connection.select(func.max(mmm_models.c.version), of=mmm_models)
                newest = connection.execute(statement).scalar_one() or 0
                training = Training(
                    model_id=str(run.id), version=newest + 1, status=ModelStatus.DRAFT, progress=0
                )
            else:
                return None
        if run is None:
            return training
        about = {**run._mapping, "run_id": str(run.id)}
        del about["id"]
        return training.model_copy(update=about)

    def posterior(self, model_id: str) -> bytes:
        """Give a completed version's posterior, as it was stored.

        Raises
        ------
        NotFoundError
            If there is no such version, or it has none.
        """
        with self._reading() as connection:
            statement = connection.select(mmm_models.c.posterior, of=mmm_models)
            is_asked = mmm_models.c.id == parse_id(model_id, "model")
            posterior = connection.execute(statement.where(is_asked)).scalar_one_or_none()
        if posterior is None:
            raise not_found("posterior of model", model_id)
        return bytes(posterior)

    def _whole(self, row: Row[Any], current: Row[Any] | None) -> MMMResults:
        if row.results is None:
            return self._head(row, current)
        return MMMResults.model_validate(row.results).model_copy(
            update={"held_back": row.held_back, "is_current": _is(row, current)}
        )

    def _head(self, row: Row[Any], current: Row[Any] | None) -> MMMResults:
        has_range = row.date_range_start is not None and row.date_range_end is not None
        return MMMResults(
            model_id=str(row.id),
            version=row.version,
            status=ModelStatus(row.status),
            last_run_at=row.completed_at or row.created_at,
            reason=row.reason,
            held_back=row.held_back,
            is_current=_is(row, current),
            currency=self.tenant.currency,
            date_range=DateRange(start=row.date_range_start, end=row.date_range_end)
            if has_range
            else None,
            model_fit=row.model_fit,
        )


def _is(row: Row[Any], current: Row[Any] | None) -> bool:
    return current is not None and bool(row.id == current.id)


def own_run(connection: TenantConnection, run_id: str) -> UUID:
    """Give the id of one of the tenant's runs; NotFoundError if it is not there."""
    own = parse_id(run_id, "run")
    statement = connection.select(runs.c.id, of=runs).where(runs.c.id == own)
    if connection.execute(statement).one_or_none() is None:
        raise not_found("run", run_id)
    return own


def _begun_by(connection: TenantConnection, run_id: UUID) -> int | None:
    """Give the version that a run is training."""
    statement = connection.select(mmm_models.c.version, of=mmm_models)
    is_running = mmm_models.c.status == ModelStatus.RUNNING
    begun = statement.where(mmm_models.c.run_id == run_id, is_running)
    version: int | None = connection.execute(begun).scalar_one_or_none()
    return version


def _head_of(connection: TenantConnection, version: int) -> Row[Any]:
    statement = connection.select(*_HEAD, of=mmm_models)
    return connection.execute(statement.where(mmm_models.c.version == version)).one()


def _is_free(connection: TenantConnection, model_id: UUID) -> bool:
    statement = connection.select(mmm_models.c.id, of=mmm_models)
    found = connection.execute(statement.where(mmm_models.c.id == model_id))
    return found.one_or_none() is None


def _refuse_second_training(connection: TenantConnection) -> None:
    statement = connection.select(mmm_models.c.id, mmm_models.c.version, of=mmm_models)
    is_running = mmm_models.c.status == ModelStatus.RUNNING
    running = connection.execute(statement.where(is_running)).first()
    if running is not None:
        raise ConflictError(
            f"Model version {running.version} ({running.id}) is being trained. "
            "Wait until it has ended, then start again."
        )


def _version_in_training(connection: TenantConnection, model_id: str) -> int:
    statement = connection.select(mmm_models.c.version, mmm_models.c.status, of=mmm_models)
    is_asked = mmm_models.c.id == parse_id(model_id, "model")
    row = connection.execute(statement.where(is_asked)).one_or_none()
    if row is None:
        raise not_found("model", model_id)
    if row.status != ModelStatus.RUNNING:
        raise _not_in_training(model_id, row.status)
    return int(row.version)


def _leave_training(connection: TenantConnection, model_id: str, **values: object) -> None:
    # Said again here, because on PostgreSQL another transaction may have ended the training since.
    is_in_training = (
        mmm_models.c.id == UUID(model_id),
        mmm_models.c.status == ModelStatus.RUNNING,
    )
    if connection.update(mmm_models, *is_in_training, **values) == 0:
        raise _not_in_training(model_id, "no longer running")


def _not_in_training(model_id: str, status: str) -> ConflictError:
    return ConflictError(
        f"Model {model_id} is {status}: only a version that is being trained can be completed or "
        "failed. Train a new version instead."
    )
