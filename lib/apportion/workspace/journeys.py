"""The journeys of one tenant: list, search, one of them, the analysis of all, its settings."""

import datetime as dt
import fcntl
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import JsonValue

from apportion.config import Settings
from apportion.errors import NotEnoughDataError, NotFoundError
from apportion.journeys.fingerprints import fingerprint
from apportion.results.accounts import Role
from apportion.results.journeys import (
    AttributionSettings,
    Customer,
    CustomerJourney,
    JourneyResults,
    TrueShares,
    WindowDays,
)
from apportion.results.runs import Run, RunStatus
from apportion.store import TenantStore
from apportion.workspace.runs import RunsWorkspace

if TYPE_CHECKING:  # it takes a moment, and a page needs it only when it lists journeys
    from apportion.journeys.shares import JourneyWeights
    from apportion.journeys.snapshot import Snapshot

MOST = 50
"""Journeys on a page."""

DATASETS = ("touchpoints", "conversions")
KIND = "journeys"
SETTING, TRUTH = "attribution", "demo_truth"
REPORT_SECONDS = 0.5

OnProgress = Callable[[float, str], None]


class JourneysWorkspace:
    """The tenant's journeys, as one member may see them.

    Analysts see whole e-mail addresses; for viewers they are masked, and a search completes none.
    They are masked too where it is not known who looks: in a run, whose notebook is kept, and in
    JupyterLab, whose notebooks are saved.
    """

    def __init__(
        self,
        store: TenantStore,
        runs: RunsWorkspace,
        settings: Settings,
        *,
        role: Role | None = None,
    ) -> None:
        self._store = store
        self._runs = runs
        self._settings = settings
        self._weights: dict[tuple[int, WindowDays], JourneyWeights] = {}
        self._role = role
        is_analyst = role is not None and role.includes(Role.ANALYST)
        self.shows_addresses = is_analyst and settings.run_id is None

    @property
    def may_change(self) -> bool:
        """Whether to offer settings and a run; the store refuses a viewer in any case."""
        is_run = self._settings.run_id is not None
        return not is_run and (self._role is None or self._role.includes(Role.ANALYST))

    def for_operator(self) -> Self:
        """Give the same with whole addresses, for whoever runs the installation."""
        return type(self)(self._store, self._runs, self._settings, role=Role.ADMIN)

    # ---- single journeys, by index ----

    def recent(
        self,
        search: str = "",
        customer: Customer | None = None,
        window_days: WindowDays | None = None,
        limit: int = MOST,
    ) -> tuple[CustomerJourney, ...]:
        """Give the latest conversions with the journeys behind them, newest first.

        Parameters
        ----------
        search : str
            The beginning of an order id or of an e-mail address, whatever its capitals. Who may not
            see addresses finds one only by writing it whole: a search that completes addresses
            would tell them.
        customer : "new" or "returning", optional
            Whose.
        window_days : int, optional
            How far to look back; None: as the tenant has set.
        limit : int
            At most so many, and never more than 50.
        """
        text, most = search.strip(), min(limit, MOST)
        orders = (
            self._store.find_orders(
                text, customer=customer, whole_address=not self.shows_addresses, limit=most
            )
            if text
            else self._store.orders(customer=customer, limit=most)
        )
        return self._journeys(orders, window_days)

    def journey(self, conversion_id: str, window_days: WindowDays | None = None) -> CustomerJourney:
        """Give one journey; NotFoundError if there is no such conversion."""
        (found,) = self._journeys([self._store.order(conversion_id)], window_days)
        return found

    def _journeys(
        self, orders: list[dict[str, Any]], window_days: WindowDays | None
    ) -> tuple[CustomerJourney, ...]:
        if not orders:
            return ()
        from apportion.journeys.addresses import with_masked_addresses
        from apportion.journeys.detail import customer_journeys

        settings = self.settings(window_days)
        before = self._store.before_orders(orders, dt.timedelta(days=settings.window_days))
        found = customer_journeys(
            [order["order_id"] for order in orders],
            **before,
            settings=settings,
            weights=self._trained(settings),
        )
        return found if self.shows_addresses else with_masked_addresses(found)

    def _trained(self, settings: AttributionSettings) -> "JourneyWeights | None":
        """Give the trained weights of a lookback window; None: nothing was trained yet."""
        from apportion.journeys.shares import JourneyWeights

        version = self._store.journey_version()
        if version is None:
            return None
        known = (version, settings.window_days)
        if known not in self._weights:
            try:
                trained = self._store.journey_results(settings.window_days).trained
            except NotFoundError:  # of a window that the version does not have
                return None
            assert trained is not None  # only results of new or returning customers lack it
            self._weights[known] = JourneyWeights(trained)
        return self._weights[known]

    # ---- the analysis of all of them ----

    def analysis(
        self, window_days: WindowDays | None = None, customer: Customer | None = None
    ) -> JourneyResults:
        """Give the newest analysis: paths, credit per model, what was trained.

        Raises
        ------
        NotFoundError
            If nothing has been analysed yet.
        """
        if not self.has_analysis:
            slug = self._store.tenant.slug
            raise NotFoundError(
                f"No journeys have been analysed yet. Do it: apportion run journeys --tenant {slug}"
            )
        return self._store.journey_results(self.settings(window_days).window_days, customer)

    @property
    def has_analysis(self) -> bool:
        """Whether there is any."""
        return self._store.journey_version() is not None

    def is_stale(self, results: JourneyResults) -> bool:
        """Tell whether data or settings have changed since the analysis."""
        mine = self.settings(results.settings.window_days)
        return results.fingerprint != self._fingerprint or results.settings != mine

    def refresh(self, on_progress: OnProgress | None = None) -> JourneyResults:
        """Analyse all journeys again and store the results as the next version.

        The snapshot is written first, if the data have changed since.

        Raises
        ------
        NotEnoughDataError
            If there is no conversion.
        """
        # Here and not above: showing what is stored needs no engine.
        from apportion.journeys.analysis import analyse_all

        with self._runs.of_this_process(KIND, self._settings.run_id) as run_id:
            report = self._reporter(run_id, on_progress)
            with self._opened(report) as opened:
                results = list(analyse_all(opened, self.settings(), on_progress=report))
            stored = self._store.add_journey_results(results, run_id=run_id)
        window = self.settings().window_days
        return next(
            each
            for each in stored
            if each.settings.window_days == window and each.paths.customer is None
        )

    @contextmanager
    def _opened(self, on_progress: OnProgress) -> Iterator["Snapshot"]:
        """Open the data: our own snapshot, or where the installation says that they lie."""
        from apportion.journeys import lake, snapshot

        if address := self._settings.touchpoints:
            tenant_id, today = self._store.tenant.id, self._fingerprint
            with lake.read(address, tenant_id, fingerprint=today) as opened:
                yield opened
            return
        self.write_snapshot(on_progress)
        with snapshot.read(self._folder) as opened:
            yield opened

    def request_refresh(self) -> Run | None:
        """Ask for a run that analyses the data as they are now; None: one waits, or none can be.

        A worker takes it. While a run is under way, another waits for its turn.
        """
        if not all(self._store.covers(dataset).rows for dataset in DATASETS):
            return None
        waiting = (run for run in self._runs.list() if run.kind == KIND)
        if any(run.status is RunStatus.QUEUED for run in waiting):
            return None
        return self._runs.request(KIND)

    def write_snapshot(self, on_progress: OnProgress = lambda *_: None) -> None:
        """Write the tenant's touchpoints in columns, unless that of today's data is there.

        Raises
        ------
        NotEnoughDataError
            If there is no conversion.
        """
        from apportion.journeys import snapshot

        with self._writing_alone():
            today = self._fingerprint
            if snapshot.written_fingerprint(self._folder) == today:
                return
            if self._store.covers("conversions").rows == 0:
                raise NotEnoughDataError(
                    "There are no conversions, so there is no journey to analyse. "
                    "Import touchpoints and conversions first."
                )
            on_progress(0.0, "Reading touchpoints")
            snapshot.write(
                self._folder,
                *(self._store.parts(name, snapshot.columns(name)) for name in DATASETS),
                fingerprint=today,
            )

    @property
    def _fingerprint(self) -> str:
        changes: Mapping[str, JsonValue] = dict(self._store.dataset_changes(DATASETS))
        return fingerprint({"tenant": str(self._store.tenant.id), **changes})

    @cached_property
    def _folder(self) -> Path:
        return snapshot_folder(self._settings, str(self._store.tenant.id))

    @contextmanager
    def _writing_alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

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

    # ---- settings ----

    def settings(self, window_days: WindowDays | None = None) -> AttributionSettings:
        """Give what the tenant has set, with another lookback window if one is given."""
        stored = self._store.setting(SETTING)
        found = AttributionSettings.model_validate(stored or {})
        if window_days is None:
            return found
        return AttributionSettings(**{**dict(found), "window_days": window_days})

    def change_settings(self, settings: AttributionSettings) -> None:
        """Set how credit is shared out from now on; what is analysed changes with the next run."""
        self._store.change_setting(SETTING, settings.model_dump(mode="json", by_alias=True))

    # ---- the truth of a demo tenant ----

    def truth(self) -> TrueShares | None:
        """Give what channels really caused; None: nobody knows, as with every real company."""
        stored = self._store.setting(TRUTH)
        return None if stored is None else TrueShares.model_validate(stored)

    def record_truth(self, truth: TrueShares) -> None:
        """Note what channels of a simulated company really caused."""
        self._store.change_setting(TRUTH, truth.model_dump(mode="json", by_alias=True))


def snapshot_folder(settings: Settings, tenant_id: str) -> Path:
    """Give the folder of one tenant's snapshot, by its id and never by a name."""
    return settings.home / "journeys" / tenant_id


def forget_snapshot(settings: Settings, tenant_id: str) -> None:
    """Remove a tenant's snapshot, when the tenant is deleted."""
    shutil.rmtree(snapshot_folder(settings, tenant_id), ignore_errors=True)
