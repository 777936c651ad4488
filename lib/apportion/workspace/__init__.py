"""One tenant's door: everything that a notebook, a page, the API or a job does goes through it.

A :class:`Workspace` is bound to one tenant when it is opened and cannot be turned to another. The
tenant comes from the process's own settings (a kernel or a run that was started for it) or from a
job's explicit argument; when both are there they must agree.
"""

from functools import cached_property
from typing import TYPE_CHECKING

from apportion.config import Settings, get_settings
from apportion.errors import ConfigurationError, NotFoundError
from apportion.results.accounts import ActingMember
from apportion.results.tenants import Tenant
from apportion.store import Store
from apportion.workspace.alerts import AlertsWorkspace
from apportion.workspace.data import DataWorkspace
from apportion.workspace.insights import InsightsWorkspace
from apportion.workspace.journeys import DATASETS, JourneysWorkspace
from apportion.workspace.mmm import MMMWorkspace
from apportion.workspace.outputs import Outputs
from apportion.workspace.runs import RunsWorkspace
from apportion.workspace.scenarios import ScenariosWorkspace
from apportion.workspace.schedules import SchedulesWorkspace
from apportion.workspace.versions import VersionsWorkspace

if TYPE_CHECKING:
    from apportion.workspace.experiments import ExperimentsWorkspace

__all__ = ["Workspace", "Workspaces", "open_workspace"]


class Workspace:
    """What one tenant has: its data, its models, its runs."""

    def __init__(
        self, store: Store, tenant: str, settings: Settings, member: ActingMember | None = None
    ) -> None:
        self._store = store.for_tenant(tenant, member.role if member else None)
        self._settings = settings
        self._member = member

    @property
    def tenant(self) -> Tenant:
        """Whose workspace this is."""
        return self._store.tenant

    @property
    def member(self) -> ActingMember | None:
        """The signed-in member who acts; None: a run, JupyterLab or the command line.

        A page asks it what to offer. It is no protection: whatever a viewer may not write, the
        store refuses.
        """
        return self._member

    @property
    def settings(self) -> Settings:
        """The installation's settings."""
        return self._settings

    @cached_property
    def data(self) -> DataWorkspace:
        """Source data: import them, see what is there."""
        return DataWorkspace(self._store, after_import=self._follow_import)

    def _follow_import(self, dataset: str) -> None:
        if dataset in DATASETS:
            self.journeys.request_refresh()

    @cached_property
    def journeys(self) -> JourneysWorkspace:
        """Customers' journeys: list, search, analyse."""
        role = self._member.role if self._member else None
        return JourneysWorkspace(self._store, self.runs, self._settings, role=role)

    @cached_property
    def mmm(self) -> MMMWorkspace:
        """The media mix model: train, read, compare versions."""
        return MMMWorkspace(
            self._store,
            self.runs,
            self.versions,
            run_id=self._settings.run_id,
            experiments=lambda: self.experiments.lift_tests(),
        )

    @cached_property
    def alerts(self) -> AlertsWorkspace:
        """Alerts: who is told of what, and what was told."""
        return AlertsWorkspace(self._store, self._settings, self._member)

    @cached_property
    def scenarios(self) -> ScenariosWorkspace:
        """Plans for the weeks to come: price, save, compare."""
        return ScenariosWorkspace(self._store, self.mmm, self._member)

    @cached_property
    def outputs(self) -> Outputs:
        """The executed notebooks of the runs."""
        return Outputs(self._store, self._settings)

    @cached_property
    def versions(self) -> VersionsWorkspace:
        """The model's versions: compare, override, roll back, back-test."""
        return VersionsWorkspace(self._store, self._member)

    @cached_property
    def experiments(self) -> "ExperimentsWorkspace":
        """Geo experiments: plan, start, follow, read out."""
        # Here and not above: other pages and commands need no optimiser.
        from apportion.workspace.experiments import ExperimentsWorkspace

        return ExperimentsWorkspace(self._store, self._member)

    @cached_property
    def insights(self) -> InsightsWorkspace:
        """What changed, whether it matters, and what to do."""
        return InsightsWorkspace(self._store, self.runs, self._settings)

    @cached_property
    def runs(self) -> RunsWorkspace:
        """Background runs: ask for one, follow it, cancel it."""
        return RunsWorkspace(self._store, self._settings.notebooks, self._member)

    @cached_property
    def schedules(self) -> SchedulesWorkspace:
        """When its notebooks run by themselves."""
        settings = self._settings
        return SchedulesWorkspace(self._store, settings.schedules, settings.notebooks, self._member)


def open_workspace(tenant: str | None = None, *, settings: Settings | None = None) -> Workspace:
    """Open the workspace of `tenant`, or of the tenant that this process serves.

    Parameters
    ----------
    tenant : str, optional
        The tenant's slug. None: the one that ``APPORTION_TENANT`` names.

    Raises
    ------
    ConfigurationError
        If neither the argument nor the process says whose data it is, or the database is not ready.
    NotFoundError
        If there is no such tenant, or it is not the one that this process serves.
    """
    settings = settings or get_settings()
    slug = tenant or settings.tenant
    if not slug:
        raise ConfigurationError(
            "No tenant: this process serves none and none was given. Set the notebook's `tenant` "
            "parameter, or start it with `apportion run` or `apportion serve`."
        )
    if settings.tenant is not None and slug != settings.tenant:
        # The same words as for a tenant that does not exist: they must not be told apart.
        raise NotFoundError(f"There is no tenant {slug!r}.")
    store = Store(settings.database_url)
    store.check_ready()
    return Workspace(store, slug, settings, _member(settings))


def _member(settings: Settings) -> ActingMember | None:
    """Give for whom the server has started this process; half of it said is an error."""
    said = (settings.member_id, settings.member_name, settings.member_role)
    if said == (None, None, None):
        return None
    try:
        return ActingMember.model_validate(dict(zip(("id", "name", "role"), said, strict=True)))
    except ValueError as error:
        raise ConfigurationError(
            "APPORTION_MEMBER_ID, APPORTION_MEMBER_NAME and APPORTION_MEMBER_ROLE are set by the "
            f"server, all or none of them; found {said}. Do not set them yourself."
        ) from error


class Workspaces:
    """The doors of all tenants, over one pool of connections, for a process that serves them all.

    Which door may be opened for a request is settled before, by who asks
    (:class:`apportion.workspace.accounts.Accounts`); no request names a tenant.

    Raises
    ------
    ConfigurationError
        If the database is not ready.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = Store(settings.database_url)
        self.check_ready()

    def open(self, slug: str, member: ActingMember | None = None) -> Workspace:
        """Open the workspace of a tenant, for a member of it; None: for the program itself.

        NotFoundError if there is no such tenant.
        """
        return Workspace(self._store, slug, self._settings, member)

    def check_ready(self) -> None:
        """Do nothing if the database answers and is at this version; else ConfigurationError."""
        self._store.check_ready()

    def close(self) -> None:
        """Close every connection to the database."""
        self._store.close()
