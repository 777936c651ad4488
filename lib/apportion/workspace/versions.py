"""One tenant's model versions: compare, override, roll back, back-test."""

import datetime as dt
import logging

import numpy as np
import pandas as pd

from apportion.errors import DataError, FieldError, NotFoundError
from apportion.mmm.backtest import backtest
from apportion.mmm.data import MediaMixData, prepare
from apportion.mmm.posterior import FittedMMM
from apportion.mmm.succession import compare, why_held_back
from apportion.results.accounts import COMMAND_LINE, ActingMember, Actor
from apportion.results.backtest import BackTest
from apportion.results.comparison import VersionComparison
from apportion.results.mmm import MMMResults, ModelStatus
from apportion.results.mmm_settings import MMMSettings
from apportion.store import TenantStore

log = logging.getLogger("apportion.workspace")

LONGEST_REASON = 500
MOST_VERSIONS = 12
"""So many of the newest completed versions are measured against new data."""

_Frames = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


class VersionsWorkspace:
    """The life cycle of the tenant's model versions."""

    def __init__(self, store: TenantStore, member: ActingMember | None) -> None:
        self._store = store
        self._member = member

    def compare(self, before: int, after: int) -> VersionComparison:
        """Hold two completed versions against each other.

        Raises
        ------
        NotFoundError
            If one of them is not there, or has not completed.
        """
        return compare(self._completed(before), self._completed(after))

    def why_held_back(self, results: MMMResults) -> str | None:
        """Say why a version that passed its checks must not become current; None: it may."""
        try:
            current = self._store.model()
        except NotFoundError:
            return None
        return why_held_back(compare(current, results))

    def make_current(self, version: int, *, reason: str) -> MMMResults:
        """Make a version current: one that was held back, or an earlier one; it is audited.

        Raises
        ------
        NotFoundError
            If there is no such version.
        ConflictError
            If it did not complete, or is current already.
        FieldError
            If no reason is given, or one that is too long.
        """
        reason = " ".join(reason.split())
        if not 1 <= len(reason) <= LONGEST_REASON:
            raise FieldError(
                "reason",
                found=f"{len(reason)} characters",
                allowed=f"why, in 1 to {LONGEST_REASON} characters; the audit trail keeps it",
            )
        self._store.make_current(version, reason=reason, at=dt.datetime.now(dt.UTC), by=self._actor)
        return self._store.model(version)

    def backtests(self) -> list[BackTest]:
        """Give every measurement, the newest version first, then by the last week measured."""
        return self._store.backtests()

    def measure(self) -> list[BackTest]:
        """Hold the newest versions against the weeks that have come since, and keep the result.

        A version that the data no longer fit (a channel is gone, say), or whose stored form is of
        an earlier program, is passed over: what was measured of it before stays.
        """
        versions = [
            found for found in self._store.models() if found.status is ModelStatus.COMPLETED
        ]
        frames: _Frames | None = None
        measured = []
        for head in versions[:MOST_VERSIONS]:
            frames = frames or self._frames()
            try:
                fitted = FittedMMM.from_bytes(self._store.posterior(head.model_id))
                found = backtest(
                    fitted,
                    _data_since(fitted.data, frames),
                    model_id=head.model_id,
                    version=head.version,
                    measured_at=dt.datetime.now(dt.UTC),
                )
            except DataError as error:
                log.info("Version %d cannot be measured: %s", head.version, error)
                continue
            if found is not None:
                self._store.record_backtest(found)
                measured.append(found)
        return measured

    @property
    def _actor(self) -> Actor:
        if self._member is None:
            return COMMAND_LINE
        return Actor(name=self._member.name)

    def _completed(self, version: int) -> MMMResults:
        found = self._store.model(version)
        if found.status is not ModelStatus.COMPLETED:
            raise NotFoundError(f"There is no model version {version} that is completed.")
        return found

    def _frames(self) -> _Frames:
        return self._store.spend(), self._store.outcomes(), self._store.controls()


def _data_since(trained: MediaMixData, frames: _Frames) -> MediaMixData:
    """Give the data as they are now, in the version's own weeks."""
    spend, outcomes, controls = frames

    def until(end: dt.date | None) -> MediaMixData:
        return prepare(
            spend,
            outcomes,
            controls,
            channels=trained.channels,
            start=trained.date_range.start,
            end=end,
            outcome=trained.outcome_name,
            settings=MMMSettings(grain=trained.grain),
        )

    found = until(None)
    beyond = int((found.weeks[0] - trained.weeks[0]).astype(np.int64)) % 7
    if not beyond:
        return found
    # Daily data make weeks that end with their last day; the version's ended on another weekday.
    return until(found.date_range.end - dt.timedelta(days=beyond))
