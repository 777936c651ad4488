"""People, API tokens and the audit trail of one tenant."""

import datetime as dt
from enum import StrEnum

from pydantic import Field, JsonValue

from apportion.results.base import Result


class Role(StrEnum):
    """What somebody may do; each role may do what the ones before it may."""

    VIEWER = "viewer"
    """Reads."""
    ANALYST = "analyst"
    """Also runs and edits."""
    ADMIN = "admin"
    """Also manages users and tokens."""

    def includes(self, other: "Role") -> bool:
        """Whether this role may do whatever `other` may."""
        roles = list(Role)
        return roles.index(self) >= roles.index(other)


class Via(StrEnum):
    """How somebody proved who they are."""

    PASSWORD = "password"
    OIDC = "oidc"
    """At the company's identity provider."""
    PROXY = "proxy"
    """At a proxy in front of the server."""
    TOKEN = "token"
    """An API token; only this one a browser never sends by itself."""


class User(Result):
    """A person's account with one tenant."""

    id: str
    email: str
    """In small letters."""
    name: str
    role: Role
    has_password: bool
    """False: signs in at the company's identity provider only."""
    must_change_password: bool
    """True: the password is a one-time one, good for choosing another only."""
    created_at: dt.datetime
    disabled_at: dt.datetime | None = None


class Token(Result):
    """An API token, without its secret: that is shown once, when it is made."""

    id: str
    name: str
    role: Role
    created_by: str | None = None
    """The user's id; None: made on the command line."""
    created_at: dt.datetime
    last_used_at: dt.datetime | None = None
    """To the minute."""
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None


class Actor(Result):
    """Who did something: a user, by e-mail address, or a token or program, by its name."""

    name: str
    user_id: str | None = None


class ActingMember(Result):
    """The member for whom a process or a request acts; it was settled by the server."""

    id: str
    """The user's id; of a token that was made on the command line, the token's."""
    name: str
    """How the audit trail names them: by e-mail address, or ``token NAME``."""
    role: Role

    def may(self, role: Role) -> bool:
        """Whether they may do what `role` may."""
        return self.role.includes(role)


COMMAND_LINE = Actor(name="command line")
"""The operator of the installation."""


class AuditAction(StrEnum):
    """What was done."""

    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_RESET = "password_reset"
    USER_ADDED = "user_added"
    USER_REMOVED = "user_removed"
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    ROLE_CHANGED = "role_changed"
    TOKEN_CREATED = "token_created"
    TOKEN_REVOKED = "token_revoked"
    TENANT_CHANGED = "tenant_changed"
    DATA_IMPORTED = "data_imported"
    RUN_REQUESTED = "run_requested"
    RUN_CANCELLED = "run_cancelled"
    SCHEDULE_CHANGED = "schedule_changed"
    MODEL_MADE_CURRENT = "model_made_current"
    """A version that was held back, despite that."""
    MODEL_ROLLED_BACK = "model_rolled_back"
    """An earlier version in place of a later one."""
    ALERT_TARGET_ADDED = "alert_target_added"
    ALERT_TARGET_REMOVED = "alert_target_removed"
    EXPERIMENT_CREATED = "experiment_created"
    EXPERIMENT_CHANGED = "experiment_changed"
    EXPERIMENT_STARTED = "experiment_started"
    EXPERIMENT_CANCELLED = "experiment_cancelled"
    EXPERIMENT_COMPLETED = "experiment_completed"
    EXPERIMENT_DELETED = "experiment_deleted"


class AuditEvent(Result):
    """One line of the audit trail: who did what to whom, and when."""

    id: str
    at: dt.datetime
    actor: Actor
    action: str
    """An :class:`AuditAction`, or one of a later version."""
    subject: str = ""
    """The e-mail address or the name of what it was done to."""
    details: dict[str, JsonValue] = Field(default_factory=dict)


class AuditPage(Result):
    """Some events, newest first."""

    events: tuple[AuditEvent, ...]
    next: str | None = None
    """Ask with ``before`` set to this for the older ones; None: there are none."""


def normal_email(email: str) -> str:
    """Give the one spelling under which an address is stored and looked up."""
    return email.strip().lower()
