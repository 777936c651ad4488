"""Everything that is stored of one tenant."""

from apportion.store.alerts import Alerts
from apportion.store.audit import Audit
from apportion.store.backtests import BackTests
from apportion.store.company import Company
from apportion.store.executions import Executions
from apportion.store.experiments import Experiments
from apportion.store.imports import Imports
from apportion.store.insights import Insights
from apportion.store.journeys import Journeys
from apportion.store.mmm_settings import ModelSettings
from apportion.store.models import Models
from apportion.store.run_log import RunLog
from apportion.store.run_outputs import RunOutputs
from apportion.store.scenarios import Scenarios
from apportion.store.schedules import Schedules
from apportion.store.sessions import Sessions
from apportion.store.successions import Successions
from apportion.store.tokens import Tokens
from apportion.store.users import Users


class TenantStore(
    Journeys,
    Models,
    ModelSettings,
    Successions,
    BackTests,
    Executions,
    RunOutputs,
    RunLog,
    Schedules,
    Alerts,
    Experiments,
    Scenarios,
    Imports,
    Users,
    Sessions,
    Tokens,
    Audit,
    Company,
    Insights,
):
    """One tenant's door to the database: there is no method that could reach another's rows.

    Made by :meth:`apportion.store.Store.for_tenant`. Another tenant's record is not there:
    NotFoundError, in the same words as for one that does not exist.
    """
