"""The database: the only package that knows SQL, and the only one that filters by tenant.

Tables are made by :func:`apportion.store.migrations.migrate`, and checked by
:mod:`apportion.store.doctor`; neither is imported here, because only the command line needs them.
"""

from apportion.store.account_lookup import Account, AccountLookup, Attempt, Limit
from apportion.store.fleet import QueueEntry, WorkerRecord
from apportion.store.imports import ImportRecord
from apportion.store.sessions import SessionPart
from apportion.store.source_data import Coverage
from apportion.store.store import Store
from apportion.store.tenant_bound import role_too_low
from apportion.store.tenant_store import TenantStore

__all__ = [
    "Account",
    "AccountLookup",
    "Attempt",
    "Coverage",
    "ImportRecord",
    "Limit",
    "QueueEntry",
    "SessionPart",
    "Store",
    "TenantStore",
    "WorkerRecord",
    "role_too_low",
]
